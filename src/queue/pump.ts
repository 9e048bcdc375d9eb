import type { Clock, Timer } from '../lib/clock.ts';

/** Wait after the work failed. */
const troubleWaitMs = 5000;

/**
 * Runs a piece of work when it is poked and when the time comes that the work named last; once for all pokes of one turn.
 * Work that throws is told of and tried again: a database that cannot be read for a moment must not end the program.
 */
export class Pump {
  readonly #clock: Clock;
  readonly #work: () => number | undefined;
  readonly #failed: (error: unknown) => void;
  #running = false;
  #planned = false;
  #timer: Timer | undefined;

  /** @param work returns when it wants to run again at the latest, in ms since the epoch. */
  constructor(clock: Clock, work: () => number | undefined, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#work = work;
    this.#failed = failed;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Poked, and not come to it yet. */
  get planned(): boolean {
    return this.#running && this.#planned;
  }

  start(): void {
    this.#running = true;
    this.poke();
  }

  /** There may be something to do. */
  poke(): void {
    if (!this.#running || this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#run();
    });
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  #run(): void {
    if (!this.#running) return;
    const next = this.#next();
    this.#timer?.cancel();
    // At least a millisecond: work that names a time gone by must not run in a circle.
    const waitMs = Math.max((next ?? 0) - this.#clock.now(), 1);
    this.#timer = next === undefined ? undefined : this.#clock.timer(waitMs, () => this.#run());
  }

  #next(): number | undefined {
    try {
      return this.#work();
    } catch (error) {
      this.#failed(error);
      return this.#clock.now() + troubleWaitMs;
    }
  }
}

/** The earliest of some times. */
export function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
