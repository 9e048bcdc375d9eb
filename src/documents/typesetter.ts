import { readFile } from 'node:fs/promises';
import type { PDFDocument, PDFFont } from 'pdf-lib';
import { type FontName, fonts } from './fonts.ts';
import { type Block, layOut, type Measure, type Sheet, type SheetSize } from './layout.ts';

type Font = ReturnType<Parameters<PDFDocument['registerFontkit']>[0]['create']>;

/** Sheets of text as PDF, which Ghostscript then turns into pels like any other document. */
export class Typesetter {
  readonly #widths = new Map<string, number>();
  #measuring: Promise<Record<FontName, PDFFont>> | undefined;
  readonly #parsed = new Map<Uint8Array, Font>();
  #files: Promise<Record<FontName, Uint8Array>> | undefined;

  /** Sets blocks on sheets. @throws DocumentError beyond `maxSheets`. */
  async layOut(blocks: readonly Block[], size: SheetSize, maxSheets: number): Promise<Sheet[]> {
    this.#measuring ??= this.#embedAll();
    const loaded = await this.#measuring;
    const measure: Measure = (character, font) => {
      const key = font + character;
      let width = this.#widths.get(key);
      if (width === undefined) {
        width = loaded[font].widthOfTextAtSize(character, 1);
        if (this.#widths.size < widthsLimit) this.#widths.set(key, width);
      }
      return width;
    };
    return layOut(blocks, size, measure, maxSheets);
  }

  /** @returns a PDF with the sheets as its pages. */
  async draw(sheets: readonly Sheet[], size: SheetSize): Promise<Uint8Array> {
    const { PDFDocument } = await import('pdf-lib');
    const pdf = await PDFDocument.create();
    const embedded = await this.#embed(pdf);
    for (const sheet of sheets) {
      const page = pdf.addPage([size.widthPt, size.heightPt]);
      for (const mark of sheet) {
        const y = size.heightPt - mark.yPt;
        if (mark.kind === 'text') {
          const font = await embedded(mark.font);
          page.drawText(mark.text, { x: mark.xPt, y, size: mark.sizePt, font });
        } else {
          const { marginPt, widthPt } = size;
          page.drawLine({ start: { x: marginPt, y }, end: { x: widthPt - marginPt, y }, thickness: mark.thicknessPt });
        }
      }
    }
    return pdf.save();
  }

  async #embedAll(): Promise<Record<FontName, PDFFont>> {
    const { PDFDocument } = await import('pdf-lib');
    const embedded = await this.#embed(await PDFDocument.create());
    return { text: await embedded('text'), bold: await embedded('bold'), mono: await embedded('mono') };
  }

  /** Fonts of one document, each embedded when it is first used. */
  async #embed(pdf: PDFDocument): Promise<(name: FontName) => Promise<PDFFont>> {
    const { default: fontkit } = await import('@pdf-lib/fontkit');
    // Fonts are read once for all documents; what a document takes of one is kept apart, in its subset.
    const create = (bytes: Uint8Array) => {
      const font = this.#parsed.get(bytes) ?? fontkit.create(bytes);
      this.#parsed.set(bytes, font);
      return font;
    };
    pdf.registerFontkit({ create });
    this.#files ??= readFonts();
    const files = await this.#files;
    const made = new Map<FontName, Promise<PDFFont>>();
    return (name) => {
      const known = made.get(name);
      if (known) return known;
      const font = pdf.embedFont(files[name], { subset: true });
      made.set(name, font);
      return font;
    };
  }
}

/** Widths remembered: characters of all fonts. */
const widthsLimit = 20_000;

async function readFonts(): Promise<Record<FontName, Uint8Array>> {
  const [text, bold, mono] = await Promise.all([readFile(fonts.text), readFile(fonts.bold), readFile(fonts.mono)]);
  return { text, bold, mono };
}
