import type { Config } from '../config/schema.ts';

/** When the next attempt is due. Pure; Courier's schedule by default. */

export type ScheduleConfig = Pick<
  Config['queue'],
  'retrySchedule' | 'retryThen' | 'queueTime' | 'faxQueueTime' | 'warnTime'
>;

/** Shortest wait, whatever an agent asks for: nothing may be tried in a tight circle. */
export const shortestWaitMs = 1000;
/** Wait after an attempt that did not really happen (no line free), when the agent names none. */
export const uncountedWaitMs = 60_000;
/** Longest wait after the program died under a delivery. */
const longestInterruptionWaitMs = 300_000;

/** The wait after attempt number `attempts` (from 1): the schedule once, then its second part again and again. */
export function retryWaitMs(attempts: number, { retrySchedule, retryThen }: ScheduleConfig): number {
  const index = Math.max(attempts, 1) - 1;
  return retrySchedule[index] ?? retryThen[(index - retrySchedule.length) % retryThen.length]!;
}

export interface Deferral {
  readonly retryAfterMs?: number;
  readonly uncounted?: boolean;
  readonly rests?: boolean;
}

/**
 * What follows a deferred attempt. `attempts` were made before it. The last attempt falls on `expiresAt` itself; one that
 * is deferred then, or later, is the end. Rests are no part of a message's time: `restMs` is added to it.
 */
export function afterDeferral(
  { attempts, expiresAt }: { readonly attempts: number; readonly expiresAt: number },
  deferral: Deferral,
  now: number,
  config: ScheduleConfig,
):
  | { readonly kind: 'expired' }
  | { readonly kind: 'again'; readonly attempts: number; readonly nextAt: number; readonly restMs: number } {
  if (deferral.rests) {
    const restMs = Math.max(deferral.retryAfterMs ?? uncountedWaitMs, shortestWaitMs);
    return { kind: 'again', attempts, nextAt: now + restMs, restMs };
  }
  if (now >= expiresAt) return { kind: 'expired' };
  const counted = attempts + (deferral.uncounted ? 0 : 1);
  const planned = deferral.uncounted ? uncountedWaitMs : retryWaitMs(counted, config);
  const waitMs = Math.max(deferral.retryAfterMs ?? planned, shortestWaitMs);
  return { kind: 'again', attempts: counted, nextAt: Math.min(now + waitMs, expiresAt), restMs: 0 };
}

/** Wait after the program died under a delivery for the `times`th time in a row; the first costs nothing. */
export function interruptionWaitMs(times: number): number {
  return times <= 1 ? 0 : Math.min(shortestWaitMs * 2 ** (times - 2), longestInterruptionWaitMs);
}

/** When the time of a message begins to count. */
export function startOf({
  acceptedAt,
  notBefore = 0,
}: {
  readonly acceptedAt: number;
  readonly notBefore?: number;
}): number {
  return Math.max(acceptedAt, notBefore);
}

/** @param start see `startOf` */
export function expiryOf(start: number, agent: string, config: ScheduleConfig): number {
  return start + (agent === 'fax' ? config.faxQueueTime : config.queueTime);
}
