import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { asciiAddress } from '../mail/address.ts';
import { type Body, composeMessage, messageId, type RandomBytes } from '../mail/compose.ts';
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

export type Written = 'sent' | 'dropped' | 'no-room';

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
    if ((await this.write(notice, about, id)) === 'no-room') this.#later(notice, about, id);
  }

  /**
   * Writes a letter. The same id is handed in once, however often it is asked for.
   * @param to empty for the postmaster
   * @returns `no-room` when it may be tried again later
   */
  async write(
    notice: Notice,
    about: string,
    id: string,
    to = notice.to ?? this.#parts.settings().postmaster,
  ): Promise<Written> {
    const { entrance, events } = this.#parts;
    const dropped = (reason: string): Written => {
      events.emit('notice.dropped', { about, reason });
      return 'dropped';
    };
    if (to === '') return dropped('No postmaster is set.');
    try {
      const accepted = await entrance.submit({
        id,
        source: 'local',
        envelope: { reversePath: '', recipients: [{ address: to }], smtputf8: asciiAddress(to) === undefined },
        content: this.#content(notice, id, to),
      });
      events.emit('notice.sent', { message: accepted.id, about, to });
      return 'sent';
    } catch (error) {
      return error instanceof SubmitError && !error.permanent ? 'no-room' : dropped(String(error));
    }
  }

  #later(notice: Notice, about: string, id: string): void {
    const timer = this.#parts.clock.timer(retryMs, () => {
      this.#waiting.delete(timer);
      void this.#hand(notice, about, id);
    });
    this.#waiting.add(timer);
  }

  async *#content({ subject, text, html }: Notice, id: string, to: string): AsyncGenerator<Uint8Array> {
    const { name, from } = this.#parts.settings();
    const date = this.#parts.clock.now();
    const plain = { kind: 'text', text } as const;
    yield Buffer.from(receivedField({ from: name, by: name, with: 'local', id, at: date }));
    yield* composeMessage(
      {
        from: { name, address: from },
        to: [{ address: to }],
        subject,
        date,
        messageId: messageId(id, name),
        fields: [['Auto-Submitted', 'auto-generated']],
        body: html === undefined ? plain : { kind: 'multipart', subtype: 'alternative', parts: [plain, rich(html)] },
      },
      this.#parts.random,
    );
  }
}

function rich(html: string): Body {
  return { kind: 'text', text: html, html: true };
}
