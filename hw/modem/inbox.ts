/** Bytes a DTE may send on while the modem holds it. */
const limitBytes = 1024 * 1024;

/** What the DTE sent and the modem has not taken yet, in order. */
export class Inbox {
  readonly #take: (bytes: Uint8Array) => number;
  readonly #overrun: () => void;
  #waiting: { bytes: Uint8Array; readonly done: () => void }[] = [];
  #waitingBytes = 0;
  #pumping = false;

  /**
   * @param take says how many of these bytes the modem took; 0 holds the DTE until `pump`
   * @param overrun told when the DTE did not heed that
   */
  constructor(take: (bytes: Uint8Array) => number, overrun: () => void) {
    this.#take = take;
    this.#overrun = overrun;
  }

  /** Resolves when the modem has taken the bytes. */
  receive(bytes: Uint8Array): Promise<void> {
    if (this.#waitingBytes + bytes.length > limitBytes) {
      this.#overrun();
      return Promise.reject(new Error('the modem holds the data; flow control was ignored'));
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waitingBytes += bytes.length;
    this.#waiting.push({ bytes, done: resolve });
    this.pump();
    return promise;
  }

  /** Throws away what waits. */
  flush(): void {
    const dropped = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { done } of dropped) done();
  }

  /** Offers what waits to the modem, as its mode may have changed. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const taken = this.#take(first.bytes);
      this.#waitingBytes -= taken;
      first.bytes = first.bytes.subarray(taken);
      if (first.bytes.length === 0) {
        if (this.#waiting[0] === first) this.#waiting.shift();
        first.done();
      } else if (taken === 0) break;
    }
    this.#pumping = false;
  }
}
