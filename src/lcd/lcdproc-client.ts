import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { Size } from './frame.ts';
import { type KeyName, LcdSession, type Picture } from './lcdproc-session.ts';

/** Waits between attempts to reach LCDd: it starts later than the program, and again after each unplugging. */
const retryWaitsMs = [1000, 2000, 5000, 10_000];
/** LCDd answers within a few milliseconds; one that does not has lost its display. */
const answerLimitMs = 10_000;
/** No line of LCDd is longer. */
const lineLimitBytes = 1024;
/** The last picture has so long to arrive when the program stops. */
const farewellMs = 1000;
/** LCDd draws eight times a second: what it was told a moment before its client leaves is never seen. */
const drawnMs = 300;

export interface LcdprocClientParts {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly events: EventBus;
  /** The display is there, at first and after each loss. */
  readonly ready: (size: Size) => void;
  readonly lost: () => void;
  readonly key: (key: KeyName) => void;
}

/**
 * Keeps one session with LCDd, for as long as the program runs. Without LCDd it says so once (`lcd.absent`) and keeps
 * looking for it with growing waits; nothing else depends on it.
 */
export class LcdprocClient {
  readonly #parts: LcdprocClientParts;
  #socket: Socket | undefined;
  #session: LcdSession | undefined;
  #retry: Timer | undefined;
  #answerLimit: Timer | undefined;
  #attempts = 0;
  /** It was told that there is no LCDd, or that it went. */
  #absenceTold = false;
  #ready = false;
  #settled: (() => void) | undefined;
  #gone: (() => void) | undefined;
  #stopped = false;

  constructor(parts: LcdprocClientParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#connect();
  }

  /** Shows nothing while there is no display: `ready` tells when to draw. */
  show(picture: Picture): void {
    this.#session?.show(picture);
    this.#watchAnswers();
  }

  /** Lets the last picture arrive and be drawn, then hangs up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    if (this.#ready && this.#session?.waiting) {
      await new Promise<void>((resolve) => {
        const limit = this.#parts.clock.timer(farewellMs, resolve);
        this.#settled = () => {
          limit.cancel();
          resolve();
        };
      });
    }
    if (this.#ready) await this.#left(drawnMs);
    this.#answerLimit?.cancel();
    this.#socket?.destroy();
  }

  /** Resolves after `ms`, or when LCDd is gone. */
  #left(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.#parts.clock.timer(ms, resolve);
      this.#gone = () => {
        limit.cancel();
        resolve();
      };
    });
  }

  #connect(): void {
    const { host, port } = this.#parts;
    const socket = connect({ host, port, keepAlive: true, noDelay: true });
    this.#socket = socket;
    let reason = 'LCDd closed the connection';
    let rest = Buffer.alloc(0);
    const session = new LcdSession({
      send: (text) => void socket.write(text, 'latin1'),
      ready: (size) => this.#becameReady(size),
      key: this.#parts.key,
      refused: (command, why) => {
        // Never the text: it may be a password.
        const what = command.split(' ', 3).join(' ');
        this.#parts.events.emit('lcd.refused', { command: what, reason: why });
      },
    });
    this.#session = session;
    socket.on('connect', () => {
      session.open();
      this.#watchAnswers();
    });
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = rest.toString('latin1', 0, end).replace(/\r$/, '');
        rest = rest.subarray(end + 1);
        session.received(line);
      }
      if (rest.length > lineLimitBytes) socket.destroy(new Error('this is not LCDd: a line without end'));
      this.#answerLimit?.cancel();
      this.#answerLimit = undefined;
      this.#watchAnswers();
      if (!session.waiting) this.#settled?.();
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#lost(reason));
  }

  #becameReady(size: Size): void {
    this.#ready = true;
    this.#attempts = 0;
    this.#absenceTold = true;
    this.#parts.events.emit('lcd.connected', { ...size });
    this.#parts.ready(size);
  }

  /** While answers are to come LCDd has its time for each. */
  #watchAnswers(): void {
    if (!this.#session?.waiting || this.#answerLimit || this.#stopped) return;
    this.#answerLimit = this.#parts.clock.timer(answerLimitMs, () => {
      this.#answerLimit = undefined;
      this.#socket?.destroy(new Error('LCDd does not answer'));
    });
  }

  #lost(reason: string): void {
    this.#answerLimit?.cancel();
    this.#answerLimit = undefined;
    this.#session = undefined;
    this.#settled?.();
    this.#gone?.();
    const { events, clock, host, port } = this.#parts;
    if (this.#ready) {
      this.#ready = false;
      if (!this.#stopped) events.emit('lcd.lost', { reason });
      this.#parts.lost();
    } else if (!this.#absenceTold && !this.#stopped) {
      this.#absenceTold = true;
      events.emit('lcd.absent', { at: `${host}:${port}`, reason });
    }
    if (this.#stopped) return;
    const waitMs = retryWaitsMs[Math.min(this.#attempts++, retryWaitsMs.length - 1)]!;
    this.#retry = clock.timer(waitMs, () => this.#connect());
  }
}
