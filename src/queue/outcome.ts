import { plural } from '../lib/words.ts';
import type { Notify } from '../mail/envelope.ts';
import { afterDeferral, type ScheduleConfig } from './schedule.ts';
import {
  type Deferred,
  type Delivered,
  type Failed,
  lastGeneration,
  type Outcome,
  type QueuedMessage,
} from './types.ts';

/** What an outcome means for a recipient. Pure. */

export type Settlement =
  | { readonly kind: 'final'; readonly outcome: Delivered | Failed; readonly attempts: number }
  | {
      readonly kind: 'waiting';
      readonly outcome: Deferred;
      readonly attempts: number;
      readonly nextAt: number;
      /** Time that is not part of the recipient's. */
      readonly restMs: number;
    };

/** Longest text and diagnostic kept, in characters. */
export const maxTextLength = 2000;
/** Longest resume note kept, in characters of JSON. */
export const maxResumeLength = 65_536;
/** Largest picture kept for the report. */
export const maxAttachmentBytes = 2 * 1024 * 1024;

export function settle(
  recipient: { readonly attempts: number; readonly acceptedAt: number; readonly expiresAt: number },
  given: Outcome,
  now: number,
  config: ScheduleConfig,
): Settlement {
  const outcome = clipped(given);
  if (outcome.kind !== 'deferred') return { kind: 'final', outcome, attempts: recipient.attempts + 1 };
  const next = afterDeferral(recipient, outcome, now, config);
  if (next.kind === 'again') {
    const { attempts, nextAt, restMs } = next;
    return { kind: 'waiting', outcome, attempts, nextAt, restMs };
  }
  const { text, remoteMta, diagnostic, attachment } = outcome;
  const span = spanText(recipient.expiresAt - recipient.acceptedAt);
  return {
    kind: 'final',
    attempts: recipient.attempts + (outcome.uncounted ? 0 : 1),
    // RFC 3463 §3.5, X.4.7: delivery time expired.
    outcome: {
      kind: 'failed',
      status: '4.4.7',
      text: `Given up after ${span}. Last: ${text}`,
      ...(remoteMta === undefined ? {} : { remoteMta }),
      ...(diagnostic === undefined ? {} : { diagnostic }),
      ...(attachment === undefined ? {} : { attachment }),
    },
  };
}

function clipped(outcome: Outcome): Outcome {
  return {
    ...outcome,
    text: outcome.text.slice(0, maxTextLength),
    ...(outcome.diagnostic === undefined ? {} : { diagnostic: outcome.diagnostic.slice(0, maxTextLength) }),
  };
}

/** `7 days`, `8 hours`, `90 minutes`. */
export function spanText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  for (const [unit, name] of [
    [1440, 'day'],
    [60, 'hour'],
  ] as const) {
    if (minutes >= unit && minutes % unit === 0) return plural(minutes / unit, name);
  }
  return plural(minutes, 'minute');
}

/** Does anybody want to hear of it (RFC 3461 §4.1)? Who exactly, and whether it may be told, the reporter decides. */
export function isReportWanted(
  message: Pick<QueuedMessage, 'reversePath' | 'generation'>,
  notify: Notify | undefined,
  outcome: Outcome,
): boolean {
  if (message.generation >= lastGeneration) return false;
  if (outcome.kind === 'failed') return notify?.failure ?? true;
  if (message.reversePath === '' || message.generation > 0) return false;
  return outcome.kind === 'delivered' ? (notify?.success ?? false) : (notify?.delay ?? true);
}
