import { type Raster, resolutions, rowBytes } from '../fax/raster.ts';

/** A fax page as PNG with square pels (204 an inch both ways), black and white. */
export async function pageToPng(raster: Raster): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const { widthPx, heightPx, resolution } = raster;
  const { xDpi, yDpi } = resolutions[resolution];
  const height = Math.max(1, Math.round((heightPx * xDpi) / yDpi));
  return sharp(toGrey(raster), { raw: { width: widthPx, height: Math.max(1, heightPx), channels: 1 } })
    .resize({ width: widthPx, height, fit: 'fill', kernel: 'nearest' })
    .withMetadata({ density: xDpi })
    .png({ palette: true, colours: 2, dither: 0, compressionLevel: 9 })
    .toBuffer();
}

/** A byte a pel, 0 black and 255 white. */
function toGrey({ widthPx, heightPx, data }: Raster): Uint8Array {
  const grey = new Uint8Array(widthPx * Math.max(1, heightPx)).fill(255);
  const bytes = rowBytes(widthPx);
  for (let y = 0, out = 0; y < heightPx; y++, out += widthPx) {
    const row = y * bytes;
    for (let x = 0; x < widthPx; x++) {
      const byte = data[row + (x >> 3)]!;
      if (byte === 0) {
        x |= 7; // eight white pels
        continue;
      }
      if ((byte >> (7 - (x & 7))) & 1) grey[out + x] = 0;
    }
  }
  return grey;
}
