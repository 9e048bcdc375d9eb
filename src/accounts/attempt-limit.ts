import type { Clock } from '../lib/clock.ts';

/**
 * Counts failures by key in a sliding window. The table holds so many keys at most; the key that failed longest ago
 * is forgotten first.
 */
export class AttemptLimit {
  readonly #clock: Clock;
  readonly #mostKeys: number;
  /** Times of failures, oldest first; keys in order of their last failure. */
  readonly #failures = new Map<string, readonly number[]>();

  constructor(clock: Clock, mostKeys: number) {
    this.#clock = clock;
    this.#mostKeys = mostKeys;
  }

  /** How long the key must wait, in ms; 0 when it may try. */
  waitMs(key: string, limit: { readonly attempts: number; readonly window: number }): number {
    const now = this.#clock.now();
    const recent = (this.#failures.get(key) ?? []).filter((at) => at > now - limit.window && at <= now);
    const decisive = recent.at(-limit.attempts);
    return recent.length < limit.attempts || decisive === undefined ? 0 : decisive + limit.window - now;
  }

  fail(key: string, limit: { readonly attempts: number }): void {
    const kept = [...(this.#failures.get(key) ?? []), this.#clock.now()].slice(-limit.attempts);
    this.#failures.delete(key);
    this.#failures.set(key, kept);
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size > this.#mostKeys && oldest !== undefined) this.#failures.delete(oldest);
  }

  /** Takes the last failure back: it was counted before it was known to be none. */
  takeBack(key: string): void {
    const kept = (this.#failures.get(key) ?? []).slice(0, -1);
    if (kept.length > 0) this.#failures.set(key, kept);
    else this.#failures.delete(key);
  }

  get size(): number {
    return this.#failures.size;
  }
}
