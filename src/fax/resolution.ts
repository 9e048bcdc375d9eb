import { blankRaster, type Raster, type Resolution, rowBytes } from './raster.ts';

/**
 * The raster with the other number of lines an inch. Fine to normal joins pairs of lines by OR, so that a rule of one
 * line stays; normal to fine doubles lines.
 */
export function inResolution(raster: Raster, resolution: Resolution): Raster {
  if (raster.resolution === resolution) return raster;
  return resolution === 'normal' ? joined(raster) : doubled(raster);
}

function joined(raster: Raster): Raster {
  const width = rowBytes(raster.widthPx);
  const result = blankRaster(raster.widthPx, Math.ceil(raster.heightPx / 2), 'normal');
  for (let y = 0; y < raster.heightPx; y++) {
    const to = (y >> 1) * width;
    for (let at = 0; at < width; at++) result.data[to + at]! |= raster.data[y * width + at]!;
  }
  return result;
}

function doubled(raster: Raster): Raster {
  const width = rowBytes(raster.widthPx);
  const result = blankRaster(raster.widthPx, raster.heightPx * 2, 'fine');
  for (let y = 0; y < result.heightPx; y++) {
    result.data.set(raster.data.subarray((y >> 1) * width, ((y >> 1) + 1) * width), y * width);
  }
  return result;
}
