/**
 * Bits of what is pushed in chunks. The `bits` lowest bits of `window` were taken from the chunk and not used yet, at most
 * 24; above them stand those used last. The loops that read codes keep copies of the fields and write them back.
 */
export class BitReader {
  chunk: Uint8Array = new Uint8Array(0);
  at = 0;
  window = 0;
  bits = 0;

  /** @param chunk the next bytes; those before it are in the window */
  feed(chunk: Uint8Array): void {
    this.chunk = chunk;
    this.at = 0;
  }

  /** Takes bytes into the window as long as one fits. @returns whether it holds `wanted` bits, at most 17 */
  fill(wanted: number): boolean {
    for (; this.bits <= refillBits && this.at < this.chunk.length; this.bits += 8)
      this.window = (this.window << 8) | this.chunk[this.at++]!;
    return this.bits >= wanted;
  }

  /** The next `count` bits, which are in the window. */
  peek(count: number): number {
    return (this.window >>> (this.bits - count)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.bits -= count;
  }

  /** Reads zeros, as many as are in the window. @returns how many; when no one ended them, the window is empty */
  zeros(): number {
    if (this.bits === 0) return 0;
    const found = Math.min(Math.clz32(this.window << (32 - this.bits)), this.bits);
    this.bits -= found;
    return found;
  }
}

/** Bytes are read as long as no more bits wait; then eight bits that were used stay above them in the window. */
export const refillBits = 16;
