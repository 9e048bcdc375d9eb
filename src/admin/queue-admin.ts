import { Header, maxHeaderOctets } from '../mail/header.ts';
import type { Queue } from '../queue/queue.ts';
import type { QueueEntry, QueueRecipient } from '../queue/view.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { QueueDetail, QueueRecipientView, QueueView } from './views/queue-views.ts';

/** Messages that wait. */
export interface QueueAdmin {
  queueList(filter: { address: string; limit: number }): Promise<readonly QueueView[]>;
  queueShow(what: { id: string }): Promise<QueueDetail>;
  /** Without id all. @returns how many recipients are tried now. */
  queueRetry(what: { id: string }): Promise<{ readonly recipients: number }>;
  queueHold(what: { id: string }): Promise<void>;
  queueRelease(what: { id: string }): Promise<void>;
  queueCancel(what: { id: string; reason: string }): Promise<void>;
}

export function queueAdmin(queue: Queue): QueueAdmin {
  return {
    queueList: async ({ address, limit }) => queue.list({ text: address, limit }).entries.map(queueView),
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
  };
}

function found(id: string, result: 'done' | 'missing'): void {
  if (result === 'missing') noMessage(id);
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
    held: entry.held,
    recipients: entry.recipients.map(recipientView),
  };
}

function recipientView(recipient: QueueRecipient): QueueRecipientView {
  const { address, state, attempts, nextAttempt, status = '', text = '' } = recipient;
  return { address, state, attempts, nextAttempt: state === 'waiting' ? instant(nextAttempt) : '', status, text };
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
