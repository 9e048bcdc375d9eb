import type { Clock } from '../lib/clock.ts';
import { Header, maxHeaderOctets } from '../mail/header.ts';
import type { Queue } from '../queue/queue.ts';
import type { Rerouted } from '../queue/reroute.ts';
import { SubmitError } from '../queue/types.ts';
import type { QueueEntry, QueueRecipient } from '../queue/view.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { instantOf } from './instant.ts';
import type { QueueDetail, QueuedState, QueueRecipientView, QueueView } from './views/queue-views.ts';

/** Messages that wait. */
export interface QueueAdmin {
  /** `state`: only messages with a recipient in it. */
  queueList(filter: { address: string; limit: number; state?: QueuedState | undefined }): Promise<readonly QueueView[]>;
  queueShow(what: { id: string }): Promise<QueueDetail>;
  /** Without id all. @returns how many recipients are tried now. */
  queueRetry(what: { id: string }): Promise<{ readonly recipients: number }>;
  queueHold(what: { id: string }): Promise<void>;
  queueRelease(what: { id: string }): Promise<void>;
  queueCancel(what: { id: string; reason: string }): Promise<void>;
  /** Gives a message another time to be sent at; an empty `at` sends it now. */
  queueSchedule(what: { id: string; at: string }): Promise<void>;
  /** Gives a recipient that waits another address; nobody is told of a failure. */
  queueReroute(what: { id: string; recipient: string; to: string }): Promise<void>;
}

export function queueAdmin(queue: Queue, clock: Clock): QueueAdmin {
  return {
    queueList: async ({ address, limit, state }) =>
      queue.list({ text: address, limit, ...(state && { state }) }).entries.map(queueView),
    queueShow: async ({ id }) => {
      const entry = queue.show(id) ?? noMessage(id);
      return {
        ...queueView(entry),
        envelopeId: entry.envelopeId ?? '',
        expiresAt: instant(Math.max(...entry.recipients.map(({ expiresAt }) => expiresAt))),
        header: await headerText(queue.content(id)),
      };
    },
    queueRetry: async ({ id }) => {
      if (id !== '' && !queue.show(id)) noMessage(id);
      return { recipients: await queue.retry(id === '' ? 'all' : { message: id }) };
    },
    queueHold: async ({ id }) => found(id, await queue.hold(id)),
    queueRelease: async ({ id }) => found(id, await queue.release(id)),
    queueCancel: async ({ id, reason }) => found(id, await queue.cancel(id, reason)),
    queueSchedule: async ({ id, at }) =>
      found(id, await queue.schedule(id, at === '' ? clock.now() : instantOf(at)).catch(refuse)),
    queueReroute: async ({ id, recipient, to }) => {
      const result = await queue.reroute({ id, recipient, to });
      checkRerouted(result, { id, recipient, to });
    },
  };
}

/** @throws AdminError when the queue does not want it */
function refuse(error: unknown): never {
  if (error instanceof SubmitError) throw new AdminError(exitCodes.data, error.message);
  throw error;
}

function found(id: string, result: 'done' | 'missing'): void {
  if (result === 'missing') noMessage(id);
}

/** @throws AdminError in words when it was not done */
function checkRerouted(
  result: Rerouted,
  { id, recipient, to }: { readonly id: string; readonly recipient: string; readonly to: string },
): void {
  switch (result.kind) {
    case 'done':
      return;
    case 'missing':
      if (result.what === 'message') noMessage(id);
      throw new AdminError(exitCodes.noInput, `the message ${id} does not wait for ${recipient}`);
    case 'under-way':
      throw new AdminError(exitCodes.tempFail, `the message is being delivered to ${recipient} now: try again later`);
    case 'present':
      throw new AdminError(exitCodes.data, `the message goes to ${to} already`);
    case 'refused':
      throw new AdminError(exitCodes.noUser, `nothing can be sent to ${to}: ${result.text}`);
  }
}

function noMessage(id: string): never {
  throw new AdminError(exitCodes.noInput, `there is no message ${id} in the queue: see caselli queue list`);
}

function queueView(entry: QueueEntry): QueueView {
  return {
    id: entry.id,
    acceptedAt: instant(entry.acceptedAt),
    sizeBytes: entry.sizeBytes,
    source: entry.source,
    reversePath: entry.reversePath,
    account: entry.account ?? '',
    notBefore: (entry.notBefore ?? 0) > entry.acceptedAt ? instant(entry.notBefore!) : '',
    held: entry.held,
    recipients: entry.recipients.map(recipientView),
  };
}

function recipientView(recipient: QueueRecipient): QueueRecipientView {
  const { address, originalRecipient = '', agent, destination, state, attempts, status = '', text = '' } = recipient;
  return {
    address,
    // What it was before an alias, or before somebody gave it another address (RFC 3461 §4.2: type;address).
    original: originalRecipient.replace(/^[^;]*;/, ''),
    agent,
    place: destination,
    state,
    attempts,
    nextAttempt: state === 'waiting' ? instant(recipient.nextAttempt) : '',
    status,
    text,
    host: (recipient.remoteMta ?? '').replace(/^[^;]*;\s*/, ''),
    reply: (recipient.diagnostic ?? '').replace(/^[^;]*;\s*/, ''),
  };
}

function instant(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '';
}

/** The header block of a message as text, bounded. */
async function headerText(content: AsyncIterable<Uint8Array>): Promise<string> {
  let block = Buffer.alloc(0);
  for await (const chunk of content) {
    block = Buffer.concat([block, chunk]);
    if (block.length >= maxHeaderOctets || block.includes('\r\n\r\n')) break;
  }
  const end = Header.parse(block).fields.at(-1)?.end ?? 0;
  return block.toString('utf8', 0, end).replaceAll('\r\n', '\n');
}
