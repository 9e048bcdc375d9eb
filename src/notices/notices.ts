import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { asciiAddress } from '../mail/address.ts';
import { composeMessage, messageId, type RandomBytes } from '../mail/compose.ts';
import { receivedField } from '../mail/received.ts';
import { type Entrance, SubmitError } from '../queue/types.ts';
import { type Notice, noticeOf } from './notice.ts';

export interface NoticesParts {
  readonly entrance: Entrance;
  /** `from` is what notices come from; `postmaster` gets them and is empty where nobody was named. */
  readonly settings: () => { readonly name: string; readonly from: string; readonly postmaster: string };
  readonly events: EventBus;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: RandomBytes;
}

/** A notice for which there is no room now waits so long before it is handed in again. */
const retryMs = 10 * 60_000;

/** Writes to the postmaster, or to the person concerned, what the box has to say by itself (`noticeOf`): mail as any other, with the null reverse-path. */
export class Notices {
  readonly #parts: NoticesParts;
  readonly #waiting = new Set<Timer>();
  #stopListening = (): void => {};

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopListening = this.#parts.events.on((event) => this.#noticed(event));
  }

  /** What waits for room is not written any more: the log has it. */
  stop(): void {
    this.#stopListening();
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  #noticed(event: BoxEvent): void {
    const notice = noticeOf(event);
    if (notice) void this.#hand(notice, event.name, this.#parts.ids());
  }

  async #hand(notice: Notice, about: string, id: string): Promise<void> {
    const { entrance, settings, events } = this.#parts;
    const to = notice.to ?? settings().postmaster;
    if (to === '') return events.emit('notice.dropped', { about, reason: 'No postmaster is set.' });
    try {
      const accepted = await entrance.submit({
        id,
        source: 'local',
        envelope: { reversePath: '', recipients: [{ address: to }], smtputf8: asciiAddress(to) === undefined },
        content: this.#content(notice, id, to),
      });
      events.emit('notice.sent', { message: accepted.id, about, to });
    } catch (error) {
      if (error instanceof SubmitError && !error.permanent) this.#later(notice, about, id);
      else events.emit('notice.dropped', { about, reason: String(error) });
    }
  }

  #later(notice: Notice, about: string, id: string): void {
    const timer = this.#parts.clock.timer(retryMs, () => {
      this.#waiting.delete(timer);
      void this.#hand(notice, about, id);
    });
    this.#waiting.add(timer);
  }

  async *#content({ subject, text }: Notice, id: string, to: string): AsyncGenerator<Uint8Array> {
    const { name, from } = this.#parts.settings();
    const date = this.#parts.clock.now();
    yield Buffer.from(receivedField({ from: name, by: name, with: 'local', id, at: date }));
    yield* composeMessage(
      {
        from: { name, address: from },
        to: [{ address: to }],
        subject,
        date,
        messageId: messageId(id, name),
        fields: [['Auto-Submitted', 'auto-generated']],
        body: { kind: 'text', text },
      },
      this.#parts.random,
    );
  }
}
