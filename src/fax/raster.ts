/**
 * A fax page: a packed 1-bit raster. Rows are whole bytes, the leftmost pel is the most significant bit, 1 is black
 * (as in T.4 code tables and PBM). Pels are not square: see `resolutions`.
 */
export interface Raster {
  /** Pels a scan line: 1728, 2048 or 2432 (T.4 §2.2). */
  readonly widthPx: number;
  /** Scan lines. */
  readonly heightPx: number;
  readonly resolution: Resolution;
  /** `heightPx` rows of `rowBytes(widthPx)` bytes; unused bits at a row's end are 0. */
  readonly data: Uint8Array;
}

/** Vertical resolution: standard 3.85 lines/mm, fine 7.7 lines/mm (T.4 §2.2). */
export type Resolution = 'normal' | 'fine';

/** Dots per inch, across and down, as TIFF Class F and Courier round them. */
export const resolutions: Record<Resolution, { readonly xDpi: number; readonly yDpi: number }> = {
  normal: { xDpi: 204, yDpi: 98 },
  fine: { xDpi: 204, yDpi: 196 },
};

/** Pels of the one width that every machine takes: A4 and Letter. */
export const standardWidthPx = 1728;

export function rowBytes(widthPx: number): number {
  return (widthPx + 7) >> 3;
}

/** A white raster. */
export function blankRaster(widthPx: number, heightPx: number, resolution: Resolution): Raster {
  return { widthPx, heightPx, resolution, data: new Uint8Array(rowBytes(widthPx) * heightPx) };
}
