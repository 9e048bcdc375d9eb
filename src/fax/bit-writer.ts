/** Puts codes into bytes, the first bit as the most significant of the first byte. Up to 31 bits wait in one word. */
export class BitWriter {
  #bytes = new Uint8Array(64 * 1024);
  #size = 0;
  #waiting = 0;
  #free = 32;

  get sizeBits(): number {
    return this.#size * 8 + 32 - this.#free;
  }

  /** Makes room: `put` does not check. */
  reserve(byteCount: number): void {
    if (this.#size + byteCount <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + byteCount));
    bytes.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = bytes;
  }

  /** The low `length` bits of `code`, at most 31, which has no others. */
  put(code: number, length: number): void {
    const free = this.#free - length;
    if (free > 0) {
      this.#waiting |= code << free;
      this.#free = free;
      return;
    }
    const word = this.#waiting | (code >>> -free);
    const bytes = this.#bytes;
    const size = this.#size;
    bytes[size] = word >>> 24;
    bytes[size + 1] = word >>> 16;
    bytes[size + 2] = word >>> 8;
    bytes[size + 3] = word;
    this.#size = size + 4;
    this.#free = 32 + free;
    this.#waiting = free === 0 ? 0 : code << (32 + free);
  }

  zeros(count: number): void {
    for (let rest = count; rest > 0; rest -= 16) this.put(0, Math.min(rest, 16));
  }

  /** The bytes so far; the last is filled up with zeros. */
  finish(): Uint8Array {
    this.reserve(4);
    for (let shift = 24; this.#free < 32; this.#free = Math.min(this.#free + 8, 32), shift -= 8)
      this.#bytes[this.#size++] = this.#waiting >>> shift;
    return this.#bytes.slice(0, this.#size);
  }
}
