import type { PageCoding } from '../fax/page-coding.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import { control } from './framing.ts';
import { type InputEvent, ModemInput } from './input.ts';
import type { ModemPort } from './port.ts';
import { type Final, parseReply, type Reply } from './reply.ts';
import type { Transcript } from './transcript.ts';
import type { WaitName, Waits } from './waits.ts';

/** What a phase reads: the modem's words, or why none come. */
export type LinkEvent =
  | Reply
  | Exclude<InputEvent, { kind: 'line' }>
  | { readonly kind: 'silence' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'aborted' };

/**
 * How a command ended. `hung-up`: the modem reported the end of the call, see `CallReports.hangUpCode`. `silence`,
 * `closed` and `aborted` are not the modem's words: nothing came in time, the port is gone, we were asked to stop.
 */
export type Ending = Final | 'hung-up' | 'silence' | 'closed' | 'aborted';

/** What the modem reported since `startReports`. */
export interface CallReports {
  connected: boolean;
  voice: boolean;
  station: string;
  capabilities: string | undefined;
  agreed: string | undefined;
  pageStatus: number | undefined;
  postPage: number | undefined;
  hangUpCode: string | undefined;
  /** RING came: somebody calls. */
  rang: boolean;
}

/** Events that wait to be read; a modem that floods us loses what is more. */
const eventLimit = 5000;
/** Lines of answer kept of one command. */
const answerLines = 50;

/**
 * The talk with one modem: writes commands, reads all that comes through the one parser, waits by name. It knows AT
 * commands and reports, and nothing of the phases of a call.
 */
export class ModemLink {
  readonly waits: Waits;
  readonly clock: Clock;
  readonly transcript: Transcript;
  /** Stops what is under way; reads answer `aborted` as long as it is set and aborted. */
  signal: AbortSignal | undefined;
  reports: CallReports = noReports();

  readonly #port: ModemPort;
  readonly #input: ModemInput;
  #events: LinkEvent[] = [];
  /** Events but page data that came since all had been read. */
  #unread = 0;
  #wake: (() => void) | undefined;
  #closed = false;
  #lastCommand = '';

  constructor(options: { port: ModemPort; clock: Clock; waits: Waits; transcript: Transcript }) {
    this.#port = options.port;
    this.clock = options.clock;
    this.waits = options.waits;
    this.transcript = options.transcript;
    this.#input = new ModemInput((event) => this.#take(event));
    this.#port.onBytes((bytes) => this.#input.push(bytes));
    this.#port.onClosed(() => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  startReports(): void {
    this.reports = noReports();
  }

