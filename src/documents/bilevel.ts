import { blankRaster, type Raster, rowBytes } from '../fax/raster.ts';

/**
 * Grey to black and white with judgement, since what costs on a telephone line is every change of colour. Where grey
 * values differ much nearby, there is text or a line: it is cut at the middle between them (J. Bernsen's threshold), so
 * that grey print on white and white print on grey stay sharp. Where they are alike, there is a tone: it gets a halftone
 * of clustered dots.
 */
export interface Grey {
  readonly widthPx: number;
  readonly heightPx: number;
  /** A byte a pel, 0 black. */
  readonly data: Uint8Array;
}

/**
 * A halftone cell of 8 × 8 pels whose dots grow from the middle: clusters make long runs, where error diffusion makes a
 * change at every pel. Values are thresholds 0…63.
 */
const cell = [
  [24, 10, 12, 26, 35, 47, 49, 37],
  [8, 0, 2, 14, 45, 59, 61, 51],
  [22, 6, 4, 16, 43, 57, 63, 53],
  [30, 20, 18, 28, 33, 41, 55, 39],
  [34, 46, 48, 36, 25, 11, 13, 27],
  [44, 58, 60, 50, 9, 1, 3, 15],
  [42, 56, 62, 52, 23, 7, 5, 17],
  [32, 40, 54, 38, 31, 21, 19, 29],
] as const;

/** Tones up to here are black, as on the blue heads of tables with their white print. */
const blackest = 72;
/** Tones from here are white: shaded rows of tables, paper that was scanned. */
const whitest = 216;
/** Grey values that differ by so much within `reach` belong to text or a line. */
const contrast = 64;
/** Pels around one that are looked at: strokes of twice as many are text to the core. */
const reach = 3;

/** Grey values below these are black, by the cell's rows and columns. */
const screen = cell.map((row) => row.map((value) => blackest + ((63.5 - value) * (whitest - blackest)) / 64));

export function bilevel(image: Grey): Raster {
  const { widthPx, heightPx, data } = image;
  const page = blankRaster(widthPx, heightPx, 'fine');
  const bytes = rowBytes(widthPx);
  const surroundings = new Surroundings(image);
  for (let y = 0, at = 0; y < heightPx; y++) {
    const limits = screen[y & 7]!;
    for (let x = 0; x < widthPx; x++, at++) {
      const value = data[at]!;
      if (value >= whitest) continue;
      if (value >= blackest && value >= (surroundings.middle(x, y) ?? limits[x & 7]!)) continue;
      page.data[y * bytes + (x >> 3)]! |= 0x80 >> (x & 7);
    }
  }
  return page;
}

/** Least and greatest grey value around pels; of rows only, and only of those that were asked for, until combined. */
class Surroundings {
  readonly #image: Grey;
  /** A ring: row `y` is at `y % rows.length`. */
  readonly #rows: { y: number; readonly least: Uint8Array; readonly most: Uint8Array }[];

  constructor(image: Grey) {
    this.#image = image;
    this.#rows = Array.from({ length: 2 * reach + 1 }, () => ({
      y: -1,
      least: new Uint8Array(image.widthPx),
      most: new Uint8Array(image.widthPx),
    }));
  }

  /** The value between the least and the greatest one, where they are far apart. */
  middle(x: number, y: number): number | undefined {
    let least = 255;
    let most = 0;
    const last = Math.min(this.#image.heightPx - 1, y + reach);
    for (let row = Math.max(0, y - reach); row <= last; row++) {
      const known = this.#rows[row % this.#rows.length]!;
      if (known.y !== row) this.#read(row);
      if (known.least[x]! < least) least = known.least[x]!;
      if (known.most[x]! > most) most = known.most[x]!;
    }
    return most - least >= contrast ? (least + most) / 2 : undefined;
  }

  #read(y: number): void {
    const { widthPx, data } = this.#image;
    const row = this.#rows[y % this.#rows.length]!;
    row.y = y;
    for (let x = 0; x < widthPx; x++) {
      let least = 255;
      let most = 0;
      const end = y * widthPx + Math.min(widthPx - 1, x + reach);
      for (let at = y * widthPx + Math.max(0, x - reach); at <= end; at++) {
        const value = data[at]!;
        if (value < least) least = value;
        if (value > most) most = value;
      }
      row.least[x] = least;
      row.most[x] = most;
    }
  }
}
