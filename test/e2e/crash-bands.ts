import sharp from 'sharp';
import { blankRaster, type Raster, rowBytes, standardWidthPx } from '../../src/fax/raster.ts';

/**
 * A page that says in black and white bands which one it is, and still does after rendering and the telephone line: a
 * black band at each end, between them each bit as two bands, black above white for 1.
 */
export interface BandedPage {
  readonly fax: number;
  /** 1 for the first. */
  readonly page: number;
}

const faxBits = 8;
const bits = faxBits + 2;
const bands = 2 * bits + 2;
const bandPx = 40;
/** Less than its height: a page that lies is turned. */
const widthPx = 600;

function blackBands({ fax, page }: BandedPage): number[] {
  const code = (page << faxBits) | fax;
  const ofBits = Array.from({ length: bits }, (_, bit) => 1 + 2 * bit + ((code >> bit) & 1 ? 0 : 1));
  return [0, ...ofBits, bands - 1];
}

export async function bandsPng({ fax, page }: BandedPage): Promise<Buffer> {
  const pixels = Buffer.alloc(widthPx * bandPx * bands, 255);
  for (const band of blackBands({ fax, page })) pixels.fill(0, band * bandPx * widthPx, (band + 1) * bandPx * widthPx);
  return sharp(pixels, { raw: { width: widthPx, height: bandPx * bands, channels: 1 } })
    .png()
    .toBuffer();
}

/** The page as a far machine has scanned it, in normal resolution. */
export function bandsRaster({ fax, page }: BandedPage): Raster {
  const raster = blankRaster(standardWidthPx, bandPx * bands, 'normal');
  const bytes = bandPx * rowBytes(standardWidthPx);
  for (const band of blackBands({ fax, page })) raster.data.fill(0xff, band * bytes, (band + 1) * bytes);
  return raster;
}

/** @returns undefined for a page without bands, such as a cover page */
export async function readBands(image: Buffer | string): Promise<BandedPage | undefined> {
  const { data, info } = await sharp(image).flatten().greyscale().raw().toBuffer({ resolveWithObject: true });
  const [left, right] = [Math.floor(info.width * 0.4), Math.floor(info.width * 0.6)];
  const isBlack = (row: number): boolean => {
    let dark = 0;
    for (let column = left; column < right; column++)
      if (data[(row * info.width + column) * info.channels]! < 128) dark++;
    return dark > (right - left) / 2;
  };
  const rows = Array.from({ length: info.height }, (_, row) => isBlack(row));
  const top = rows.indexOf(true);
  const heightPx = (rows.lastIndexOf(true) + 1 - top) / bands;
  const at = (band: number): boolean => rows[Math.floor(top + (band + 0.5) * heightPx)] ?? false;
  // Fewer rows to a band: some other print.
  if (top < 0 || heightPx < 8) return undefined;
  let code = 0;
  for (let bit = 0; bit < bits; bit++) {
    const [first, second] = [at(1 + 2 * bit), at(2 + 2 * bit)];
    if (first === second) return undefined;
    if (first) code |= 1 << bit;
  }
  return { fax: code & ((1 << faxBits) - 1), page: code >> faxBits };
}