  /** The next event; `silence` after `waitMs`. */
  async read(waitMs: number): Promise<LinkEvent> {
    const deadline = this.clock.now() + waitMs;
    for (;;) {
      if (this.signal?.aborted) return { kind: 'aborted' };
      const event = this.#events.shift();
      if (event) {
        if (this.#events.length === 0) this.#unread = 0;
        this.#note(event);
        return event;
      }
      if (this.#closed) return { kind: 'closed' };
      const leftMs = deadline - this.clock.now();
      if (leftMs <= 0) return { kind: 'silence' };
      await this.#woken(leftMs);
    }
  }

  /** Sends `AT…` and waits for its end. What came before is read first: a call that has ended is not talked to. */
  async command(body: string, wait: WaitName = 'command'): Promise<Ending> {
    await this.#settle();
    if (this.signal?.aborted) return 'aborted';
    this.#readWaiting();
    if (this.reports.hangUpCode !== undefined) return 'hung-up';
    await this.#say(`AT${body}`);
    return (await this.ending(this.waits[wait])).ending;
  }

  /** As `command`, with the lines that came before its end. */
  async ask(body: string): Promise<{ ending: Ending; lines: string[] }> {
    await this.#settle();
    this.#readWaiting();
    await this.#say(`AT${body}`);
    return this.ending(this.waits.command);
  }

  /** Reads until a final result. */
  async ending(waitMs: number): Promise<{ ending: Ending; lines: string[] }> {
    let deadline = this.clock.now() + waitMs;
    const lines: string[] = [];
    for (;;) {
      const hadHungUp = this.reports.hangUpCode !== undefined;
      const event = await this.read(deadline - this.clock.now());
      const hungUp = this.reports.hangUpCode !== undefined;
      switch (event.kind) {
        case 'final':
          return { ending: hungUp ? 'hung-up' : event.final, lines };
        case 'silence':
          return { ending: hungUp ? 'hung-up' : 'silence', lines };
        case 'closed':
        case 'aborted':
          return { ending: event.kind, lines };
        case 'info':
          if (lines.length < answerLines) lines.push(event.text);
          break;
        default:
          if (hungUp && !hadHungUp) deadline = this.clock.now() + this.waits.afterHangUp;
      }
    }
  }

  /** Sends octets that are neither command nor page. */
  async sendControl(...bytes: number[]): Promise<void> {
    this.transcript.control('H', bytes);
    await this.#write(Uint8Array.from(bytes));
  }

  /**
   * Sends page data. Input is read all the while: `interrupted` when the modem says that the call is over or wants no
   * more. `stalled` when flow control holds us too long.
   */
  async sendData(bytes: Uint8Array): Promise<'sent' | 'interrupted' | 'stalled'> {
    if (this.#interrupted()) return 'interrupted';
    this.transcript.data('H', bytes);
    let state: 'waiting' | 'sent' | 'failed' = 'waiting';
    const settled = (result: 'sent' | 'failed') => (): void => {
      state = result;
      this.#wake?.();
    };
    this.#port.write(bytes).then(settled('sent'), settled('failed'));
    const deadline = this.clock.now() + this.waits.writeStall;
    for (;;) {
      if (this.#interrupted()) return 'interrupted';
      // A write that fails means a port that closes, which is told as such.
      if (state !== 'waiting') return state === 'sent' ? 'sent' : 'interrupted';
      const leftMs = deadline - this.clock.now();
      if (leftMs <= 0) return 'stalled';
      await this.#woken(leftMs);
    }
  }

  /** Page data follow the next CONNECT. @param coding as last agreed on */
  expectPage(coding: PageCoding): void {
    this.#input.pageExpected = true;
    this.#input.coding = coding;
  }

  /** No page comes, or no more of it: what follows is lines. */
  leavePage(): void {
    this.#input.pageExpected = false;
    this.#input.leavePage();
  }

  async flush(): Promise<void> {
    if (!this.#closed) await this.#port.flush().catch(() => {});
  }

  /** Drops DTR for as long as a modem needs to notice, and raises it. */
  async toggleDtr(): Promise<void> {
    for (const on of [false, true]) {
      if (this.#closed) return;
      await this.#port.setDtr(on).catch(() => {});
      await sleep(this.clock, this.waits.dtr);
    }
  }

  async close(): Promise<void> {
    await this.#port.close();
    this.#closed = true;
    this.#wake?.();
  }

  #take(event: InputEvent): void {
    if (event.kind === 'page-bytes') this.transcript.data('M', event.bytes);
    else if (event.kind === 'page-end') this.transcript.line('M', event.lost ? '<page broke off>' : '<DLE><ETX>');
    else if (event.kind === 'line') this.transcript.line('M', event.text);
    else this.transcript.control('M', [event.kind === 'xon' ? control.XON : control.CAN]);
    // A modem that echoes says our command before its answer.
    if (event.kind === 'line' && event.text === this.#lastCommand) return;
    // Page data are always being read when they come; how many pieces they come in means nothing.
    if (event.kind !== 'page-bytes' && ++this.#unread > eventLimit) return;
    this.#events.push(event.kind === 'line' ? parseReply(event.text) : event);
    this.#wake?.();
  }

  #note(event: LinkEvent): void {
    const reports = this.reports;
    switch (event.kind) {
      case 'connected':
        reports.connected = true;
        break;
      case 'voice':
        reports.voice = true;
        break;
      case 'ring':
        reports.rang = true;
        break;
      case 'station':
        reports.station = event.id;
        break;
      case 'capabilities':
        reports.capabilities = event.vector;
        break;
      case 'agreed':
        reports.agreed = event.vector;
        break;
      case 'page-status':
        reports.pageStatus = event.status;
        break;
      case 'post-page':
        reports.postPage = event.message;
        break;
      case 'hang-up':
        reports.hangUpCode = event.code;
        break;
      default:
    }
  }

  /** Reads what stands in the queue and belongs to no command: late answers, reports between commands. */
  #readWaiting(): void {
    for (const event of this.#events) this.#note(event);
    this.#events = [];
    this.#unread = 0;
  }

  #interrupted(): boolean {
    if (this.#closed || this.signal?.aborted) return true;
    return this.#events.some(
      (event) =>
        event.kind === 'hang-up' || event.kind === 'can' || (event.kind === 'final' && event.final === 'no-carrier'),
    );
  }

  async #settle(): Promise<void> {
    if (this.waits.settle > 0) await sleep(this.clock, this.waits.settle);
  }

  async #say(text: string): Promise<void> {
    this.#lastCommand = text;
    this.transcript.line('H', text);
    await this.#write(Buffer.from(`${text}\r`, 'latin1'));
  }

  /** A port that does not take a few bytes in time, or fails, shows itself by the answer that does not come. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return;
    let done = false;
    const settled = (): void => {
      done = true;
      this.#wake?.();
    };
    this.#port.write(bytes).then(settled, settled);
    const deadline = this.clock.now() + this.waits.command;
    while (!done && !this.#closed && this.clock.now() < deadline) await this.#woken(deadline - this.clock.now());
  }

  /** Resolves when something happened, or after `waitMs`. */
  #woken(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const { signal } = this;
      const timer = this.clock.timer(waitMs, done);
      signal?.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}

function noReports(): CallReports {
  return {
    connected: false,
    voice: false,
    station: '',
    capabilities: undefined,
    agreed: undefined,
    pageStatus: undefined,
    postPage: undefined,
    hangUpCode: undefined,
    rang: false,
  };
}
