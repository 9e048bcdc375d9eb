import { resolutions, standardWidthPx } from '../fax/raster.ts';

/** Sheets of the far machine. Pages are always laid out for fine resolution; coarser ones are made from it. */
export type Paper = 'a4' | 'letter';

const pointsAnInch = 72;
const heightsPt: Record<Paper, number> = { a4: 842, letter: 792 };

const { xDpi, yDpi } = resolutions.fine;

/** Width of all 1728 pels, in points: 215 mm, a little more than either paper. */
export const pageWidthPt: number = (standardWidthPx * pointsAnInch) / xDpi;

export function pageHeightPt(paper: Paper): number {
  return heightsPt[paper];
}

/** Scan lines of a sheet. */
export function pageHeightPx(paper: Paper): number {
  return Math.round((heightsPt[paper] * yDpi) / pointsAnInch);
}

export function pointsToPx(points: number): { readonly across: number; readonly down: number } {
  return { across: Math.round((points * xDpi) / pointsAnInch), down: Math.round((points * yDpi) / pointsAnInch) };
}
