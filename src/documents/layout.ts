import { DocumentError } from './document-error.ts';
import type { FontName } from './fonts.ts';

/** Text to lines on sheets. Pure: widths of characters are passed in. Points from the upper left corner. */

export type Block =
  | { readonly kind: 'text'; readonly text: string; readonly font: FontName; readonly sizePt: number }
  /** A heading and its value, which goes on below itself. */
  | { readonly kind: 'row'; readonly label: string; readonly value: string; readonly sizePt: number }
  | { readonly kind: 'rule'; readonly thicknessPt: number }
  | { readonly kind: 'space'; readonly heightPt: number };

export type Mark =
  | {
      readonly kind: 'text';
      readonly xPt: number;
      /** Of the base line. */
      readonly yPt: number;
      readonly text: string;
      readonly font: FontName;
      readonly sizePt: number;
    }
  | { readonly kind: 'rule'; readonly yPt: number; readonly thicknessPt: number };

export type Sheet = readonly Mark[];

export interface SheetSize {
  readonly widthPt: number;
  readonly heightPt: number;
  readonly marginPt: number;
}

export type Measure = (character: string, font: FontName) => number;

const lineSpacing = 1.3;
const labelWidthPt = 80;
const tabColumns = 8;

/**
 * Sets the blocks one below the other, and on as many sheets as they need. Nothing is cut off; white lines that would
 * stand at the head of a further sheet are left out.
 * @throws DocumentError beyond `maxSheets`.
 */
export function layOut(blocks: readonly Block[], size: SheetSize, measure: Measure, maxSheets: number): Sheet[] {
  const sheets: Mark[][] = [[]];
  const bottom = size.heightPt - size.marginPt;
  const right = size.widthPt - size.marginPt;
  let y = size.marginPt;
  /** Makes room for a line and answers its base line. */
  const nextLine = (sizePt: number): number => {
    const height = sizePt * lineSpacing;
    if (y + height > bottom && y > size.marginPt) {
      if (sheets.length >= maxSheets) throw new DocumentError(`it has more than ${maxSheets} pages of text`);
      sheets.push([]);
      y = size.marginPt;
    }
    y += height;
    return y - sizePt * (lineSpacing - 1);
  };
  const write = (text: string, xPt: number, font: FontName, sizePt: number, yPt = nextLine(sizePt)): void => {
    sheets.at(-1)!.push({ kind: 'text', xPt, yPt, text, font, sizePt });
  };
  const skipLine = (sizePt: number): void => {
    y += sizePt * lineSpacing;
  };
  for (const block of blocks) {
    switch (block.kind) {
      case 'text':
        for (const line of wrap(block.text, (right - size.marginPt) / block.sizePt, block.font, measure)) {
          if (line === '') skipLine(block.sizePt);
          else write(line, size.marginPt, block.font, block.sizePt);
        }
        break;
      case 'row': {
        const x = size.marginPt + labelWidthPt;
        const lines = wrap(block.value, (right - x) / block.sizePt, 'text', measure);
        for (const [index, line] of [...lines].entries()) {
          const yPt = nextLine(block.sizePt);
          if (index === 0) write(block.label, size.marginPt, 'bold', block.sizePt, yPt);
          write(line, x, 'text', block.sizePt, yPt);
        }
        break;
      }
      case 'rule':
        sheets.at(-1)!.push({ kind: 'rule', yPt: y, thicknessPt: block.thicknessPt });
        y += block.thicknessPt;
        break;
      case 'space':
        y += block.heightPt;
        break;
    }
  }
  return sheets;
}

/** Lines of at most `widthEm` (widths are of a size of 1): broken at white space, a longer word anywhere. */
export function* wrap(text: string, widthEm: number, font: FontName, measure: Measure): Generator<string> {
  for (const line of text.split(/\r\n|[\n\r\u2028\u2029]/)) yield* wrapLine(clean(line), widthEm, font, measure);
}

function* wrapLine(line: string, widthEm: number, font: FontName, measure: Measure): Generator<string> {
  let current = '';
  let width = 0;
  /** Where the line may be broken: behind the last white space. */
  let breakAt = 0;
  for (const character of line) {
    const wide = measure(character, font);
    if (width + wide > widthEm && current !== '') {
      if (character === ' ') {
        yield current.trimEnd();
        [current, width, breakAt] = ['', 0, 0];
        continue;
      }
      const at = breakAt > 0 ? breakAt : current.length;
      yield current.slice(0, at).trimEnd();
      current = breakAt > 0 ? current.slice(at) : '';
      width = [...current].reduce((sum, one) => sum + measure(one, font), 0);
      breakAt = 0;
    }
    current += character;
    width += wide;
    if (character === ' ') breakAt = current.length;
  }
  yield current.trimEnd();
}

/** Tabs to columns; control and invisible characters have no glyph. */
function clean(line: string): string {
  let text = '';
  for (const character of line) {
    if (character === '\t') text += ' '.repeat(tabColumns - (text.length % tabColumns));
    else if (!/\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Variation_Selector}/u.test(character))
      text += /\p{Zs}/u.test(character) ? ' ' : character;
  }
  return text;
}
