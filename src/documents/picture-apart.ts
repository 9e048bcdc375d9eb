import { fileURLToPath } from 'node:url';
import { blankRaster, type Raster, rowBytes } from '../fax/raster.ts';
import type { Grey } from './bilevel.ts';
import type { ChildProgram } from './child.ts';
import type { Conversion, Converters, OrderFor } from './conversion.ts';
import { DocumentError } from './document-error.ts';
import { PgmReader } from './pgm-reader.ts';
import type { PictureJob } from './picture.ts';

/** What is said to the child, as JSON. */
export type PictureOrder = Omit<PictureJob, 'onPage'>;

export interface ApartJob extends Omit<Conversion<OrderFor<'picture'>>, 'onOutput'> {
  readonly onPage: (page: Raster) => Promise<void>;
}

/** Exit code of the child when the picture cannot become pages; standard error says why. */
export const refusedCode = 65;
/** What V8 reserves of a process before the picture has any: counted by the kernel, hardly used. */
const reservedBytes = 660 * 1024 * 1024;
/** A sheet is 4 million pels. */
const maxPagePixels = 40_000_000;

/**
 * `renderPicture` in a process of its own: a small file can be a picture of a hundred million pixels, and the memory that
 * it takes must neither be the box's nor stay with it.
 */
export async function renderPictureApart(
  { order, file, folder, onPage }: ApartJob,
  converters: Converters,
  signal: AbortSignal,
): Promise<number> {
  let pages = 0;
  const reader = new PgmReader({
    maxPixels: maxPagePixels,
    onPage: async (image) => {
      pages++;
      await onPage(toRaster(image));
    },
  });
  const onOutput = (chunk: Uint8Array): Promise<void> => reader.push(chunk);
  const { code, complaint } = await converters.run({ order, file, folder, onOutput }, signal);
  if (code === 0) return pages;
  if (code === refusedCode) throw new DocumentError(complaint.trim());
  throw new DocumentError('it needs more memory than a document may have here. Please send it smaller');
}

export function pictureProgram(order: OrderFor<'picture'>, file: string): ChildProgram {
  const { maxPixels, maxPages, timeoutMs, sheetHeightPx, memoryBytes } = order;
  const said: PictureOrder = { file, maxPixels, maxPages, timeoutMs, sheetHeightPx };
  return {
    command: process.execPath,
    arguments: [fileURLToPath(new URL('./picture-child.ts', import.meta.url)), JSON.stringify(said)],
    memoryBytes: reservedBytes + memoryBytes,
    memoryKind: 'data',
    fileBytes: 0,
  };
}

/** The child has judged every pel: black is 0, white 255. */
function toRaster({ widthPx, heightPx, data }: Grey): Raster {
  const page = blankRaster(widthPx, heightPx, 'fine');
  const bytes = rowBytes(widthPx);
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      if (data[at]! < 128) page.data[y * bytes + (x >> 3)]! |= 0x80 >> (x & 7);
    }
  }
  return page;
}
