/**
 * Line ends: messages are CRLF on the wire and LF in a Maildir, as Courier and every other Maildir program keep them.
 * Storing turns CRLF into LF, reading turns LF into CRLF. Odd octets come through: a CR alone stays, and CR CR LF is
 * stored as it is. Only an LF alone, which no Internet message may have (RFC 5322 §2.3), is read back as CRLF.
 */

const lf = 10;
const cr = 13;

/** Turns CRLF into LF as chunks pass, and counts both sizes. */
export class LineEndsForStore {
  /** Octets that reading will give. */
  sizeBytes = 0;
  /** Octets in the file. */
  fileBytes = 0;
  /** The last chunk ended in a CR that waits for what follows; before it stood another CR. */
  #held = false;
  #twice = false;
  #lastCr = false;

  async *pass(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      if (chunk.length > 0) yield* this.#counted(this.#push(chunk));
    }
    if (this.#held) yield* this.#counted(Uint8Array.of(cr));
  }

  *#counted(bytes: Uint8Array): Generator<Uint8Array> {
    if (bytes.length === 0) return;
    this.fileBytes += bytes.length;
    this.sizeBytes += bytes.length + countBareLf(bytes, this.#lastCr);
    this.#lastCr = bytes[bytes.length - 1] === cr;
    yield bytes;
  }

  #push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held ? Buffer.concat([Uint8Array.of(cr), chunk]) : Buffer.from(chunk);
    const beforeIsCr = this.#held ? this.#twice : this.#lastCr;
    this.#held = bytes[bytes.length - 1] === cr;
    const end = this.#held ? bytes.length - 1 : bytes.length;
    this.#twice = end > 0 ? bytes[end - 1] === cr : beforeIsCr;
    let to = 0;
    let from = 0;
    for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, at + 1)) {
      const ended = at > 0 && bytes[at - 1] === cr;
      const doubled = at > 1 ? bytes[at - 2] === cr : beforeIsCr;
      if (!ended || doubled) continue;
      to += bytes.copy(bytes, to, from, at - 1);
      from = at;
    }
    to += bytes.copy(bytes, to, from, end);
    return bytes.subarray(0, to);
  }
}

/** Turns LF into CRLF. @param afterCr the octet before the chunk is a CR. */
export function toCrlf(chunk: Uint8Array, afterCr: boolean): Uint8Array {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const bare = countBareLf(bytes, afterCr);
  if (bare === 0) return chunk;
  const result = Buffer.allocUnsafe(bytes.length + bare);
  let to = 0;
  let from = 0;
  for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, at + 1)) {
    if (at > 0 ? bytes[at - 1] === cr : afterCr) continue;
    to += bytes.copy(result, to, from, at);
    result[to++] = cr;
    from = at;
  }
  bytes.copy(result, to, from);
  return result;
}

/** How many LF have no CR before them. */
export function countBareLf(chunk: Uint8Array, afterCr: boolean): number {
  let count = 0;
  for (let at = chunk.indexOf(lf); at >= 0; at = chunk.indexOf(lf, at + 1)) {
    if (!(at > 0 ? chunk[at - 1] === cr : afterCr)) count++;
  }
  return count;
}
