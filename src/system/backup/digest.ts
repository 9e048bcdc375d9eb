import { createHash, type Hash } from 'node:crypto';

/** Counts and hashes files as they come, in bounded memory: one hash over a line for each file. */
export class ContentDigest {
  files = 0;
  bytes = 0;
  readonly #whole = createHash('sha256');

  /** Takes the chunks of one file along. */
  async *through(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const hash: Hash = createHash('sha256');
    let size = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      this.bytes += chunk.length;
      yield chunk;
    }
    this.files++;
    this.#whole.update(`${size} ${hash.digest('hex')} ${path}\n`);
  }

  /** Ends the count. */
  result(): { readonly files: number; readonly bytes: number; readonly digest: string } {
    return { files: this.files, bytes: this.bytes, digest: this.#whole.digest('hex') };
  }
}
