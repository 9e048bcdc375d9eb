import type { Clock } from '../lib/clock.ts';
import type { EventBus, EventFields } from '../lib/events.ts';
import type { Queue } from '../queue/queue.ts';
import type { Sending, SendingRecipient, SendingState, Sendings } from './sendings.ts';

export interface TrackerParts {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly queue: Pick<Queue, 'show' | 'cancel'>;
}

type Change = Pick<SendingRecipient, 'state' | 'text' | 'nextAt' | 'finishedAt'>;

/** The reason that reports give; by it the end of a number is known as ours. */
export const cancelReason = 'The sender cancelled it.';

/**
 * Writes down what happens to the numbers of sendings, from the queue's events. What is missed over a crash is taken from the
 * queue at the next start; a message that ended in that moment is not known any more.
 */
export class Tracker {
  readonly #sendings: Sendings;
  readonly #parts: TrackerParts;
  /** Messages that are followed, with their sending. */
  readonly #open = new Map<string, string>();
  readonly #stop: () => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(sendings: Sendings, parts: TrackerParts) {
    this.#sendings = sendings;
    this.#parts = parts;
    this.#stop = parts.events.on(({ name, fields }) => {
      if (!name.startsWith('queue.') || !('message' in fields) || !this.#open.has(String(fields.message))) return;
      if (name === 'queue.attempt') {
        const { message, recipients } = fields as EventFields<'queue.attempt'>;
        for (const one of recipients)
          this.#note(message, one, { state: 'sending', text: '', nextAt: 0, finishedAt: 0 });
      } else if (name === 'queue.delivered') this.#ended('sent', fields as EventFields<'queue.delivered'>);
      else if (name === 'queue.failed') this.#ended('failed', fields as EventFields<'queue.failed'>);
      else if (name === 'queue.deferred') {
        const { message, recipient, text, nextAttempt } = fields as EventFields<'queue.deferred'>;
        this.#note(message, recipient, { state: 'waiting', text, nextAt: nextAttempt, finishedAt: 0 });
      } else if (name === 'queue.rerouted') {
        const { message, recipient, to } = fields as EventFields<'queue.rerouted'>;
        this.#write(message, () => this.#sendings.rename(message, recipient, to));
      }
    });
  }

  follow({ id }: Pick<Sending, 'id'>, rows: readonly Pick<SendingRecipient, 'message'>[]): void {
    for (const { message } of rows) this.#open.set(message, id);
    this.tell(id);
  }

  /** What the queue knows of all that is open. */
  async recover(): Promise<void> {
    for (const { message, sending } of this.#sendings.openMessages()) {
      this.#open.set(message, sending);
      const entry = this.#parts.queue.show(message);
      for (const { address, state, text = '', nextAttempt, finishedAt = 0 } of entry?.recipients ?? []) {
        const ended = state === 'delivered' || state === 'failed';
        const now: SendingState = state === 'delivered' ? 'sent' : state === 'failed' ? failedAs(text) : 'waiting';
        const change = { state: now, text, nextAt: ended ? 0 : nextAttempt, finishedAt: ended ? finishedAt || 1 : 0 };
        await this.#sendings.note(message, address, change);
      }
      if (!entry) await this.lost([message]);
    }
  }

  /** Messages that are not in the queue, and whose end was not seen. */
  async lost(messages: readonly string[]): Promise<void> {
    const text = 'It is not known how this ended: the box stopped in that moment. The log of mail may tell.';
    for (const message of messages) {
      const finishedAt = this.#parts.clock.now();
      await this.#sendings.note(message, undefined, { state: 'failed', text, nextAt: 0, finishedAt });
      this.#open.delete(message);
    }
  }

  async cancel(id: string): Promise<void> {
    for (const { message } of this.#sendings.openMessages(id)) {
      if ((await this.#parts.queue.cancel(message, cancelReason)) === 'missing') await this.lost([message]);
    }
    this.tell(id);
  }

  tell(sending: string): void {
    this.#parts.events.emit('sending.changed', { sending });
  }

  async settled(): Promise<void> {
    await this.#last;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#last;
  }

  #ended(
    state: 'sent' | 'failed',
    { message, recipient, text }: { message: string; recipient: string; text: string },
  ): void {
    const finishedAt = this.#parts.clock.now();
    this.#note(message, recipient, { state: state === 'failed' ? failedAs(text) : state, text, nextAt: 0, finishedAt });
  }

  #note(message: string, address: string, change: Change): void {
    this.#write(message, () => this.#sendings.note(message, address, change));
  }

  /** In the order of the events; a page is told when it is written down. */
  #write(message: string, work: () => Promise<void>): void {
    const sending = this.#open.get(message)!;
    this.#last = this.#last.then(work).then(
      () => {
        // The queue tells that a message is gone before it tells what became of its last recipient.
        if (!this.#sendings.openMessages(sending).some((one) => one.message === message)) this.#open.delete(message);
        this.tell(sending);
      },
      (error: unknown) => this.#parts.events.emit('box.fault', { where: `fax desk: ${sending}`, error: String(error) }),
    );
  }
}

function failedAs(text: string): 'failed' | 'cancelled' {
  return text === cancelReason ? 'cancelled' : 'failed';
}
