import type { CallParameters } from '../fax/call.ts';
import type { PageCoding } from '../fax/page-coding.ts';
import type { Resolution } from '../fax/raster.ts';

/** Session parameters as +FDCC, +FDIS and +FDCS (class 2.0: +FCC, +FIS, +FCS) carry them (T.32 table 21). */
export interface FaxVector {
  /** Vertical resolution, a mask: bit 0 is fine. */
  readonly vr: number;
  /** Speed, an index of `bitRates`. */
  readonly br: number;
  /** Width, an index of `widths`. */
  readonly wd: number;
  /** Length: 0 A4, 1 B4, 2 unlimited. */
  readonly ln: number;
  /** Coding: 0 MH, 1 MR, 2 uncompressed mode, 3 MMR. */
  readonly df: number;
  /** Error correction: 0 none; class 2: frames of 64 (1) or 256 bytes (2); class 2.0: 1. */
  readonly ec: number;
  readonly bf: number;
  /** Least time a scan line, an index of `scanTimes`. */
  readonly st: number;
}

/** What nothing is known of. */
export const unknownVector: FaxVector = { vr: 0, br: 0, wd: 0, ln: 0, df: 0, ec: 0, bf: 0, st: 0 };

const fields = ['vr', 'br', 'wd', 'ln', 'df', 'ec', 'bf', 'st'] as const;

const bitRates = [
  2400, 4800, 7200, 9600, 12_000, 14_400, 16_800, 19_200, 21_600, 24_000, 26_400, 28_800, 31_200, 33_600,
];
const widths = [1728, 2048, 2432, 1216, 864];
/** ms a scan line, normal and fine. */
const scanTimes: readonly (readonly [number, number])[] = [
  [0, 0],
  [5, 5],
  [10, 5],
  [10, 10],
  [20, 10],
  [20, 20],
  [40, 20],
  [40, 40],
];

/** Reads a vector. Blank and unreadable fields keep the value of `before`. Values below 10 are the same in both classes. */
export function parseVector(text: string, before: FaxVector): FaxVector {
  const values = text.split(',');
  const read = fields.map((name, index) => {
    const value = Number.parseInt(values[index]?.trim() ?? '', 16);
    return [name, Number.isNaN(value) ? before[name] : value];
  });
  return Object.fromEntries(read) as unknown as FaxVector;
}

export function formatVector(vector: FaxVector): string {
  return fields.map((name) => vector[name].toString(16).toUpperCase()).join(',');
}

/** What both sides can do. */
export function common(own: FaxVector, far: FaxVector): FaxVector {
  const ec = Math.min(own.ec, far.ec);
  return {
    vr: own.vr & far.vr,
    br: Math.min(own.br, far.br),
    wd: Math.min(own.wd, far.wd),
    ln: Math.min(own.ln, far.ln),
    df: dataFormat(Math.min(own.df, far.df), ec),
    ec,
    bf: 0,
    st: far.st,
  };
}

/**
 * The densest coding that we make, up to `most`: MMR goes with error correction only (T.30 table 2, bit 31), and
 * uncompressed mode is MR that nobody needs.
 */
export function dataFormat(most: number, ec: number): number {
  if (most >= 3 && ec > 0) return 3;
  return most >= 1 ? 1 : 0;
}

/** Codes of `df` by their names. */
export const dataFormats: Readonly<Record<PageCoding, number>> = { MH: 0, MR: 1, MMR: 3 };

export function codingOf({ df }: FaxVector): PageCoding {
  return df === 0 ? 'MH' : df === 3 ? 'MMR' : 'MR';
}

/** The greatest value of each group of an answer such as `(0,1),(0-5),(00-02),2,(0),0`; short answers give fewer. */
export function parseRanges(text: string): number[] {
  const groups = text.match(/\([^)]*\)|[^,()\s]+/g) ?? [];
  return groups.map((group) => {
    const values = (group.match(/[0-9A-Fa-f]+/g) ?? ['0']).map((value) => Number.parseInt(value, 16));
    return Math.max(...values);
  });
}

/** The highest code whose speed is not above `bitRate`. */
export function rateCode(bitRate: number): number {
  return Math.max(bitRates.filter((rate) => rate <= bitRate).length - 1, 0);
}

export function bitRateOf(vector: FaxVector): number {
  return bitRates[vector.br] ?? 14_400;
}

export function resolutionOf(vector: FaxVector): Resolution {
  return (vector.vr & 1) === 1 ? 'fine' : 'normal';
}

/** Fewest bits a scan line, EOL included, so that the far side's printer keeps up (T.4 §4.1.3); none under ECM. */
export function minBitsPerLine(vector: FaxVector): number {
  if (vector.ec > 0) return 0;
  const [normal, fine] = scanTimes[vector.st] ?? [0, 0];
  const ms = resolutionOf(vector) === 'fine' ? fine : normal;
  return Math.ceil((bitRateOf(vector) * ms) / 1000);
}

export function callParameters(vector: FaxVector): CallParameters {
  return {
    bitRate: bitRateOf(vector),
    resolution: resolutionOf(vector),
    widthPx: widths[vector.wd] ?? 1728,
    coding: codingOf(vector),
    ecm: vector.ec > 0,
  };
}
