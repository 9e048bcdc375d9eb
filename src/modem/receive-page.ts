import { reverseBits } from '../fax/bits.ts';
import type { DecodedPage } from '../fax/decoded-lines.ts';
import type { Resolution } from '../fax/raster.ts';
import { T4Decoder } from '../fax/t4-decode.ts';
import type { Dialect } from './dialect.ts';

/** A page as it came, before it is confirmed to the far side. */
export interface ReceivedPage {
  /** Counted from 1 in the call. */
  readonly page: number;
  /** T.4 MH, first bit of the sequence in the most significant bit of the first byte. */
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
  /** In order `msb-first`. */
  readonly data: Uint8Array;
  readonly decoded: DecodedPage;
}

/**
 * Decodes a page in the order of bits that the modem is thought to use. A page that makes sense in the other order only
 * shows that this modem differs; the order found is returned.
 */
export function readPage(
  raw: Uint8Array,
  expected: BitOrder,
  form: { readonly widthPx: number; readonly resolution: Resolution },
): ReadPage {
  const first = decode(raw, expected, form);
  if (isSound(first.decoded)) return first;
  const second = decode(raw, expected === 'msb-first' ? 'lsb-first' : 'msb-first', form);
  return isSound(second.decoded) && goodLines(second.decoded) > goodLines(first.decoded) ? second : first;
}

function decode(raw: Uint8Array, order: BitOrder, form: { widthPx: number; resolution: Resolution }): ReadPage {
  const data = order === 'msb-first' ? raw : reverseBits(raw);
  const decoder = new T4Decoder({ ...form, maxLines: pageLinesLimit });
  decoder.push(data);
  return { order, data, decoded: decoder.end() };
}

function goodLines(page: DecodedPage): number {
  return page.lines - page.badLines;
}

function isSound(page: DecodedPage): boolean {
  return page.lines > 0 && page.badLines * 2 < page.lines;
}

/** Whether a page can be read well enough to be confirmed: few bad lines, as mgetty judges. */
export function isAcceptable(page: DecodedPage): boolean {
  return page.lines > 0 && page.badLines <= Math.min(page.lines / 10 + 30, 500) && goodLines(page) > 0;
}
