import type { CircuitEnd } from './circuit.ts';

/** What a subscriber hears who has dialled. */
export type DialOutcome =
  | { readonly kind: 'answered'; readonly end: CircuitEnd }
  | { readonly kind: 'busy' | 'no-answer' | 'unobtainable' | 'no-dial-tone' | 'given-up' };

/** One ring of the bell. */
export interface Ring {
  /** 1 for the first ring of a call. */
  readonly count: number;
  /** Caller id; empty when it is withheld. */
  readonly from: string;
  readonly fromName: string;
}

/** The two wires that a modem hangs on. */
export interface PhoneLine {
  readonly number: string;
  /** Goes off the hook and dials; `waitMs` (network time) is how long it may ring. Aborting gives the call up. */
  dial(digits: string, waitMs: number, signal: AbortSignal): Promise<DialOutcome>;
  /** Takes the call that rings; undefined when none does (any more). */
  answer(): CircuitEnd | undefined;
  /** Called for every ring; one listener. */
  onRing(listener: (ring: Ring) => void): void;
}
