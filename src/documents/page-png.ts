import { promisify } from 'node:util';
import { constants, crc32, deflate } from 'node:zlib';
import { type Raster, resolutions, rowBytes } from '../fax/raster.ts';

/**
 * A fax page as PNG with square pels (204 an inch both ways), black and white (ISO/IEC 15948: grey, one bit). Written
 * here, and not by libvips, so that receiving a fax does not bring that into the memory of the box.
 */
export async function pageToPng(raster: Raster): Promise<Uint8Array> {
  const { widthPx, resolution } = raster;
  const rows = squarePels(raster);
  const heightPx = rows.length / (1 + rowBytes(widthPx));
  return png({ widthPx, heightPx, bits: oneBit, rows, dpi: resolutions[resolution].xDpi });
}

/** A small picture of a fax page, `widthPx` wide, with square pels in shades of grey (eight bits). */
export async function pageToThumbnail(raster: Raster, widthPx: number): Promise<Uint8Array> {
  const { xDpi } = resolutions[raster.resolution];
  const rows = shrunk(raster, widthPx);
  const heightPx = rows.length / (1 + widthPx);
  return png({ widthPx, heightPx, bits: eightBits, rows, dpi: (xDpi * widthPx) / raster.widthPx });
}

async function png(picture: {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bits: number;
  readonly rows: Uint8Array;
  readonly dpi: number;
}): Promise<Uint8Array> {
  const { widthPx, heightPx, bits, rows, dpi } = picture;
  return Buffer.concat([
    signature,
    chunk('IHDR', [...uint32(widthPx), ...uint32(heightPx), bits, greyscale, 0, 0, 0]),
    chunk('pHYs', [...uint32(pelsAMetre(dpi)), ...uint32(pelsAMetre(dpi)), perMetre]),
    chunk('IDAT', await promisify(deflate)(rows, { level: constants.Z_BEST_COMPRESSION })),
    chunk('IEND', []),
  ]);
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const [oneBit, eightBits, greyscale, perMetre] = [1, 8, 0, 1];

const pelsAMetre = (dpi: number): number => Math.round(dpi / 0.0254);

/** Scan lines as PNG has them: an octet 0 (no filter), then a bit a pel, white 1; repeated so that pels are square. */
function squarePels({ widthPx, heightPx, resolution, data }: Raster): Uint8Array {
  const { xDpi, yDpi } = resolutions[resolution];
  const bytes = rowBytes(widthPx);
  const height = Math.max(1, Math.round((heightPx * xDpi) / yDpi));
  const rows = new Uint8Array(height * (1 + bytes));
  for (let y = 0, at = 0; y < height; y++) {
    const from = Math.floor(((y + 0.5) * heightPx) / height) * bytes;
    at++;
    // A page without lines is one white line.
    for (let byte = 0; byte < bytes; byte++) rows[at++] = ~(data[from + byte] ?? 0);
  }
  return rows;
}

/** Scan lines of a PNG, an octet a pel: each the mean of the pels that it stands for. */
function shrunk({ widthPx, heightPx, resolution, data }: Raster, toWidth: number): Uint8Array {
  const { xDpi, yDpi } = resolutions[resolution];
  const bytes = rowBytes(widthPx);
  const toHeight = Math.max(1, Math.round((heightPx * xDpi * toWidth) / (yDpi * widthPx)));
  const rows = new Uint8Array(toHeight * (1 + toWidth));
  const black = new Uint32Array(toWidth);
  const counts = new Uint32Array(toWidth);
  const column = Uint32Array.from({ length: widthPx }, (_, x) => Math.floor((x * toWidth) / widthPx));
  for (const to of column) counts[to]!++;
  for (let y = 0; y < toHeight; y++) {
    const first = Math.floor((y * heightPx) / toHeight);
    const end = Math.max(first + 1, Math.floor(((y + 1) * heightPx) / toHeight));
    black.fill(0);
    for (let line = first; line < end; line++) addBlack(black, column, data, line * bytes, bytes);
    for (let x = 0, at = y * (1 + toWidth) + 1; x < toWidth; x++, at++)
      rows[at] = 255 - Math.round((255 * black[x]!) / Math.max(1, counts[x]! * (end - first)));
  }
  return rows;
}

/** Counts the black pels of one line into the columns that they belong to. */
function addBlack(black: Uint32Array, column: Uint32Array, data: Uint8Array, from: number, bytes: number): void {
  for (let byte = 0; byte < bytes; byte++) {
    const pels = data[from + byte] ?? 0;
    if (pels === 0) continue;
    for (let bit = 0; bit < 8; bit++) if (pels & (0x80 >> bit)) black[column[byte * 8 + bit]!]!++;
  }
}

function chunk(type: string, content: Uint8Array | readonly number[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Uint8Array.from(content)]);
  return Buffer.concat([uint32(content.length), body, uint32(crc32(body))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
