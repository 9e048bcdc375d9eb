import type { Heard } from './circuit.ts';

/** A fax call is over: why, as the class 2 hang-up code (decimal). 0 is the normal end. */
export interface Ended {
  readonly kind: 'ended';
  readonly code: number;
}

/** Class 2 hang-up codes that this simulation uses (SP-2388-A; 2.0 numbers some of them otherwise). */
export const hangup = {
  normal: 0,
  noHandshake: 1,
  aborted: 2,
  noFaxTone: 11,
  transmitB: 20,
  remoteCannot: 21,
  transmitBLost: 24,
  noAnswerToDcs: 25,
  trainingFailed: 27,
  invalidResponse: 28,
  underflow: 43,
  transmitDLost: 50,
  noAnswerToMps: 52,
  noAnswerToEop: 54,
  noAnswerToEom: 56,
  receiveBLost: 72,
  receiveBSilence: 73,
  receiveC: 90,
  receiveOverflow: 93,
  receiveD: 100,
} as const;

export const ended = (code: number): Ended => ({ kind: 'ended', code });

/** The call ends when the other side says so, hangs up or is silent; anything else heard was not asked for. */
export function endOf(heard: Heard, codes: { lost: number; silent: number; other: number }): Ended {
  if (heard.kind === 'silence') return ended(codes.silent);
  if (heard.kind === 'hung-up' || heard.kind === 'dcn') return ended(codes.lost);
  return ended(codes.other);
}
