import type { Config } from '../config/schema.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { ConflictError } from '../lib/sqlite.ts';
import type { Refusal } from '../routing/types.ts';
import type { Router } from './attempt.ts';
import type { Dispatcher } from './dispatcher.ts';
import { originalOf, resolveRecipient } from './expansion.ts';
import { draftRecipient } from './intake.ts';
import type { Ledger } from './ledger.ts';
import { insertRecipient, type MessageRecord, type RecipientRecord } from './records.ts';

export interface RerouteParts {
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  readonly route: Router;
  readonly ids: IdSource;
  readonly config: () => Config['queue'];
  readonly events: EventBus;
}

export type Rerouted =
  /** `finished`: all that it leads to has the message already, and nothing is left to do. */
  | { readonly kind: 'done'; readonly finished: boolean }
  /** No such message, or it does not wait for this address. */
  | { readonly kind: 'missing'; readonly what: 'message' | 'recipient' }
  /** It is being delivered at this moment. */
  | { readonly kind: 'under-way' }
  /** The message goes to the new address anyway. */
  | { readonly kind: 'present' }
  /** Nothing can be sent to the new address; the router's words. */
  | Refusal;

/**
 * Gives a recipient that waits another address. It becomes a recipient of its own, with an id that no agent has seen: what
 * was done for the old one (pages of a fax that crossed) does not count for the new one. It has all the time that a message
 * handed in now would have; its sender is not told, and hears of the new one under the name that he wrote.
 * Durable when it resolves.
 */
export async function reroute(
  { id, recipient, to }: { readonly id: string; readonly recipient: string; readonly to: string },
  now: number,
  parts: RerouteParts,
): Promise<Rerouted> {
  const { ledger, dispatcher } = parts;
  const message = ledger.message(id);
  if (!message || message.cancelled !== undefined) return { kind: 'missing', what: 'message' };
  const rows = ledger.open(id, recipient);
  const [row] = rows;
  if (!row) return { kind: 'missing', what: 'recipient' };
  if (row.state === 'delivering' || dispatcher.has(row.id)) return { kind: 'under-way' };
  // Nothing begins with the old address meanwhile.
  return dispatcher.keep(row.id, () => replace(message, row, to, now, parts));
}

async function replace(
  message: MessageRecord,
  row: RecipientRecord,
  to: string,
  now: number,
  { ledger, route, ids, config, events }: RerouteParts,
): Promise<Rerouted> {
  const routing = route(to, message, false);
  if (routing.kind === 'refused') return routing;
  const { notify } = row;
  const addressee = { address: to, originalRecipient: originalOf(row), byAlias: false, ...(notify && { notify }) };
  const intake = { message: { ...message, acceptedAt: now }, ids, now, config: config() };
  const drafted = draftRecipient(addressee, resolveRecipient(addressee, routing), intake);
  if (drafted.length === 1 && ledger.hasKey(message.id, drafted[0]!.key)) return { kind: 'present' };
  const state = message.held ? 'held' : 'waiting';
  const inserted = drafted.map((one) => insertRecipient(one.state === 'waiting' ? { ...one, state } : one));
  let finished: boolean;
  try {
    finished = await ledger.replace(message.id, row.id, inserted, now);
  } catch (error) {
    if (error instanceof ConflictError) return { kind: 'under-way' };
    throw error;
  }
  events.emit('queue.rerouted', { message: message.id, recipient: row.address, to });
  return { kind: 'done', finished };
}
