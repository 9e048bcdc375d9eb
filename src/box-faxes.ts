import type { FaxArchive } from './fax-archive/fax-archive.ts';
import type { EventBus } from './lib/events.ts';
import { Header, readHeaderBlock } from './mail/header.ts';
import type { Queue } from './queue/queue.ts';
import type { QueueEntry } from './queue/view.ts';

export interface BoxFaxesParts {
  readonly archive: FaxArchive;
  readonly queue: Pick<Queue, 'list' | 'show' | 'content'>;
  readonly events: EventBus;
}

/** Messages of the queue looked at in one step. */
const step = 500;

/**
 * Keeps the archive true to the queue: a fax is in it from the moment when its message is accepted, and is settled when the
 * queue gave it up by itself (cancelled, too old, a number that is refused now). What a crash left is found at the start.
 */
export class BoxFaxes {
  readonly #parts: BoxFaxesParts;
  #work: Promise<void> = Promise.resolve();
  #stopListening: (() => void) | undefined;

  constructor(parts: BoxFaxesParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopListening = this.#parts.events.on(({ name, fields }) => {
      if (name === 'queue.accepted' && fields.recipients.every((one) => !isFax(one))) return;
      if (name === 'queue.rerouted')
        this.#then(() => this.#look(fields.message, `It is sent to ${fields.to} in its place.`));
      if (name === 'queue.accepted' || name === 'queue.failed' || name === 'queue.done')
        this.#then(() => this.#look(fields.message));
    });
    this.#then(() => this.#lookAtAll());
  }

  async stop(): Promise<void> {
    this.#stopListening?.();
    await this.#work;
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#parts.events.emit('box.fault', { where: 'fax archive and queue', error: String(error) });
    });
  }

  async #lookAtAll(): Promise<void> {
    const { archive, queue } = this.#parts;
    for (let after: string | undefined; ; ) {
      const { entries, next } = queue.list({ limit: step, ...(after && { after }) });
      for (const entry of entries) await this.#take(entry);
      if (next === undefined) break;
      after = next;
    }
    for (const message of new Set(archive.underWay().map((fax) => fax.message))) await this.#look(message);
  }

  /** @param gone what to say of a fax that the queue has no more */
  async #look(message: string, gone = ''): Promise<void> {
    const { archive, queue } = this.#parts;
    const entry = queue.show(message);
    if (entry) await this.#take(entry);
    for (const fax of archive.underWay().filter((one) => one.message === message)) {
      const recipient = entry?.recipients.find(({ id }) => id === fax.id);
      if (recipient && recipient.state !== 'failed' && recipient.state !== 'delivered') continue;
      const text = recipient?.text ?? (gone || fax.text);
      const state = recipient?.state === 'delivered' ? 'sent' : 'failed';
      await archive.settle(fax.id, state, { text: text || 'It left the queue before it could be sent.' });
    }
  }

  /** Its faxes are under way. */
  async #take({ id: message, account, reversePath, acceptedAt, recipients }: QueueEntry): Promise<void> {
    const { archive, queue } = this.#parts;
    for (const { id, agent, address, destination, state } of recipients) {
      if (agent !== 'fax' || state === 'delivered' || state === 'failed' || archive.get(id)) continue;
      const header = Header.parse(await readHeaderBlock(queue.content(message)));
      const subject = header.text('Subject') ?? '';
      const sender = account ?? reversePath;
      await archive.begin({ id, number: destination, address, sender, subject, message, startedAt: acceptedAt });
    }
  }
}

function isFax(address: string): boolean {
  return /@fax(?:-|$)/i.test(address);
}
