import { type PageCoding, pageDecoder } from './page-coding.ts';
import type { Raster, Resolution } from './raster.ts';

/** A page on its way over the line, as far as it has come: what was given to our modem, or taken from it. */
export interface Crossing {
  readonly widthPx: number;
  readonly resolution: Resolution;
  readonly coding: PageCoding;
  /** The coded page, the first bit of the sequence in the highest bit of the first octet. */
  readonly data: readonly Uint8Array[];
}

/** Most scan lines that are shown of it. */
const linesLimit = 14_000;

/** What has crossed, as a picture: a page without its end. */
export function crossedRaster({ widthPx, resolution, coding, data }: Crossing): Raster {
  const decoder = pageDecoder(coding, { widthPx, resolution, maxLines: linesLimit });
  for (const chunk of data) decoder.push(chunk);
  return decoder.whole();
}
