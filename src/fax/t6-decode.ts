import { BitReader } from './bit-reader.ts';
import { DecodedLines, type DecodedPage, type DecoderOptions } from './decoded-lines.ts';
import { LineReader } from './line-reader.ts';
import type { Raster } from './raster.ts';
import { eofbEols, eolBits, longestCodeBits } from './t4-codes.ts';

/**
 * Decoder of T.6 coding (MMR), fed in chunks of any size. Lines have no ends of their own, so a damaged one ends what can
 * be read: it is counted, those before it are kept, and what follows is ignored. Nothing throws, and no more than `maxLines`
 * lines are kept.
 */
export class T6Decoder {
  readonly #input = new BitReader();
  readonly #line: LineReader;
  readonly #page: DecodedLines;
  #eols = 0;
  #done: boolean;

  constructor(options: DecoderOptions) {
    this.#line = new LineReader(options.widthPx);
    this.#page = new DecodedLines(options);
    this.#done = this.#page.full;
    this.#line.begin(true);
  }

  /** Lines decoded so far. */
  get lines(): number {
    return this.#page.count;
  }

  /** The page ended, by EOFB, by damage or by `maxLines`; further bytes are ignored. */
  get done(): boolean {
    return this.#done;
  }

  push(chunk: Uint8Array): void {
    const input = this.#input;
    input.feed(chunk);
    while (!this.#done && input.fill(longestCodeBits)) {
      const state = this.#line.read(input);
      if (state === 'full') this.#endLine();
      else if (state === 'bad') this.#readEol();
    }
  }

  /** The lines that are whole so far; more may follow. */
  whole(): Raster {
    return this.#page.raster();
  }

  end(): DecodedPage {
    // Zeros behind the last bit let the last codes be looked up.
    this.push(new Uint8Array(2));
    if (!this.#done && this.#line.begun) this.#page.bad();
    this.#done = true;
    return this.#page.page(this.#eols === eofbEols);
  }

  #endLine(): void {
    this.#page.good((rows, row) => this.#line.finish(rows, row));
    this.#line.begin(true);
    this.#done = this.#page.full;
  }

  /** Where no mode stands, an EOL may: two of them are EOFB. */
  #readEol(): void {
    if (!this.#line.begun && this.#input.peek(eolBits) === 1) {
      this.#input.skip(eolBits);
      this.#eols++;
      this.#done = this.#eols === eofbEols;
    } else {
      this.#page.bad();
      this.#done = true;
    }
  }
}
