import { promisify } from 'node:util';
import { constants, crc32, deflate } from 'node:zlib';
import { type Raster, resolutions, rowBytes } from '../fax/raster.ts';

/**
 * A fax page as PNG with square pels (204 an inch both ways), black and white (ISO/IEC 15948: grey, one bit). Written
 * here, and not by libvips, so that receiving a fax does not bring that into the memory of the box.
 */
export async function pageToPng(raster: Raster): Promise<Uint8Array> {
  const { widthPx, resolution } = raster;
  const { xDpi } = resolutions[resolution];
  const rows = squarePels(raster);
  const heightPx = rows.length / (1 + rowBytes(widthPx));
  return Buffer.concat([
    signature,
    chunk('IHDR', [...uint32(widthPx), ...uint32(heightPx), oneBit, greyscale, 0, 0, 0]),
    chunk('pHYs', [...uint32(pelsAMetre(xDpi)), ...uint32(pelsAMetre(xDpi)), perMetre]),
    chunk('IDAT', await promisify(deflate)(rows, { level: constants.Z_BEST_COMPRESSION })),
    chunk('IEND', []),
  ]);
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const [oneBit, greyscale, perMetre] = [1, 0, 1];

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

function chunk(type: string, content: Uint8Array | readonly number[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Uint8Array.from(content)]);
  return Buffer.concat([uint32(content.length), body, uint32(crc32(body))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
