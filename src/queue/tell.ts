import type { EventBus, EventFields } from '../lib/events.ts';
import type { Routing } from '../routing/types.ts';
import type { RecipientRecord } from './records.ts';
import type { Outcome, QueuedMessage } from './types.ts';

/** What the queue tells the event list about recipients. */

type Told = Pick<RecipientRecord, 'address' | 'agent' | 'destination'>;
type Message = Pick<QueuedMessage, 'id' | 'source'>;

/** @param nextAttempt of one that waits on; of a deferral that is not the end */
export function tellOutcome(
  events: EventBus,
  message: Message,
  row: Told,
  { outcome, attempts, nextAttempt = 0 }: { outcome: Outcome; attempts: number; nextAttempt?: number },
): void {
  const common = {
    message: message.id,
    source: message.source,
    recipient: row.address,
    agent: row.agent,
    place: row.destination,
    attempt: attempts,
    status: outcome.status,
    text: outcome.text,
    // RFC 3464 §2.3.5, §2.3.6: the type stands before the value.
    host: (outcome.remoteMta ?? '').replace(/^[^;]*;\s*/, ''),
    reply: (outcome.diagnostic ?? '').replace(/^[^;]*;\s*/, ''),
  };
  if (outcome.kind === 'delivered')
    events.emit('queue.delivered', { ...common, action: outcome.action, folder: outcome.folder ?? '' });
  else if (outcome.kind === 'deferred') events.emit('queue.deferred', { ...common, nextAttempt });
  else events.emit('queue.failed', common);
}

/** Addresses of one expansion that are told. */
const toldTargets = 100;

/** @returns what is to be told of where an address leads; undefined when it leads to itself. */
export function routedEvent(
  message: string,
  address: string,
  routing: Routing,
): EventFields<'queue.routed'> | undefined {
  if (routing.kind === 'refused' || !(routing.alias || routing.catchAll)) return undefined;
  const to = routing.recipients.slice(0, toldTargets).map((one) => one.address);
  return { message, recipient: address, to, by: routing.catchAll ? 'catch-all' : 'alias' };
}
