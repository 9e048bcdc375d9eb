/** What `OctetInput.line` answers. */
export type InputLine =
  | { readonly kind: 'line'; readonly octets: Buffer }
  /** The whole line was read and dropped; `start` is its beginning, at most `keptOctets`. */
  | { readonly kind: 'tooLong'; readonly start: Buffer }
  | { readonly kind: 'end' };

/** Octets kept of a line that is too long, to find its tag or verb. */
const keptOctets = 200;

/** The peer went away in the middle of something. */
export class UnexpectedEnd extends Error {
  override readonly name = 'UnexpectedEnd';
}

/**
 * Lines and counted octets out of chunks as they come; how the octets are cut into chunks makes no difference. Holds no
 * more than one chunk and the line asked for. Reads one thing at a time.
 */
export class OctetInput {
  readonly #pull: () => Promise<Uint8Array | undefined>;
  #rest: Buffer = Buffer.alloc(0);

  /** @param pull answers the next chunk, undefined at the end. */
  constructor(pull: () => Promise<Uint8Array | undefined>) {
    this.#pull = pull;
  }

  /** Octets that came and were not asked for yet. */
  get buffered(): number {
    return this.#rest.length;
  }

  /** Forgets what came and was not asked for: nothing said before TLS may count after it (RFC 3501 §6.2.1). */
  clear(): void {
    this.#rest = Buffer.alloc(0);
  }

  /** The next line without its LF or CRLF. What comes before the end without a line end is no line. */
  async line(maxOctets: number): Promise<InputLine> {
    const startOctets = Math.min(maxOctets, keptOctets);
    let kept: Buffer[] = [];
    let length = 0;
    let tooLong = false;
    for (;;) {
      if (this.#rest.length === 0 && !(await this.#more())) return { kind: 'end' };
      const feed = this.#rest.indexOf(10);
      const part = feed < 0 ? this.#rest : this.#rest.subarray(0, feed);
      this.#rest = feed < 0 ? Buffer.alloc(0) : this.#rest.subarray(feed + 1);
      length += part.length;
      if (!tooLong) kept.push(part);
      // One octet more may be the CR.
      if (!tooLong && length > maxOctets + 1) {
        tooLong = true;
        kept = [Buffer.from(Buffer.concat(kept).subarray(0, startOctets))];
      }
      if (feed < 0) continue;
      if (tooLong) return { kind: 'tooLong', start: kept[0]! };
      const line = kept.length === 1 ? kept[0]! : Buffer.concat(kept);
      const octets = line.at(-1) === 13 ? line.subarray(0, -1) : line;
      return octets.length > maxOctets
        ? { kind: 'tooLong', start: octets.subarray(0, startOctets) }
        : { kind: 'line', octets };
    }
  }

  /** The next `count` octets. All must be taken before anything else is asked for: see `CountedOctets.drain`. */
  counted(count: number): CountedOctets {
    return new CountedOctets(count, (most) => this.#take(most));
  }

  async #take(most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && !(await this.#more())) throw new UnexpectedEnd('the connection ended in a literal');
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const chunk = await this.#pull();
      if (chunk === undefined) return false;
      if (chunk.length === 0) continue;
      this.#rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      return true;
    }
  }
}

/** A known number of octets of an `OctetInput`, in chunks as they come. @throws UnexpectedEnd */
export class CountedOctets implements AsyncIterable<Uint8Array> {
  readonly #take: (most: number) => Promise<Uint8Array>;
  #remaining: number;

  constructor(count: number, take: (most: number) => Promise<Uint8Array>) {
    this.#remaining = count;
    this.#take = take;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    while (this.#remaining > 0) {
      const part = await this.#take(this.#remaining);
      this.#remaining -= part.length;
      yield part;
    }
  }

  /** Drops what was not taken. */
  async drain(): Promise<void> {
    while (this.#remaining > 0) this.#remaining -= (await this.#take(this.#remaining)).length;
  }

  async all(): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this) parts.push(part);
    return Buffer.concat(parts);
  }
}
