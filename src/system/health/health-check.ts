import { type Clock, type Timer, withTimeout } from '../../lib/clock.ts';
import type { EventBus } from '../../lib/events.ts';

/** One thing that must work for the box to be well. */
export interface Probe {
  readonly name: string;
  /** @throws Shortage, or any other error when it does not work; its message is shown to people */
  run(): Promise<void>;
}

/** Something is used up, such as the disk: the box does its best, and starting it again would not help. */
export class Shortage extends Error {
  override readonly name = 'Shortage';
}

/** `short`: something is used up. `unwell`: something does not work. */
export type HealthState = 'well' | 'short' | 'unwell';

export interface HealthReport {
  /** ms since 1970. */
  readonly at: number;
  readonly state: HealthState;
  /** What is wrong; empty when nothing is. */
  readonly reasons: readonly { readonly probe: string; readonly reason: string }[];
}

/** A probe that says nothing for so long has failed. */
const probeTimeMs = 10_000;

/** Looks whether all parts do their work. One look at a time: who asks meanwhile gets the same. */
export class HealthCheck {
  readonly #clock: Clock;
  readonly #events: EventBus;
  readonly #probes: () => readonly Probe[];
  #looking: Promise<HealthReport> | undefined;
  #last: HealthReport | undefined;
  #timer: Timer | undefined;

  constructor(parts: { readonly clock: Clock; readonly events: EventBus; readonly probes: () => readonly Probe[] }) {
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#probes = parts.probes;
  }

  /** The last look; undefined before the first. */
  get last(): HealthReport | undefined {
    return this.#last;
  }

  /** Looks now. Never throws. */
  check(): Promise<HealthReport> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks again and again, `pauseMs` after the end of the former look. */
  start(pauseMs: number): void {
    const again = (): void => {
      this.#timer = this.#clock.timer(pauseMs, () => void this.check().then(() => this.#timer && again()));
    };
    again();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #look(): Promise<HealthReport> {
    const found = await Promise.all(this.#probes().map((probe) => this.#tried(probe)));
    const wrong = found.filter((one) => one !== undefined);
    const state = wrong.length === 0 ? 'well' : wrong.every(({ short }) => short) ? 'short' : 'unwell';
    const reasons = wrong.map(({ probe, reason }) => ({ probe, reason }));
    const before = this.#last;
    this.#last = { at: this.#clock.now(), state, reasons };
    const words = (report: HealthReport | undefined): string => JSON.stringify(report?.reasons ?? []);
    if ((before?.state ?? 'well') !== state || words(before) !== words(this.#last)) {
      this.#events.emit('health.changed', {
        state,
        reasons: reasons.map(({ probe, reason }) => `${probe}: ${reason}`),
      });
    }
    return this.#last;
  }

  async #tried(probe: Probe): Promise<{ probe: string; reason: string; short: boolean } | undefined> {
    try {
      await withTimeout(this.#clock, probeTimeMs, 'it', probe.run());
      return undefined;
    } catch (error) {
      return { probe: probe.name, reason: (error as Error).message, short: error instanceof Shortage };
    }
  }
}
