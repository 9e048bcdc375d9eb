import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';

/** Live pages at one time; a browser beyond that is told to come later. */
const pagesLimit = 50;
/** Events are gathered for so long before the pages are told: a burst costs one message. */
const gatherMs = 100;
/** Events in one message; of a burst beyond that the pages only hear that there were more. */
const eventsLimit = 200;
/** A page that does not keep up with so many bytes is let go. */
const backlogLimitBytes = 1024 * 1024;

/** What a page is told: events in their order, and how many were left out. */
export interface Tidings {
  readonly events: readonly BoxEvent[];
  readonly missed: number;
}

/** The events of the box, passed on to the pages that are open. */
export class Live {
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  readonly #clock: Clock;
  readonly #stopListening: () => void;
  readonly #pages = new Map<WebSocket, { readonly session: string; readonly isOpen: () => boolean }>();
  #gathered: BoxEvent[] = [];
  #missed = 0;
  #pending: Timer | undefined;

  constructor(events: EventBus, clock: Clock) {
    this.#clock = clock;
    this.#stopListening = events.on((event) => this.#noticed(event));
  }

  get isFull(): boolean {
    return this.#sockets.clients.size >= pagesLimit;
  }

  /**
   * @param session that the page belongs to; it ends with it
   * @param isOpen whether that session is still open: time ends one without anybody's doing
   */
  take(request: IncomingMessage, socket: Duplex, head: Buffer, session: string, isOpen: () => boolean): void {
    this.#sockets.handleUpgrade(request, socket, head, (page) => {
      this.#pages.set(page, { session, isOpen });
      page.on('close', () => this.#pages.delete(page));
      page.on('error', () => page.terminate());
      // Nothing is asked of the box this way.
      page.on('message', () => page.terminate());
    });
  }

  /** A session is over: its pages hear nothing more. */
  end(session: string): void {
    for (const [page, one] of this.#pages) if (one.session === session) page.terminate();
  }

  close(): void {
    this.#stopListening();
    this.#pending?.cancel();
    for (const page of this.#sockets.clients) page.terminate();
  }

  #noticed(event: BoxEvent): void {
    if (this.#sockets.clients.size === 0 || event.name.startsWith('session.')) return;
    if (this.#gathered.length < eventsLimit) this.#gathered.push(event);
    else this.#missed++;
    this.#pending ??= this.#clock.timer(gatherMs, () => {
      this.#pending = undefined;
      const tidings: Tidings = { events: this.#gathered, missed: this.#missed };
      this.#gathered = [];
      this.#missed = 0;
      const text = JSON.stringify(tidings);
      for (const [page, { isOpen }] of this.#pages) {
        if (isOpen()) tell(page, text);
        else page.terminate();
      }
    });
  }
}

function tell(page: WebSocket, text: string): void {
  if (page.bufferedAmount > backlogLimitBytes) page.terminate();
  else page.send(text);
}
