import { type Raster, type Resolution, rowBytes } from './raster.ts';

export interface DecoderOptions {
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
  /** Return to control, or the end of the facsimile block, came: the sender meant the page to end here. */
  readonly rtc: boolean;
}

/** Rows as a decoder finds them, and the count of those it could not read. */
export class DecodedLines {
  readonly #options: DecoderOptions;
  readonly #rowBytes: number;
  #rows: Uint8Array;
  #lines = 0;
  #badLines = 0;
  #badRun = 0;
  #longestBadRun = 0;

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#rowBytes = rowBytes(options.widthPx);
    this.#rows = new Uint8Array(this.#rowBytes * Math.min(options.maxLines, 256));
  }

  get count(): number {
    return this.#lines;
  }

  get full(): boolean {
    return this.#lines >= this.#options.maxLines;
  }

  /** @param paint puts the pels into a white row, which begins there */
  good(paint: (rows: Uint8Array, row: number) => void): void {
    const row = this.#next();
    paint(this.#rows, row);
    this.#badRun = 0;
  }

  /** The line before once more, or a white one. */
  bad(): void {
    const row = this.#next();
    if (row > 0) this.#rows.copyWithin(row, row - this.#rowBytes, row);
    this.#badLines++;
    this.#longestBadRun = Math.max(this.#longestBadRun, ++this.#badRun);
  }

  #next(): number {
    const row = this.#lines++ * this.#rowBytes;
    if (row + this.#rowBytes > this.#rows.length) {
      const rows = new Uint8Array(Math.min(this.#rows.length * 2, this.#options.maxLines * this.#rowBytes));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    return row;
  }

  raster(): Raster {
    const { widthPx, resolution } = this.#options;
    return { widthPx, heightPx: this.#lines, resolution, data: this.#rows.slice(0, this.#lines * this.#rowBytes) };
  }

  page(rtc: boolean): DecodedPage {
    const [lines, badLines, longestBadRun] = [this.#lines, this.#badLines, this.#longestBadRun];
    return { raster: this.raster(), lines, badLines, longestBadRun, rtc };
  }
}
