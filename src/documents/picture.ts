import { blankRaster, type Raster, resolutions, rowBytes, standardWidthPx } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { bilevel } from './bilevel.ts';
import { DocumentError } from './document-error.ts';
import { type DotsPerInch, tiffResolution } from './tiff-resolution.ts';

/** PNG, JPEG, GIF, WebP and TIFF to fax pages, each frame of a TIFF one page, by libvips (sharp). */
export interface PictureJob {
  readonly file: string;
  /** Largest picture, in pixels. */
  readonly maxPixels: number;
  readonly maxPages: number;
  /** Time that one page may take. */
  readonly timeoutMs: number;
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
  // Every picture comes once.
  sharp.cache(false);
  const open = (page: number) =>
    sharp(job.file, { page, limitInputPixels: job.maxPixels, failOn: 'error', sequentialRead: true }).timeout({
      seconds: Math.ceil(job.timeoutMs / 1000),
    });
  try {
    const { format, pages: frames = 1 } = await open(0).metadata();
    const pages = format === 'tiff' ? frames : 1;
    if (pages > job.maxPages) throw new DocumentError(`it has more than ${job.maxPages} pages`);
    for (let page = 0; page < pages; page++) {
      const image = open(page);
      const metadata = await image.metadata();
      const own = format === 'tiff' ? await tiffResolution(job.file, page) : squareOf(metadata.density);
      await job.onPage(await renderFrame(image, metadata, own, job));
    }
    return pages;
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw new DocumentError(reasonOf(String((error as Error).message), job.maxPixels), { cause: error });
  }
}

type Image = ReturnType<typeof import('sharp')['default']>;

type Metadata = Awaited<ReturnType<Image['metadata']>>;

function squareOf(density: number | undefined): DotsPerInch | undefined {
  return density === undefined ? undefined : { xDpi: density, yDpi: density };
}

async function renderFrame(
  image: Image,
  { width, height, bitsPerSample, autoOrient }: Metadata,
  own: DotsPerInch | undefined,
  job: PictureJob,
): Promise<Raster> {
  if (width === standardWidthPx && bitsPerSample === 1) return faxFrame(image, own);
  const size = sizeOnPage(autoOrient ?? { width, height }, own, job);
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

/** Lines an inch below which a fax page is one of standard resolution (98) and not of fine (196). */
const mostStandardDpi = 140;
/** The most lines that a sheet has in standard resolution, for pages that do not tell theirs. */
const mostStandardLines = 1250;

/** A page that a fax machine or fax program made, 1728 pels across, one bit: it is taken as it is. */
async function faxFrame(image: Image, own: DotsPerInch | undefined): Promise<Raster> {
  const { data, info } = await image.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const page = packed(data, info.width, info.height, (value) => value < 128);
  const isStandard = own ? own.yDpi < mostStandardDpi : info.height <= mostStandardLines;
  return isStandard ? inResolution({ ...page, resolution: 'normal' }, 'fine') : page;
}

/** As large as its own resolution says, turned and made smaller to fit the sheet. */
function sizeOnPage(
  { width, height }: { readonly width: number; readonly height: number },
  own: DotsPerInch | undefined,
  { sheetHeightPx }: PictureJob,
): { widthPx: number; heightPx: number; turned: boolean } {
  const dpi = own && isPlausible(own.xDpi) && isPlausible(own.yDpi) ? own : { xDpi: assumedDpi, yDpi: assumedDpi };
  const roomAcross = (standardWidthPx - 2 * marginPx.across) / xDpi;
  const roomDown = (sheetHeightPx - marginPx.above - marginPx.below) / yDpi;
  const [wide, high] = [width / dpi.xDpi, height / dpi.yDpi];
  const turned = wide > high && wide > roomAcross;
  const [across, down] = turned ? [high, wide] : [wide, high];
  const scale = Math.min(1, roomAcross / across, roomDown / down);
  return {
    widthPx: Math.max(1, Math.round(across * scale * xDpi)),
    heightPx: Math.max(1, Math.round(down * scale * yDpi)),
    turned,
  };
}

function isPlausible(dpi: number): boolean {
  return dpi >= plausibleDpi.least && dpi <= plausibleDpi.most;
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
  if (/memory/i.test(message)) return 'it needs more memory than a document may have here. Please send it smaller';
  if (/timeout/i.test(message)) return 'it took too long to convert';
  return 'it is damaged or is no picture. Please open it, save it as a new file, and send that';
}
