import { type Raster, type Resolution, rowBytes } from './raster.ts';
import { blackCodes, eolZeros, longestCodeBits, type RunCodes, rtcEols, whiteCodes } from './t4-codes.ts';

/**
 * Decoder of T.4 one-dimensional coding (MH, T.4 §4.1), fed in chunks of any size. It takes whatever comes: a line
 * whose runs do not add up is replaced by the one before and counted, and reading goes on at the next EOL. Nothing
 * throws, and no more than `maxLines` lines are kept.
 */
export interface MhDecoderOptions {
  readonly widthPx: number;
  readonly resolution: Resolution;
  /** Lines after these are dropped. */
  readonly maxLines: number;
}

export interface DecodedPage {
  readonly raster: Raster;
  readonly lines: number;
  /** Lines that were replaced by the one before. */
  readonly badLines: number;
  /** Most bad lines one after the other. */
  readonly longestBadRun: number;
  /** Return to control came: the sender meant the page to end here. */
  readonly rtc: boolean;
}

/** Table entries: length of the code in the low 4 bits, then the run; 0 is no code. */
const makeUpFlag = 1 << 16;
const windowMask = (1 << longestCodeBits) - 1;

function decodeTable(codes: RunCodes): Uint32Array {
  const table = new Uint32Array(1 << longestCodeBits);
  const add = (bits: string, entry: number): void => {
    const free = longestCodeBits - bits.length;
    const first = Number.parseInt(bits, 2) << free;
    table.fill(entry, first, first + (1 << free));
  };
  for (const { run, bits } of codes.terminating) add(bits, (run << 4) | bits.length);
  for (const { run, bits } of codes.makeUp) add(bits, makeUpFlag | (run << 4) | bits.length);
  return table;
}

/** Bytes are read as long as no more bits wait; then eight bits that were used stay above them in the window. */
const refillBits = 16;

const white = decodeTable(whiteCodes);
const black = decodeTable(blackCodes);

type State =
  | 'codes' // within a line, or at its start
  | 'full' // the runs add up to the width: only fill and EOL may come
  | 'search' // looks for the next EOL; what comes before it belongs to a bad line
  | 'done';

export class MhDecoder {
  readonly #options: MhDecoderOptions;
  readonly #rowBytes: number;
  #rows: Uint8Array;
  #lines = 0;
  #badLines = 0;
  #badRun = 0;
  #longestBadRun = 0;
  #rtc = false;

  #state: State = 'codes';
  /** Bits that were read and not yet used are the low `#bits` of `#window`. */
  #window = 0;
  #bits = 0;
  /** Zeros seen in a row while looking for an EOL. */
  #zeros = 0;
  /** EOLs with nothing between them. */
  #eols = 0;
  /** The line being read: pels so far, colour, and what make-up codes added to the run. */
  #x = 0;
  #isBlack = false;
  #makeUp = 0;
  /** Some code of this line was read. */
  #begun = false;

  constructor(options: MhDecoderOptions) {
    this.#options = options;
    this.#rowBytes = rowBytes(options.widthPx);
    this.#rows = new Uint8Array(this.#rowBytes * Math.min(options.maxLines, 256));
    if (options.maxLines <= 0) this.#state = 'done';
  }

  /** Lines decoded so far. */
  get lines(): number {
    return this.#lines;
  }

