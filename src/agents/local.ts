import type { DirectorySnapshot } from '../accounts/directory-snapshot.ts';
import type { EventBus } from '../lib/events.ts';
import { oneLine } from '../mail/encoded-word.ts';
import { Header, readHeaderBlock } from '../mail/header.ts';
import type { DeliveryAgent, DeliveryJob, JobRecipient, Outcome, RecipientResult } from '../queue/types.ts';
import type { MailStore } from '../store/types.ts';

/** Mail into mailboxes of this box, with Return-Path and Delivered-To before it (RFC 5321 §4.4). */
export class LocalAgent implements DeliveryAgent {
  readonly #store: Pick<MailStore, 'deliver'>;
  readonly #directory: () => Pick<DirectorySnapshot, 'account'>;
  readonly #events: EventBus;

  constructor(options: {
    readonly store: Pick<MailStore, 'deliver'>;
    readonly directory: () => Pick<DirectorySnapshot, 'account'>;
    readonly events: EventBus;
  }) {
    this.#store = options.store;
    this.#directory = options.directory;
    this.#events = options.events;
  }

  async deliver(job: DeliveryJob, signal: AbortSignal): Promise<readonly RecipientResult[]> {
    const header = Header.parse(await readHeaderBlock(job.content()));
    const been = new Set(header.all('delivered-to').map((address) => address.toLowerCase()));
    const results: RecipientResult[] = [];
    for (const recipient of job.recipients) {
      // What is done is done: those that an abort leaves without a result are tried again.
      if (signal.aborted) break;
      results.push({ recipient: recipient.id, outcome: await this.#deliverOne(job, recipient, been) });
    }
    return results;
  }

  async #deliverOne(job: DeliveryJob, recipient: JobRecipient, been: ReadonlySet<string>): Promise<Outcome> {
    const { route, id } = recipient;
    const account = route.agent === 'local' ? this.#directory().account(route.account) : undefined;
    if (!account) return { kind: 'failed', status: '5.1.1', text: `There is no mailbox ${recipient.address} here.` };
    if (been.has(account.address)) {
      const text = `The message has been delivered to ${account.address} before and came back: it goes in a circle.`;
      return { kind: 'failed', status: '5.4.6', text };
    }
    const trace = `Return-Path: <${oneLine(job.message.reversePath)}>\r\nDelivered-To: ${account.address}\r\n`;
    try {
      await this.#store.deliver(account.address, withTrace(trace, job.content()), { deliveryId: id });
    } catch (error) {
      return this.#trouble(error, account.address);
    }
    const text = 'The message is in the mailbox.';
    return { kind: 'delivered', action: 'delivered', status: '2.0.0', text, folder: 'INBOX' };
  }

  #trouble(error: unknown, account: string): Outcome {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EDQUOT':
        return { kind: 'deferred', status: '4.2.2', text: `The mailbox ${account} is full.` };
      case 'ENOSPC':
        return { kind: 'deferred', status: '4.3.1', text: 'There is no room for mail on this box.' };
      default:
        this.#events.emit('box.fault', { where: `delivery to ${account}`, error: String(error) });
        return {
          kind: 'deferred',
          status: '4.3.0',
          text: 'The message could not be stored; this is a fault of this box.',
        };
    }
  }
}

async function* withTrace(trace: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(trace);
  yield* content;
}
