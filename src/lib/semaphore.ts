/** Lets `limit` tasks run at one time; others wait for their turn, in order. */
export class Semaphore {
  readonly #limit: () => number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param limit asked whenever a task would begin, so that changes count at once. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Tasks that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The place is handed on, or given back.
      const next = this.#running <= this.#limit() ? this.#waiting.shift() : undefined;
      if (next) next();
      else this.#running--;
    }
  }
}
