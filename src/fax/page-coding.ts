import type { DecodedPage, DecoderOptions } from './decoded-lines.ts';
import type { Raster } from './raster.ts';
import { T4Decoder } from './t4-decode.ts';
import { encodeMh, encodeMr, type KFactor, type T4Options } from './t4-encode.ts';
import { T6Decoder } from './t6-decode.ts';
import { encodeMmr } from './t6-encode.ts';

/** How a page is coded on the line and in files: T.4 one-dimensional, T.4 two-dimensional, T.6. */
export type PageCoding = 'MH' | 'MR' | 'MMR';

export interface PageEncoding extends T4Options {
  /** Of MR. Default: 2 for normal and 4 for finer resolutions (T.4 §4.2.1.1). */
  readonly k?: KFactor;
}

/** Encodes a page. What is about EOLs is not for MMR, which has none. */
export function encodePage(raster: Raster, coding: PageCoding, { k, ...options }: PageEncoding = {}): Uint8Array {
  if (coding === 'MMR') return encodeMmr(raster);
  if (coding === 'MH') return encodeMh(raster, options);
  return encodeMr(raster, k ?? (raster.resolution === 'normal' ? 2 : 4), options);
}

/** What all decoders of pages have in common. */
export interface PageDecoder {
  /** Lines decoded so far. */
  readonly lines: number;
  /** The page ended; further bytes are ignored. */
  readonly done: boolean;
  push(chunk: Uint8Array): void;
  /** The lines that are whole so far; more may follow. */
  whole(): Raster;
  end(): DecodedPage;
}

export function pageDecoder(coding: PageCoding, options: DecoderOptions): PageDecoder {
  return coding === 'MMR' ? new T6Decoder(options) : new T4Decoder({ ...options, twoDimensional: coding === 'MR' });
}
