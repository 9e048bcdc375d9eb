import type { Clock, Timer } from '../../lib/clock.ts';

/** A key that must be held for some time. Says so once for each time it is held, while it still is. */
export class Hold {
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #held: () => void;
  #timer: Timer | undefined;
  #isDown = false;

  /** @param holdMs 0: pressing is enough, also by a button that the machine says no more of than that */
  constructor(clock: Clock, holdMs: number, held: () => void) {
    this.#clock = clock;
    this.#holdMs = holdMs;
    this.#held = held;
  }

  press(): void {
    if (this.#isDown) return;
    this.#isDown = true;
    if (this.#holdMs === 0) this.#held();
    else this.#timer = this.#clock.timer(this.#holdMs, this.#held);
  }

  release(): void {
    this.#isDown = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
