import { resolutions } from '../fax/raster.ts';
import type { Sheet, SheetSize } from './layout.ts';
import { pageWidthPt } from './paper.ts';

/** The line at the head of each page: when, from whom, to which number, which page (many countries' law wants it). */
export interface HeaderLine {
  readonly date: string;
  readonly organisation: string;
  readonly number: string;
  readonly pages: number;
}

/** Scan lines of a strip, fine; even, so that coarse pages have it whole. */
export const stripPx = 28;
const sizePt = 7;

export const stripSize: SheetSize = {
  widthPt: pageWidthPt,
  heightPt: (stripPx * 72) / resolutions.fine.yDpi,
  marginPt: 24,
};

/** A sheet of the size of a strip for each page. */
export function headerSheets({ date, organisation, number, pages }: HeaderLine): Sheet[] {
  const middle = [organisation, number && `to ${number}`].filter(Boolean).join('  ');
  const columns = [stripSize.marginPt, 170, pageWidthPt - 100];
  return Array.from({ length: pages }, (_, index) =>
    [date, middle.slice(0, 70), `Page ${index + 1} of ${pages}`].map((text, column) => ({
      kind: 'text' as const,
      xPt: columns[column]!,
      yPt: stripSize.heightPt - 2.5,
      text,
      font: 'text' as const,
      sizePt,
    })),
  );
}
