import { type Raster, rowBytes, standardWidthPx } from '../fax/raster.ts';
import { bilevel } from './bilevel.ts';
import type { ChildProgram } from './child.ts';
import type { Conversion, Converters, OrderFor } from './conversion.ts';
import { DocumentError } from './document-error.ts';
import { pageWidthPt } from './paper.ts';
import { PgmReader } from './pgm-reader.ts';

/** PDF and PostScript to fine rasters of 1728 pels by Ghostscript, page by page. */
export interface GhostscriptJob extends Omit<Conversion<OrderFor<'ghostscript'>>, 'onOutput'> {
  readonly language: 'PDF' | 'PostScript';
  /** Pages that are taken; a document with more is refused as soon as that is seen. */
  readonly maxPages: number;
  readonly onPage: (page: Raster) => Promise<void>;
}

/** A sheet is 4 million pels; nothing that we ask for is larger. */
const maxPixels = 40_000_000;
/** What it writes to files is its own scratch. */
const scratchBytes = 512 * 1024 * 1024;

/** Exit code where a program cannot be started. */
const notThere = 127;

/** @returns the number of pages. @throws DocumentError when the document cannot become pages. */
export async function renderWithGhostscript(
  { order, file, folder, language, maxPages, onPage }: GhostscriptJob,
  converters: Converters,
  signal: AbortSignal,
): Promise<number> {
  let pages = 0;
  const reader = new PgmReader({
    maxPixels,
    onPage: async (image) => {
      if (++pages > maxPages) throw new DocumentError(`it has more than ${maxPages} pages`);
      await onPage(toRaster(bilevel(image)));
    },
  });
  const onOutput = (chunk: Uint8Array): Promise<void> => reader.push(chunk);
  const { code, complaint } = await converters.run({ order, file, folder, onOutput }, signal);
  if (code === notThere) throw new Error(`Ghostscript cannot be run: ${complaint}`);
  if (code !== 0 || pages === 0) throw new DocumentError(reasonOf(language, complaint, code));
  return pages;
}

/** @param file the only one that it may open */
export function ghostscriptProgram({ heightPt, memoryBytes }: OrderFor<'ghostscript'>, file: string): ChildProgram {
  return { command: 'gs', arguments: ghostscriptArguments(heightPt, file), memoryBytes, fileBytes: scratchBytes };
}

function ghostscriptArguments(heightPt: number, file: string): string[] {
  return [
    '-dSAFER',
    '-dBATCH',
    '-dNOPAUSE',
    '-dNOPROMPT',
    '-q',
    // Greys are told apart by us: Ghostscript's own halftone makes coloured print unreadable.
    '-sDEVICE=pgmraw',
    '-r204x196',
    `-dDEVICEWIDTHPOINTS=${pageWidthPt}`,
    `-dDEVICEHEIGHTPOINTS=${heightPt}`,
    '-dFIXEDMEDIA',
    '-dFitPage',
    // Print without soft edges: the finest rule is one pel of its full colour.
    '-dTextAlphaBits=1',
    '-dGraphicsAlphaBits=1',
    // What a program prints must not stand between the pages.
    '-sstdout=%stderr',
    '-sOutputFile=%stdout',
    '-f',
    file,
  ];
}

/** Whatever Ghostscript made of the asked width, a row is 1728 pels: cut or filled with white. */
function toRaster({ widthPx, heightPx, data }: Raster): Raster {
  if (widthPx === standardWidthPx) return { widthPx, heightPx, resolution: 'fine', data };
  const [from, to] = [rowBytes(widthPx), rowBytes(standardWidthPx)];
  const rows = new Uint8Array(to * heightPx);
  for (let y = 0; y < heightPx; y++) rows.set(data.subarray(y * from, y * from + Math.min(from, to)), y * to);
  return { widthPx: standardWidthPx, heightPx, resolution: 'fine', data: rows };
}

function reasonOf(language: string, complaint: string, code: number | undefined): string {
  if (/password/i.test(complaint)) return 'it is protected by a password. Please send it without one';
  if (/invalidfileaccess|invalidaccess/i.test(complaint))
    return 'it tried to open files of this box, which documents may not';
  if (/VMerror|limitcheck/i.test(complaint) || code === undefined)
    return 'it needs more memory than a document may have here';
  return `it is damaged or is no ${language} document. Please open it, save or print it as a new PDF, and send that`;
}
