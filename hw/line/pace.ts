import type { Clock } from '../../src/lib/clock.ts';

/**
 * Time of the telephone network. What the network and the machines on it take (dialling, ringing, training, pages) is
 * divided by the speed factor; guard times that wait for a program on a modem are not, since programs do not run faster.
 */
export class Pace {
  readonly clock: Clock;
  readonly speedFactor: number;

  constructor(clock: Clock, speedFactor: number) {
    if (!(speedFactor > 0)) throw new RangeError('the speed factor is a positive number');
    this.clock = clock;
    this.speedFactor = speedFactor;
  }

  /** `networkMs` as it passes on this exchange; never less than `floorMs`, nor more than `networkMs`. */
  scaled(networkMs: number, floorMs = 0): number {
    return Math.min(networkMs, Math.max(networkMs / this.speedFactor, floorMs));
  }

  /** Resolves after the network took its time, or when `signal` aborts: the caller looks which. */
  wait(networkMs: number, signal?: AbortSignal, floorMs = 0): Promise<void> {
    return delay(this.clock, this.scaled(networkMs, floorMs), signal);
  }
}

/** Resolves after `delayMs` or when `signal` aborts, whichever is first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const done = (): void => {
    timer.cancel();
    signal?.removeEventListener('abort', done);
    resolve();
  };
  const timer = clock.timer(delayMs, done);
  signal?.addEventListener('abort', done, { once: true });
  return promise;
}
