import type { Clock, Timer } from './clock.ts';

/**
 * A clock that tests move. Timers run in order of their time, those of one instant in order of making; between two
 * timers pending promises are given a turn, so that what a timer starts may set the next one.
 */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  #timers: { at: number; order: number; run: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 5, 9)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  timer(delayMs: number, run: () => void): Timer {
    const entry = { at: this.#now + Math.max(delayMs, 0), order: this.#order++, run };
    this.#timers.push(entry);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== entry);
      },
    };
  }

  /** How many timers wait; a test asserts 0 to see that nothing was left behind. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time by `ms`, running every timer that falls due, also those set on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await turn();
      const next = this.#earliest();
      if (!next || next.at > end) break;
      this.#now = next.at;
      this.#timers = this.#timers.filter((other) => other !== next);
      next.run();
    }
    this.#now = end;
    await turn();
  }

  #earliest(): { at: number; order: number; run: () => void } | undefined {
    return this.#timers.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** Lets promise callbacks and I/O callbacks that are ready run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