  /** The page ended, by RTC or by `maxLines`; further bytes are ignored. */
  get done(): boolean {
    return this.#state === 'done';
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (this.#state !== 'done') {
      for (; this.#bits <= refillBits && at < chunk.length; this.#bits += 8)
        this.#window = (this.#window << 8) | chunk[at++]!;
      if (this.#bits < longestCodeBits) return;
      if (this.#state === 'codes') at = this.#readCodes(chunk, at);
      else this.#findEol();
    }
  }

  /** The lines that are whole so far; more may follow. */
  whole(): Raster {
    const { widthPx, resolution } = this.#options;
    const data = this.#rows.slice(0, this.#lines * this.#rowBytes);
    return { widthPx, heightPx: this.#lines, resolution, data };
  }

  end(): DecodedPage {
    // Zeros behind the last bit let the last codes be looked up; they are no EOL.
    this.push(new Uint8Array(2));
    if (this.#state === 'full') this.#endLine(true);
    else if (this.#begun && this.#state !== 'done') this.#endLine(false);
    if (this.#eols >= 2) this.#rtc = true;
    this.#state = 'done';
    return {
      raster: this.whole(),
      lines: this.#lines,
      badLines: this.#badLines,
      longestBadRun: this.#longestBadRun,
      rtc: this.#rtc,
    };
  }

  /** The hot loop: codes of a line, as long as the chunk lasts. Returns how far the chunk was read. */
  #readCodes(chunk: Uint8Array, start: number): number {
    if (!this.#begun) this.#openLine();
    const { widthPx } = this.#options;
    const rows = this.#rows;
    const row = this.#lines * this.#rowBytes;
    let at = start;
    let window = this.#window;
    let bits = this.#bits;
    let x = this.#x;
    let isBlack = this.#isBlack;
    let makeUp = this.#makeUp;
    let begun = this.#begun;
    let state: State = 'codes';
    for (;;) {
      for (; bits <= refillBits && at < chunk.length; bits += 8) window = (window << 8) | chunk[at++]!;
      if (bits < longestCodeBits) break;
      const entry = (isBlack ? black : white)[(window >>> (bits - longestCodeBits)) & windowMask]!;
      if (entry === 0) {
        state = 'search';
        break;
      }
      begun = true;
      const length = entry & 15;
      bits -= length;
      const run = (entry >>> 4) & 0xfff;
      if (entry >= makeUpFlag) {
        makeUp += run;
        if (x + makeUp <= widthPx) continue;
        state = 'search';
        break;
      }
      const to = x + makeUp + run;
      if (to > widthPx) {
        state = 'search';
        break;
      }
      if (isBlack) blacken(rows, row, x, to);
      x = to;
      makeUp = 0;
      isBlack = !isBlack;
      if (x === widthPx) {
        state = 'full';
        break;
      }
    }
    this.#window = window;
    this.#bits = bits;
    this.#x = x;
    this.#isBlack = isBlack;
    this.#makeUp = makeUp;
    this.#begun = begun;
    this.#state = state;
    // In a damaged line the last code may have eaten the first zeros of the EOL: no code ends with more than three.
    this.#zeros = begun ? endingZeros(window >>> bits) : 0;
    return at;
  }

  /** Reads zeros up to the one that ends them; an EOL when they are enough. */
  #findEol(): void {
    const left = this.#window << (32 - this.#bits);
    const zeros = Math.min(Math.clz32(left), this.#bits);
    this.#zeros += zeros;
    if (zeros === this.#bits) {
      this.#bits = 0;
      return;
    }
    this.#bits -= zeros + 1;
    const isEol = this.#zeros >= eolZeros;
    this.#zeros = 0;
    if (isEol) this.#eol();
    else {
      // Something stands between the line and its EOL, so the runs were misread.
      this.#state = 'search';
      this.#begun = true;
    }
  }

  #eol(): void {
    if (this.#state === 'full') this.#endLine(true);
    else if (this.#begun) this.#endLine(false);
    this.#eols++;
    if (this.#state !== 'done') this.#state = 'codes';
    if (this.#eols >= rtcEols) {
      this.#rtc = true;
      this.#state = 'done';
    }
  }

  #openLine(): void {
    const end = (this.#lines + 1) * this.#rowBytes;
    if (end > this.#rows.length) {
      const rows = new Uint8Array(Math.min(this.#rows.length * 2, this.#options.maxLines * this.#rowBytes));
      rows.set(this.#rows);
      this.#rows = rows;
    }
  }

  #endLine(good: boolean): void {
    // What comes before the first EOL is noise unless it is a line.
    if (good || this.#eols > 0 || this.#lines > 0) this.#keepLine(good);
    else this.#rows.fill(0, 0, this.#rowBytes);
    this.#eols = 0;
    this.#begun = false;
    this.#x = 0;
    this.#isBlack = false;
    this.#makeUp = 0;
  }

  #keepLine(good: boolean): void {
    const row = this.#lines * this.#rowBytes;
    if (good) {
      this.#badRun = 0;
    } else {
      this.#badLines++;
      this.#longestBadRun = Math.max(this.#longestBadRun, ++this.#badRun);
      if (row === 0) this.#rows.fill(0, 0, this.#rowBytes);
      else this.#rows.copyWithin(row, row - this.#rowBytes, row);
    }
    this.#lines++;
    if (this.#lines >= this.#options.maxLines) this.#state = 'done';
  }
}

/** Zeros at the end of `bits`, at most three. */
function endingZeros(bits: number): number {
  const lowest = bits & 7 & -bits;
  return lowest === 0 ? 3 : 31 - Math.clz32(lowest);
}

/** Sets the pels `from` up to `to`, end exclusive. */
function blacken(rows: Uint8Array, row: number, from: number, to: number): void {
  if (from === to) return;
  const first = row + (from >> 3);
  const last = row + (to >> 3);
  const head = 0xff >>> (from & 7);
  const tail = 0xff & ~(0xff >>> (to & 7));
  if (first === last) {
    rows[first]! |= head & tail;
    return;
  }
  rows[first]! |= head;
  rows.fill(0xff, first + 1, last);
  if (tail !== 0) rows[last]! |= tail;
}
