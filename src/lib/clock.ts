/**
 * Time as a parameter. Everything that waits or stamps takes a `Clock`, so that a week of retries
 * runs in a test in milliseconds (DESIGN §2, promise 5).
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once after `delayMs`. */
  timer(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Longest delay a Node timer takes; a longer wait is cut into pieces. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  timer(delayMs, run) {
    let handle: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(Math.max(remainingMs, 0), longestTimerMs);
      handle = setTimeout(() => (remainingMs > stepMs ? arm(remainingMs - stepMs) : run()), stepMs);
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`. Rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.timer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** What a wait that ran out throws; `what` names the wait, for the transcript. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly what: string;
  constructor(what: string, afterMs: number) {
    super(`${what}: nothing within ${afterMs / 1000} s`);
    this.what = what;
  }
}

/** Settles as `promise` does, or rejects with `TimeoutError` after `delayMs`. */
export function withTimeout<T>(clock: Clock, delayMs: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.timer(delayMs, () => reject(new TimeoutError(what, delayMs)));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
