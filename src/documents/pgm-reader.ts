import type { Grey } from './bilevel.ts';
import { DocumentError } from './document-error.ts';

/** Bytes of a header, comments included. */
const headerLimit = 1000;

/** Cuts a stream of raw PGM images (`P5`, a byte a pel), one after the other in any chunks. One of them is in memory. */
export class PgmReader {
  readonly #onPage: (page: Grey) => Promise<void>;
  readonly #maxPixels: number;
  #waiting = Buffer.alloc(0);
  #page: { readonly widthPx: number; readonly heightPx: number; readonly data: Buffer; filled: number } | undefined;

  constructor(options: { readonly maxPixels: number; readonly onPage: (page: Grey) => Promise<void> }) {
    this.#maxPixels = options.maxPixels;
    this.#onPage = options.onPage;
  }

  /** @throws DocumentError when a page is too large, Error when it is no PGM. */
  async push(chunk: Uint8Array): Promise<void> {
    let rest = this.#page ? Buffer.from(chunk) : Buffer.concat([this.#waiting, chunk]);
    this.#waiting = Buffer.alloc(0);
    while (rest.length > 0) {
      if (!this.#page) {
        const header = readHeader(rest);
        if (!header) {
          if (rest.length > headerLimit) throw new Error('no PGM image');
          this.#waiting = Buffer.from(rest);
          return;
        }
        const { widthPx, heightPx } = header;
        if (widthPx * heightPx > this.#maxPixels) throw new DocumentError('a page of it is too large');
        this.#page = { widthPx, heightPx, data: Buffer.alloc(widthPx * heightPx), filled: 0 };
        rest = rest.subarray(header.length);
      }
      const page = this.#page;
      const part = rest.subarray(0, page.data.length - page.filled);
      part.copy(page.data, page.filled);
      page.filled += part.length;
      rest = rest.subarray(part.length);
      if (page.filled < page.data.length) return;
      this.#page = undefined;
      await this.#onPage(page);
    }
  }
}

function readHeader(bytes: Buffer): { widthPx: number; heightPx: number; length: number } | undefined {
  const text = bytes.toString('latin1', 0, headerLimit);
  const found = /^P5\s(?:#[^\n]*\n|\s)*(\d+)\s+(\d+)\s+255\s/.exec(text);
  return found ? { widthPx: Number(found[1]), heightPx: Number(found[2]), length: found[0].length } : undefined;
}
