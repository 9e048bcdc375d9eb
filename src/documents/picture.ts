import { blankRaster, type Raster, resolutions, rowBytes, standardWidthPx } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { bilevel } from './bilevel.ts';
import { DocumentError } from './document-error.ts';

/** PNG, JPEG, GIF, WebP and TIFF to fax pages, each frame of a TIFF one page, by libvips (sharp). */
export interface PictureJob {
  readonly file: string;
  /** Largest picture, in pixels. */
  readonly maxPixels: number;
  readonly maxPages: number;
  /** Lines of a sheet, fine. */
  readonly sheetHeightPx: number;
  readonly onPage: (page: Raster) => Promise<void>;
}

const { xDpi, yDpi } = resolutions.fine;
/** White around a picture: what machines do not print, and a header line at the top. */
const marginPx = { across: 60, above: 60, below: 40 };
/** What a picture without a resolution of its own is taken for; a small one is then not blown up. */
const assumedDpi = 120;
/** Resolutions outside of this are no one's intention (cameras write 1 or 72 whatever the picture). */
const plausibleDpi = { least: 90, most: 2400 };

/** @returns the number of pages. @throws DocumentError when it cannot become pages. */
export async function renderPicture(job: PictureJob): Promise<number> {
  const { default: sharp } = await import('sharp');
  const open = (page: number) =>
    sharp(job.file, { page, limitInputPixels: job.maxPixels, failOn: 'error', sequentialRead: true });
  try {
    const { format, pages: frames = 1 } = await open(0).metadata();
    const pages = format === 'tiff' ? frames : 1;
    if (pages > job.maxPages) throw new DocumentError(`it has more than ${job.maxPages} pages`);
    for (let page = 0; page < pages; page++) await job.onPage(await renderFrame(open(page), job));
    return pages;
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw new DocumentError(reasonOf(String((error as Error).message), job.maxPixels), { cause: error });
  }
}

type Image = ReturnType<typeof import('sharp')['default']>;

async function renderFrame(image: Image, job: PictureJob): Promise<Raster> {
  const { width, height, density, bitsPerSample, autoOrient } = await image.metadata();
  const shown = autoOrient ?? { width, height };
  if (isFaxPage(width, bitsPerSample)) return faxFrame(image);
  const size = sizeOnPage(shown, density, job);
  const turned = size.turned ? image.autoOrient().rotate(90) : image.autoOrient();
  const { data, info } = await turned
    .flatten({ background: 'white' })
    .greyscale()
    .resize({ width: size.widthPx, height: size.heightPx, fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const bits = bilevel({ widthPx: info.width, heightPx: info.height, data });
  return placed(bits, info.width, info.height);
}

/** A page that a fax machine or fax program made: 1728 pels across, one bit. It is taken as it is. */
function isFaxPage(width: number, bitsPerSample: number | undefined): boolean {
  return width === standardWidthPx && bitsPerSample === 1;
}

/** The most lines that a sheet has in standard resolution (A4, and a little); libvips does not tell the vertical one. */
const mostStandardLines = 1250;

async function faxFrame(image: Image): Promise<Raster> {
  const { data, info } = await image.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const page = packed(data, info.width, info.height, (value) => value < 128);
  return info.height > mostStandardLines ? page : inResolution({ ...page, resolution: 'normal' }, 'fine');
}

/** As large as its own resolution says, turned and made smaller to fit the sheet. */
function sizeOnPage(
  { width, height }: { readonly width: number; readonly height: number },
  density: number | undefined,
  { sheetHeightPx }: PictureJob,
): { widthPx: number; heightPx: number; turned: boolean } {
  const own = density !== undefined && density >= plausibleDpi.least && density <= plausibleDpi.most;
  const dpi = own ? density : assumedDpi;
  const roomAcross = (standardWidthPx - 2 * marginPx.across) / xDpi;
  const roomDown = (sheetHeightPx - marginPx.above - marginPx.below) / yDpi;
  const [wide, high] = [width / dpi, height / dpi];
  const turned = wide > high && wide > roomAcross;
  const [across, down] = turned ? [high, wide] : [wide, high];
  const scale = Math.min(1, roomAcross / across, roomDown / down);
  return {
    widthPx: Math.max(1, Math.round(across * scale * xDpi)),
    heightPx: Math.max(1, Math.round(down * scale * yDpi)),
    turned,
  };
}

/** Centred on a page that ends a little below it: white paper costs time on the line too. */
function placed(bits: Raster, widthPx: number, heightPx: number): Raster {
  const page = blankRaster(standardWidthPx, heightPx + marginPx.above + marginPx.below, 'fine');
  // Placed at a whole byte, so that rows are copied.
  const left = (standardWidthPx - widthPx) >> 4;
  const [from, to] = [rowBytes(widthPx), rowBytes(standardWidthPx)];
  for (let y = 0; y < heightPx; y++) {
    page.data.set(bits.data.subarray(y * from, (y + 1) * from), (y + marginPx.above) * to + left);
  }
  return page;
}

function packed(data: Uint8Array, widthPx: number, heightPx: number, isBlack: (value: number) => boolean): Raster {
  const page = blankRaster(widthPx, heightPx, 'fine');
  const bytes = rowBytes(widthPx);
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      if (isBlack(data[at]!)) page.data[y * bytes + (x >> 3)]! |= 0x80 >> (x & 7);
    }
  }
  return page;
}

function reasonOf(message: string, maxPixels: number): string {
  if (/pixel limit/i.test(message)) {
    return `it has more than ${Math.round(maxPixels / 1_000_000)} million pixels. Please send it smaller`;
  }
  return 'it is damaged or is no picture. Please open it, save it as a new file, and send that';
}
