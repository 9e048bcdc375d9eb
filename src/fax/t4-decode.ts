import { BitReader } from './bit-reader.ts';
import { DecodedLines, type DecodedPage, type DecoderOptions } from './decoded-lines.ts';
import { LineReader } from './line-reader.ts';
import type { Raster } from './raster.ts';
import { eolZeros, longestCodeBits, rtcEols } from './t4-codes.ts';

export interface T4DecoderOptions extends DecoderOptions {
  /** MR: a bit behind each EOL says how its line is coded (T.4 §4.2.2). Default false: MH. */
  readonly twoDimensional?: boolean;
}

type State =
  | 'codes' // within a line, or at its start
  | 'full' // the runs add up to the width: only fill and EOL may come
  | 'search' // looks for the next EOL; what comes before it belongs to a bad line
  | 'tag' // the bit behind an EOL in MR
  | 'done';

/**
 * Decoder of T.4 coding (MH, T.4 §4.1; MR, §4.2), fed in chunks of any size. It takes whatever comes: a line whose runs do
 * not add up is replaced by the one before and counted, as are those that are coded by it, and reading goes on at the next
 * EOL. Nothing throws, and no more than `maxLines` lines are kept.
 */
export class T4Decoder {
  readonly #twoDimensional: boolean;
  readonly #input = new BitReader();
  readonly #line: LineReader;
  readonly #page: DecodedLines;
  #rtc = false;
  #state: State = 'codes';
  /** Zeros seen in a row while looking for an EOL. */
  #zeros = 0;
  /** EOLs with nothing between them. */
  #eols = 0;
  /** Bits were read that are of this line and no code. */
  #noise = false;
  /** The line before was not read, so what is coded by it cannot be either. */
  #lost = false;

  constructor({ twoDimensional = false, ...options }: T4DecoderOptions) {
    this.#twoDimensional = twoDimensional;
    this.#line = new LineReader(options.widthPx);
    this.#page = new DecodedLines(options);
    if (this.#page.full) this.#state = 'done';
    this.#line.begin(false);
  }

  /** Lines decoded so far. */
  get lines(): number {
    return this.#page.count;
  }

  /** The page ended, by RTC or by `maxLines`; further bytes are ignored. */
  get done(): boolean {
    return this.#state === 'done';
  }

  push(chunk: Uint8Array): void {
    const input = this.#input;
    input.feed(chunk);
    while (this.#state !== 'done' && input.fill(longestCodeBits)) {
      if (this.#state === 'codes') this.#readLine();
      else if (this.#state === 'tag') this.#readTag();
      else this.#findEol();
    }
  }

  /** The lines that are whole so far; more may follow. */
  whole(): Raster {
    return this.#page.raster();
  }

  end(): DecodedPage {
    // Zeros behind the last bit let the last codes be looked up; they are no EOL.
    this.push(new Uint8Array(2));
    if (this.#state !== 'done') this.#endLine();
    if (this.#eols >= 2) this.#rtc = true;
    this.#state = 'done';
    return this.#page.page(this.#rtc);
  }

  #readLine(): void {
    const state = this.#line.read(this.#input);
    if (state === 'more') return;
    this.#state = state === 'full' ? 'full' : 'search';
    // In a damaged line the last code may have eaten the first zeros of the EOL: no code ends with more than three.
    this.#zeros = this.#line.begun ? endingZeros(this.#input.window >>> this.#input.bits) : 0;
  }

  /** Reads zeros up to the one that ends them; an EOL when they are enough. */
  #findEol(): void {
    const input = this.#input;
    this.#zeros += input.zeros();
    if (input.bits === 0) return;
    input.skip(1);
    const isEol = this.#zeros >= eolZeros;
    this.#zeros = 0;
    if (isEol) this.#eol();
    else this.#searchOn();
  }

  /** What stands before the next EOL is no line that can be read. */
  #searchOn(): void {
    this.#state = 'search';
    this.#noise = true;
  }

  #eol(): void {
    this.#endLine();
    this.#eols++;
    if (this.#eols >= rtcEols) {
      this.#rtc = true;
      this.#state = 'done';
    } else if (this.#state !== 'done') {
      this.#state = this.#twoDimensional ? 'tag' : 'codes';
    }
  }

  #readTag(): void {
    const alone = this.#input.peek(1) === 1;
    this.#input.skip(1);
    this.#line.begin(!alone);
    this.#state = 'codes';
    if (!alone && this.#lost) this.#searchOn();
  }

  #endLine(): void {
    const good = this.#state === 'full';
    if (!good && !this.#line.begun && !this.#noise) return;
    // What comes before the first EOL is noise unless it is a line.
    if (good) this.#page.good((rows, row) => this.#line.finish(rows, row));
    else if (this.#eols > 0 || this.#page.count > 0) this.#page.bad();
    this.#lost = !good;
    this.#eols = 0;
    this.#noise = false;
    this.#line.begin(false);
    if (this.#page.full) this.#state = 'done';
  }
}

/** Zeros at the end of `bits`, at most three. */
function endingZeros(bits: number): number {
  const lowest = bits & 7 & -bits;
  return lowest === 0 ? 3 : 31 - Math.clz32(lowest);
}
