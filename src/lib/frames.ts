/**
 * What is spoken between the program and the helpers that one connection starts (privileged operations, document
 * converters), each direction alike but for the order: a request is one line of JSON and then frames, an answer is frames
 * and then one line of JSON. A frame is a length (four octets, network order) and so many octets; a length of zero ends
 * them, so that both sides know the end without closing the connection.
 */

/** Longest line, octets: twenty keys of 8 kB in a request. */
export const lineLimit = 256 * 1024;
/** Longest frame, octets. */
export const frameLimit = 1024 * 1024;

export const endOfFrames: Uint8Array = new Uint8Array(4);

export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** Content as frames, pieces longer than a frame cut; without the end. */
export function* frames(chunk: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < chunk.length; start += frameLimit) {
    const piece = chunk.subarray(start, start + frameLimit);
    const frame = Buffer.alloc(4 + piece.length);
    frame.writeUInt32BE(piece.length);
    frame.set(piece, 4);
    yield frame;
  }
}

/** Takes lines and frames from octets in any pieces. Holds at most one line or frame and one piece. */
export class FrameReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** One line, without its end. @throws FramingError when it is too long, or the other side ends before its end */
  async line(): Promise<string> {
    for (let searched = 0; ; ) {
      const end = this.#held.indexOf(0x0a, searched);
      if (end > lineLimit || (end < 0 && this.#held.length > lineLimit)) throw new FramingError('the line is too long');
      if (end >= 0) return this.#take(end + 1).toString('utf8', 0, end);
      searched = this.#held.length;
      await this.#more();
    }
  }

  /** The frames up to their end. @throws FramingError when one is too long, or the other side ends in the midst */
  async *frames(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      while (this.#held.length < 4) await this.#more();
      const length = this.#take(4).readUInt32BE();
      if (length === 0) return;
      if (length > frameLimit) throw new FramingError('the frame is too long');
      while (this.#held.length < length) await this.#more();
      yield this.#take(length);
    }
  }

  /** Waits for the next octet. @returns false when the other side has ended instead */
  async hasMore(): Promise<boolean> {
    while (this.#held.length === 0) {
      const next = await this.#source.next();
      if (next.done) return false;
      this.#held = Buffer.from(next.value);
    }
    return true;
  }

  /** Reads on until the other side has ended, and keeps nothing. */
  async discard(): Promise<void> {
    while (!(await this.#source.next()).done) this.#held = Buffer.alloc(0);
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw new FramingError('the other side went away');
    this.#held = this.#held.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#held, next.value]);
  }
}
