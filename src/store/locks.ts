/** Runs one task after the other, in the order of asking; a task that fails does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}

/**
 * Many may share, or one alone may run, in the order of asking. A sharer must not ask again while it runs: with
 * somebody waiting to be alone in between, both would wait for ever.
 */
export class SharedLock {
  #sharers: Promise<unknown>[] = [];
  #alone: Promise<unknown> = Promise.resolve();

  shared<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#alone.then(task);
    const settled = result.catch(() => {});
    this.#sharers.push(settled);
    void settled.then(() => {
      this.#sharers = this.#sharers.filter((other) => other !== settled);
    });
    return result;
  }

  alone<T>(task: () => Promise<T>): Promise<T> {
    const before = [this.#alone, ...this.#sharers];
    this.#sharers = [];
    const result = Promise.all(before).then(task);
    this.#alone = result.catch(() => {});
    return result;
  }
}

/**
 * One sync for all who wait: whoever asks while a sync runs shares the next one, which begins after the asking and so
 * covers what the asker did before.
 */
export class GroupSync {
  readonly #sync: (path: string) => Promise<void>;
  readonly #running = new Map<string, { now: Promise<void>; next?: Promise<void> }>();

  constructor(sync: (path: string) => Promise<void>) {
    this.#sync = sync;
  }

  sync(path: string): Promise<void> {
    const running = this.#running.get(path);
    if (!running) return this.#start(path);
    running.next ??= running.now.then(
      () => this.#start(path),
      () => this.#start(path),
    );
    return running.next;
  }

  #start(path: string): Promise<void> {
    const entry = { now: this.#sync(path) };
    this.#running.set(path, entry);
    return entry.now.finally(() => {
      if (this.#running.get(path) === entry) this.#running.delete(path);
    });
  }
}

/** File operations under way at one time for one caller; Node's thread pool has four threads. */
const parallelFiles = 8;

/** Runs `work` for every item, a few at a time; results stand in the order of the items. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(parallelFiles, items.length) }, lane));
  for (const one of lanes) if (one.status === 'rejected') throw one.reason;
  return results;
}
