import { reverseBits } from '../fax/bits.ts';
import type { DecodedPage } from '../fax/decoded-lines.ts';
import { type PageCoding, pageDecoder } from '../fax/page-coding.ts';
import type { Resolution } from '../fax/raster.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import type { Dialect } from './dialect.ts';

/** A page as it came, before it is confirmed to the far side. */
export interface ReceivedPage {
  /** Counted from 1 in the call. */
  readonly page: number;
  /** T.4 MH, however it came, first bit of the sequence in the most significant bit of the first byte. */
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly resolution: Resolution;
  readonly lines: number;
  readonly badLines: number;
  readonly longestBadRun: number;
}

export type BitOrder = Dialect['receivedBits'];

/** Most octets of a page: a dithered fine A4 page has 0.7 MB; more is no page. */
export const pageBytesLimit = 4 * 1024 * 1024;
/** Most scan lines: 1.8 m of paper in fine resolution. */
export const pageLinesLimit = 14_000;

export interface ReadPage {
  readonly order: BitOrder;
  /** T.4 MH in order `msb-first`: the page as it came, or of its lines. */
  readonly data: Uint8Array;
  readonly decoded: DecodedPage;
  /** It can be read well enough to be confirmed. */
  readonly acceptable: boolean;
}

/** How a page was agreed to come. */
export interface PageForm {
  readonly widthPx: number;
  readonly resolution: Resolution;
  readonly coding: PageCoding;
}

/**
 * Decodes a page in the order of bits that the modem is thought to use. A page that makes sense in the other order only
 * shows that this modem differs; the order found is returned.
 */
export function readPage(raw: Uint8Array, expected: BitOrder, form: PageForm): ReadPage {
  const first = decode(raw, expected, form);
  if (isSound(first.decoded, form)) return read(first, form);
  const second = decode(raw, expected === 'msb-first' ? 'lsb-first' : 'msb-first', form);
  const better = isSound(second.decoded, form) && goodLines(second.decoded) > goodLines(first.decoded);
  return read(better ? second : first, form);
}

function decode(raw: Uint8Array, order: BitOrder, { coding, ...form }: PageForm) {
  const data = order === 'msb-first' ? raw : reverseBits(raw);
  const decoder = pageDecoder(coding, { ...form, maxLines: pageLinesLimit });
  decoder.push(data);
  return { order, data, decoded: decoder.end() };
}

function read({ order, data, decoded }: ReturnType<typeof decode>, { coding }: PageForm): ReadPage {
  return {
    order,
    data: coding === 'MH' ? data : encodeMh(decoded.raster),
    decoded,
    acceptable: isAcceptable(decoded, coding),
  };
}

function goodLines(page: DecodedPage): number {
  return page.lines - page.badLines;
}

function isSound(page: DecodedPage, { coding }: PageForm): boolean {
  return coding === 'MMR' ? isAcceptable(page, coding) : page.lines > 0 && page.badLines * 2 < page.lines;
}

/** Few bad lines, as mgetty judges; of MMR none, as what follows one cannot be read. */
function isAcceptable(page: DecodedPage, coding: PageCoding): boolean {
  if (coding === 'MMR') return page.lines > 0 && page.badLines === 0;
  return page.lines > 0 && page.badLines <= Math.min(page.lines / 10 + 30, 500) && goodLines(page) > 0;
}
