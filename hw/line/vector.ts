import type { PageCoding } from '../../src/fax/page-coding.ts';

/**
 * The parameter vector of class 2 and 2.0 (`vr,br,wd,ln,df,ec,bf,st`), which is also what DIS and DCS carry here.
 * Values are the codes of T.32 table 21, not units.
 */
export interface FaxVector {
  /** Resolution: bit 0 is fine, 7.7 lines/mm. */
  readonly vr: number;
  /** Bit rate: index into `bitRates`. */
  readonly br: number;
  /** Page width: index into `widthsPx`. */
  readonly wd: number;
  /** Page length: 0 A4, 1 B4, 2 unlimited. */
  readonly ln: number;
  /** Coding: 0 MH, 1 MR, 2 MR uncompressed, 3 MMR. */
  readonly df: number;
  /** Error correction: 0 none; class 2: 1 and 2 with frames of 64 and of 256 bytes; class 2.0: 1. */
  readonly ec: number;
  /** Binary file transfer: 0 none. */
  readonly bf: number;
  /** Minimum time of a scan line. */
  readonly st: number;
}

const names = ['vr', 'br', 'wd', 'ln', 'df', 'ec', 'bf', 'st'] as const satisfies readonly (keyof FaxVector)[];

/** Largest code of each field that this simulation knows. */
const largest: FaxVector = { vr: 1, br: 5, wd: 2, ln: 2, df: 3, ec: 2, bf: 0, st: 7 };

/** What a modem answers to `+FDCC=?`. @param most the densest coding and the error correction that it can do */
export function vectorRanges({ df, ec }: Pick<FaxVector, 'df' | 'ec'>): string {
  const codings = [0, 1, 3].filter((code) => code <= df).join(',');
  return `(0,1),(0-5),(0-2),(0-2),(${codings}),(${ec === 0 ? 0 : `0-${ec}`}),(0),(0-7)`;
}

/** What a modem may do in calls before its DTE says more. */
export const plainVector: FaxVector = { vr: 1, br: 5, wd: 0, ln: 2, df: 0, ec: 0, bf: 0, st: 0 };

/** Everything a simulated machine can do. */
export const fullVector: FaxVector = { ...plainVector, df: 3, ec: 2 };

export const bitRates = [2400, 4800, 7200, 9600, 12_000, 14_400] as const;
export const widthsPx = [1728, 2048, 2432] as const;

export const bitRateOf = (vector: FaxVector): number => bitRates[vector.br]!;
export const codingOf = ({ df }: FaxVector): PageCoding => (df === 0 ? 'MH' : df === 3 ? 'MMR' : 'MR');
export const widthOf = (vector: FaxVector): number => widthsPx[vector.wd]!;

/**
 * Reads a vector as a DTE writes it; blank and missing fields keep their value.
 * @param most the densest coding and the error correction that the modem can do
 * @returns undefined when a field is no number or beyond that
 */
export function parseVector(
  text: string,
  before: FaxVector,
  radix: 10 | 16,
  most: Pick<FaxVector, 'df' | 'ec'>,
): FaxVector | undefined {
  const fields = text.split(',');
  if (fields.length > names.length + 1) return undefined;
  const vector: Record<(typeof names)[number], number> = { ...before };
  for (const [index, name] of names.entries()) {
    const field = fields[index]?.trim() ?? '';
    if (field === '') continue;
    if (!/^[0-9a-f]{1,4}$/i.test(field)) return undefined;
    const value = Number.parseInt(field, radix);
    if (!(value <= { ...largest, ...most }[name])) return undefined;
    vector[name] = value;
  }
  return vector;
}

export function formatVector(vector: FaxVector, radix: 10 | 16): string {
  return names.map((name) => vector[name].toString(radix).toUpperCase()).join(',');
}

/** What both can do (T.30 §5.3.6.2.2: DCS answers DIS); the time of a line is the receiver's wish. */
export function agree(sender: FaxVector, receiver: FaxVector): FaxVector {
  const least = (name: keyof FaxVector): number => Math.min(sender[name], receiver[name]);
  const [df, ec] = [least('df'), least('ec')];
  return {
    vr: sender.vr & receiver.vr,
    br: least('br'),
    wd: least('wd'),
    ln: least('ln'),
    // MMR goes with error correction only (T.30 table 2, bit 31); uncompressed mode is nobody's.
    df: df === 2 || (df === 3 && ec === 0) ? 1 : df,
    ec,
    bf: least('bf'),
    st: receiver.st,
  };
}
