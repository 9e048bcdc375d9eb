import fc from 'fast-check';
import { blankRaster, type Raster, type Resolution, rowBytes } from './raster.ts';

/** Rasters for the tests of the codec and of what uses it. */

/** A page with what offices fax: rules of one pel, boxes, slanted strokes, text-like specks, a screened area. */
export function drawnChart(widthPx: number, heightPx: number, resolution: Resolution = 'fine'): Raster {
  return drawn(widthPx, heightPx, resolution, (x, y) => {
    if (y % 97 === 0 || x === 0 || x === widthPx - 1) return true;
    if (x > widthPx / 2 && y > heightPx / 2) return (x >> 1) % 4 === (y >> 1) % 4;
    if (y % 40 < 20 && x % 30 < 12) return ((x * 7) ^ (y * 13)) % 5 < 2;
    return Math.abs(x - y * 0.7) < 1.5;
  });
}

export function drawn(
  widthPx: number,
  heightPx: number,
  resolution: Resolution,
  isBlack: (x: number, y: number) => boolean,
): Raster {
  const raster = blankRaster(widthPx, heightPx, resolution);
  const width = rowBytes(widthPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) if (isBlack(x, y)) raster.data[y * width + (x >> 3)]! |= 0x80 >> (x & 7);
  }
  return raster;
}

/** Rasters of odd widths out of runs of all lengths. */
export const anyRaster: fc.Arbitrary<Raster> = fc
  .record({
    widthPx: fc.integer({ min: 1, max: 3000 }),
    rows: fc.array(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ widthPx, rows }) => fromRuns(widthPx, rows));

/** Rows from their runs, white first; the last run goes on to the width. */
export function fromRuns(
  widthPx: number,
  rows: readonly (readonly number[])[],
  resolution: Resolution = 'fine',
): Raster {
  const ends = rows.map((runs) => {
    let x = 0;
    return runs.map((run) => (x += run));
  });
  return drawn(widthPx, rows.length, resolution, (x, y) => {
    const index = ends[y]!.findIndex((end) => x < end);
    return (index === -1 ? ends[y]!.length : index) % 2 === 1;
  });
}

/** A raster as PBM (raw), the format of netpbm. */
export function toPbm(raster: Raster): Uint8Array {
  return Buffer.concat([Buffer.from(`P4\n${raster.widthPx} ${raster.heightPx}\n`), raster.data]);
}

/** Rows of a raw PBM. @throws Error when it is none. */
export function fromPbm(pbm: Uint8Array, resolution: Resolution = 'fine'): Raster {
  const found = /^P4\s+(?:#.*\n)?(\d+)\s+(\d+)\s/.exec(Buffer.from(pbm.subarray(0, 200)).toString('latin1'));
  if (found === null) throw new Error('no raw PBM');
  return { widthPx: Number(found[1]), heightPx: Number(found[2]), resolution, data: pbm.slice(found[0].length) };
}

/** The data without the unused bits at the ends of rows, which other programs leave as they like. */
export function pels(raster: Raster): Buffer {
  const data = Buffer.from(raster.data);
  const width = rowBytes(raster.widthPx);
  const unused = width * 8 - raster.widthPx;
  for (let y = 0; y < raster.heightPx; y++) data[(y + 1) * width - 1]! &= 0xff << unused;
  return data;
}
