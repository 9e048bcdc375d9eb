import type { Clock, Timer } from '../../lib/clock.ts';

/** A system on trial is watched for so long before it is confirmed. */
export const trialMs = 3 * 60_000;

/**
 * When the running system may say of itself that it is well. One that was confirmed before does so at the first good
 * health check: otherwise somebody who pulls the plug three times in a row quickly would get last year's version. One on
 * trial, just installed, must have been well for three minutes without a break. The time is measured by a timer, since
 * the clock of a box jumps when it learns the time.
 */
export class Confirmation {
  readonly #clock: Clock;
  readonly #onTrial: boolean;
  readonly #confirm: () => Promise<void>;
  #timer: Timer | undefined;
  #state: 'waiting' | 'watched' | 'confirming' | 'confirmed' | 'stopped' = 'waiting';

  /** @param confirm writes it down; called again at the next good check when it throws, once it did not */
  constructor(parts: { readonly clock: Clock; readonly onTrial: boolean; readonly confirm: () => Promise<void> }) {
    this.#clock = parts.clock;
    this.#onTrial = parts.onTrial;
    this.#confirm = parts.confirm;
  }

  get confirmed(): boolean {
    return this.#state === 'confirmed';
  }

  /** Told of each health check. */
  health(well: boolean): void {
    if (this.#state === 'waiting' && well) this.#begin();
    else if (this.#state === 'watched' && !well) this.#break();
  }

  stop(): void {
    this.#timer?.cancel();
    if (this.#state !== 'confirmed') this.#state = 'stopped';
  }

  #begin(): void {
    if (!this.#onTrial) {
      this.#settle();
      return;
    }
    this.#state = 'watched';
    this.#timer = this.#clock.timer(trialMs, () => this.#settle());
  }

  #break(): void {
    this.#timer?.cancel();
    this.#state = 'waiting';
  }

  #settle(): void {
    this.#state = 'confirming';
    const settled = (state: 'confirmed' | 'waiting') => () => {
      if (this.#state === 'confirming') this.#state = state;
    };
    this.#confirm().then(settled('confirmed'), settled('waiting'));
  }
}
