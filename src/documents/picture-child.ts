import { once } from 'node:events';
import { type Raster, rowBytes } from '../fax/raster.ts';
import { DocumentError } from './document-error.ts';
import { renderPicture } from './picture.ts';
import { type PictureOrder, refusedCode } from './picture-apart.ts';

/** The child of `renderPictureApart`: an order as JSON in, finished pages as PGM out. */

const order = JSON.parse(process.argv[2]!) as PictureOrder;
try {
  await renderPicture({ ...order, onPage: write });
} catch (error) {
  if (!(error instanceof DocumentError)) throw error;
  process.stderr.write(error.message);
  process.exitCode = refusedCode;
}

async function write({ widthPx, heightPx, data }: Raster): Promise<void> {
  const image = Buffer.alloc(widthPx * heightPx, 255);
  const bytes = rowBytes(widthPx);
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      if ((data[y * bytes + (x >> 3)]! >> (7 - (x & 7))) & 1) image[at] = 0;
    }
  }
  process.stdout.write(`P5\n${widthPx} ${heightPx}\n255\n`);
  if (!process.stdout.write(image)) await once(process.stdout, 'drain');
}
