import { utimes, writeFile } from 'node:fs/promises';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { EventBus } from '../../lib/events.ts';
import type { Privileged } from '../privileged/operations.ts';
import { KissOfDeath, middleSample, type Sample } from './sntp-client.ts';

export type ClockState = 'trusted' | 'guessed';

export interface TimeStatus {
  readonly state: ClockState;
  /** How much the clock was off at the last answer, ms; undefined while there was none. */
  readonly offsetMs: number | undefined;
  /** Of the last answer, ms since 1970. */
  readonly answeredAt: number | undefined;
  readonly servers: readonly string[];
  /** Why there is no answer; empty when there is. */
  readonly problem: string;
}

export interface TimeParts {
  readonly privileged: Privileged;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly servers: () => readonly string[];
  readonly ask: (server: string) => Promise<Sample>;
  /** Its time of change says at the next start that it is not earlier than that. */
  readonly clockFile: string;
}

/** More than this is set at once, since letting the clock run faster would take too long. */
const stepMs = 500;
/** Less than this is left as it is. */
const leaveMs = 2;
/** Waits while nobody has answered yet: the network may come up late. */
const firstWaitsMs = [2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 120_000, 300_000] as const;
const usualWaitMs = 1024_000;
/** A trusted clock is set at once only when a second look, so much later, says the same. */
const doubtWaitMs = 16_000;
const touchMs = 600_000;
/** Servers that want to be left alone are, for so long. */
const leftAloneMs = 24 * 3_600_000;

/**
 * Keeps the clock of a box: asks several time servers and believes the middle one. Until one has answered the clock is
 * guessed, and nothing may expire by it. On a machine that is no box its clock is trusted and nothing is asked.
 */
export class TimeKeeper {
  readonly #parts: TimeParts;
  #state: ClockState;
  #last: { readonly at: number; readonly offsetMs: number } | undefined;
  #problem = '';
  #unanswered = 0;
  #doubted = false;
  #timer: Timer | undefined;
  #touch: Timer | undefined;
  #touching: Promise<void> = Promise.resolve();
  #stopped = true;
  readonly #leftAlone = new Map<string, number>();

  constructor(parts: TimeParts) {
    this.#parts = parts;
    this.#state = parts.privileged.isBox && parts.servers().length > 0 ? 'guessed' : 'trusted';
  }

  get state(): ClockState {
    return this.#state;
  }

  status(): TimeStatus {
    return {
      state: this.#state,
      offsetMs: this.#last?.offsetMs,
      answeredAt: this.#last?.at,
      servers: this.#parts.servers(),
      problem: this.#problem,
    };
  }

  start(): void {
    if (!this.#parts.privileged.isBox) return;
    this.#stopped = false;
    this.#keepTouching();
    this.#later(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#touch?.cancel();
    await this.#touching;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.timer(delayMs, () => {
      void this.#look().then((waitMs) => this.#later(waitMs));
    });
  }

  /** Told of changed settings, or of a network that has come up. */
  poke(): void {
    this.#unanswered = 0;
    if (this.#state === 'guessed') this.#later(0);
  }

  /** One round. @returns how long to wait for the next, ms. */
  async #look(): Promise<number> {
    const servers = this.#parts.servers();
    if (servers.length === 0) {
      this.#trust(0);
      return usualWaitMs;
    }
    const sample = middleSample(await this.#samples(servers));
    if (!sample)
      return this.#state === 'trusted'
        ? usualWaitMs
        : firstWaitsMs[Math.min(this.#unanswered++, firstWaitsMs.length - 1)]!;
    this.#problem = '';
    this.#unanswered = 0;
    this.#last = { at: this.#parts.clock.now(), offsetMs: sample.offsetMs };
    try {
      return await this.#correct(sample.offsetMs);
    } catch (error) {
      this.#problem = (error as Error).message;
      this.#parts.events.emit('box.fault', { where: 'clock', error: this.#problem });
      return usualWaitMs;
    }
  }

  async #samples(servers: readonly string[]): Promise<Sample[]> {
    const now = this.#parts.clock.now();
    const asked = servers.filter((server) => (this.#leftAlone.get(server) ?? 0) <= now);
    const answers = await Promise.allSettled(asked.map((server) => this.#parts.ask(server)));
    const samples: Sample[] = [];
    answers.forEach((answer, n) => {
      if (answer.status === 'fulfilled') samples.push(answer.value);
      else {
        if (answer.reason instanceof KissOfDeath) this.#leftAlone.set(asked[n]!, now + leftAloneMs);
        this.#problem = `${asked[n]}: ${(answer.reason as Error).message}`;
      }
    });
    return samples;
  }

  async #correct(offsetMs: number): Promise<number> {
    const { privileged } = this.#parts;
    const far = Math.abs(offsetMs) > stepMs;
    if (far && this.#state === 'trusted' && !this.#doubted) {
      this.#doubted = true;
      return doubtWaitMs;
    }
    this.#doubted = false;
    if (far) await privileged.run('clock.step', { byMs: Math.round(offsetMs) });
    else if (Math.abs(offsetMs) >= leaveMs) await privileged.run('clock.slew', { byMs: offsetMs });
    this.#trust(offsetMs);
    return usualWaitMs;
  }

  #trust(offsetMs: number): void {
    if (this.#state === 'trusted') return;
    this.#state = 'trusted';
    this.#parts.events.emit('clock.changed', { state: 'trusted', offsetMs: Math.round(offsetMs) });
  }

  #keepTouching(): void {
    this.#touching = touch(this.#parts.clockFile, this.#parts.clock.now()).catch(() => {});
    this.#touch = this.#parts.clock.timer(touchMs, () => this.#keepTouching());
  }
}

async function touch(file: string, now: number): Promise<void> {
  try {
    await utimes(file, now / 1000, now / 1000);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await writeFile(file, '');
  }
}
