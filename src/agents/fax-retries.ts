import type { Config } from '../config/schema.ts';
import type { CallResult } from '../fax/call.ts';
import { plural } from '../lib/words.ts';

/** When a fax that did not go through is called again, and when no more: by what became of its calls. Pure. */

/** Kinds of failure that have a rule of their own. */
export type RetryKind = keyof Config['fax']['retries'];

/** Ends that are no fault of the number: no call is counted against it. */
const ourFault: ReadonlySet<CallResult> = new Set(['no-dial-tone', 'local', 'aborted']);

const kinds: Readonly<Partial<Record<CallResult, RetryKind>>> = {
  busy: 'busy',
  'no-answer': 'noAnswer',
  'no-fax': 'noFax',
  refused: 'refused',
  dropped: 'lost',
  'poor-line': 'lost',
  protocol: 'lost',
};

/** Calls that were made for a fax and brought it to no end. */
export interface CallCounts {
  readonly calls: number;
  readonly byKind: Readonly<Partial<Record<RetryKind, number>>>;
}

/** The counts after one more call. @param pages that it brought across */
export function countCall(before: CallCounts, result: CallResult, pages: number): CallCounts {
  const kind = kinds[result];
  return {
    calls: before.calls + (!ourFault.has(result) || pages > 0 ? 1 : 0),
    byKind: kind === undefined ? before.byKind : { ...before.byKind, [kind]: (before.byKind[kind] ?? 0) + 1 },
  };
}

export type NextCall =
  | { readonly kind: 'after'; readonly waitMs: number }
  | { readonly kind: 'never'; readonly why: string };

type RetryConfig = Pick<Config['fax'], 'callAttempts' | 'retrySchedule' | 'retries'>;

/** What follows a call that ended so; it is counted already. */
export function nextCall(result: CallResult, { calls, byKind }: CallCounts, config: RetryConfig): NextCall {
  const { callAttempts, retrySchedule, retries } = config;
  if (result === 'incompatible') return never('Please check the number with the recipient.');
  const kind = kinds[result];
  const times = kind === undefined ? calls : (byKind[kind] ?? 0);
  if (kind !== undefined && times >= retries[kind].calls) {
    return never(
      kind === 'noFax'
        ? 'Please check the number: it seems to be no fax number.'
        : `It was called ${plural(calls, 'time')}; no further call is made.`,
    );
  }
  if (!ourFault.has(result) && calls >= callAttempts)
    return never(`It was called ${plural(calls, 'time')}; no further call is made.`);
  const own = kind === undefined ? [] : retries[kind].waits;
  const waits = own.length > 0 ? own : retrySchedule;
  // Without waits of its own, a kind goes on in the schedule of all calls.
  const step = Math.max(own.length > 0 ? times : calls, 1);
  return { kind: 'after', waitMs: waits[Math.min(step, waits.length) - 1]! };
}

function never(why: string): NextCall {
  return { kind: 'never', why };
}
