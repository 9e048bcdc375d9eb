import { hangup } from '../line/ended.ts';
import { type FaxVector, formatVector } from '../line/vector.ts';
import type { ModemProfile } from './profile.ts';

export type FaxClass = '2' | '2.0';

/** How the two classes say the same things (fax-class2 correspondence: SP-2388-A against TIA-592/T.32). */
export interface Dialect {
  readonly faxClass: FaxClass;
  readonly connected: string;
  readonly hasDocument: string;
  /** Sent when training is good; class 2.0 has no such report. */
  readonly ready: string | undefined;
  calledId(id: string): string;
  callingId(id: string): string;
  capabilities(vector: FaxVector): string;
  agreed(vector: FaxVector): string;
  pageStatus(verdict: number, lines: number, badLines: number, longestBadRun: number): string;
  hungUp(code: number): string;
}

/** Hang-up codes that class 2.0 numbers differently, as they are written in hexadecimal there. */
const codes20: ReadonlyMap<number, number> = new Map<number, number>([
  [hangup.receiveD, 0xa0],
  [101, 0xa1],
  [102, 0xa2],
  [103, 0xa3],
]);

/** `+FHS:` codes of T.32 read as two hexadecimal digits that look like the decimal ones of class 2. */
export function hangupCode20(code: number): string {
  const special = codes20.get(code);
  return special === undefined ? String(code).padStart(2, '0') : special.toString(16).toUpperCase();
}

export function dialectOf(faxClass: FaxClass, profile: ModemProfile): Dialect {
  return faxClass === '2' ? class2 : class20(profile);
}

const class2: Dialect = {
  faxClass: '2',
  connected: '+FCON',
  hasDocument: '+FPOLL',
  ready: '+FCFR',
  calledId: (id) => `+FCSI:"${id.padStart(20)}"`,
  callingId: (id) => `+FTSI:"${id.padStart(20)}"`,
  capabilities: (vector) => `+FDIS:${formatVector(vector, 10)}`,
  agreed: (vector) => `+FDCS:${formatVector(vector, 10)}`,
  pageStatus: (...values) => `+FPTS:${values.join(',')}`,
  hungUp: (code) => `+FHNG:${code}`,
};

function class20({ radix20 }: ModemProfile): Dialect {
  return {
    faxClass: '2.0',
    connected: '+FCO',
    hasDocument: '+FPO',
    ready: undefined,
    calledId: (id) => `+FCI:"${id.padEnd(20)}"`,
    callingId: (id) => `+FTI:"${id.padEnd(20)}"`,
    capabilities: (vector) => `+FIS:${formatVector(vector, radix20)}`,
    agreed: (vector) => `+FCS:${formatVector(vector, radix20)}`,
    pageStatus: (verdict, ...counts) =>
      `+FPS:${[verdict, ...counts.map((count) => count.toString(radix20).toUpperCase()), 0].join(',')}`,
    hungUp: (code) => `+FHS:${hangupCode20(code)}`,
  };
}
