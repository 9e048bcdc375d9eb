import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config/schema.ts';
import { DocumentRenderer } from '../../src/documents/document-renderer.ts';
import { OwnConverters } from '../../src/documents/own-converters.ts';
import { encodePage, pageDecoder } from '../../src/fax/page-coding.ts';
import type { Raster } from '../../src/fax/raster.ts';
import { toPbm } from '../../src/fax/test-rasters.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { execute } from './bench.ts';
import { type OfficeDocument, officeDocuments } from './line-documents.ts';

/**
 * Seconds on the line: a set of office documents through our renderer and codec, and through the tools that Courier's fax
 * module calls (pdftops and Ghostscript's faxg3; netpbm with Floyd-Steinberg and pbmtog3), in one run. Prints bytes and
 * seconds of page data at 14,400 and 9,600 bit/s, and the share of the source's words that tesseract reads on the decoded
 * page. Debian: ghostscript, poppler-utils, netpbm, tesseract-ocr.
 */
const folder = await mkdtemp(join(tmpdir(), 'caselli-line-'));
const at = (name: string): string => join(folder, name);
const reading = readConfig({});
if (reading.kind !== 'valid') throw new Error('the settings as they begin are not valid');
const renderer = new DocumentRenderer({
  documents: () => reading.config.documents,
  fax: () => reading.config.fax,
  folder,
  converters: new OwnConverters(systemClock),
});

async function shell(script: string): Promise<void> {
  await execute('sh', ['-ec', script], { cwd: folder });
}

async function rasterise(pdf: Uint8Array): Promise<Buffer> {
  await writeFile(at('plain.pdf'), pdf);
  await shell('gs -q -dSAFER -sDEVICE=pnggray -r150 -o plain.png plain.pdf');
  return readFile(at('plain.png'));
}

interface Page {
  readonly raster: Raster;
  readonly bytes: number;
}

async function ours(document: OfficeDocument): Promise<Page & { readonly withoutEcm: number }> {
  const file = at(`ours.${document.kind}`);
  await writeFile(file, document.content);
  const [raster] = await renderer.scan(file);
  if (!raster) throw new Error(`${document.name} has no page`);
  return { raster, bytes: encodePage(raster, 'MMR').length, withoutEcm: encodePage(raster, 'MR').length };
}

async function couriers(document: OfficeDocument): Promise<Page> {
  await writeFile(at(`theirs.${document.kind}`), document.content);
  if (document.kind === 'pdf')
    await shell(
      'pdftops theirs.pdf theirs.ps; gs -q -dSAFER -sDEVICE=faxg3 -r204x196 -sPAPERSIZE=a4 -o theirs.g3 theirs.ps',
    );
  else
    await shell('jpegtopnm theirs.jpeg | pnmscale -xysize 1728 2000 | ppmtopgm | pgmtopbm -fs | pbmtog3 > theirs.g3');
  const coded = await readFile(at('theirs.g3'));
  const decoder = pageDecoder('MH', { widthPx: 1728, resolution: 'fine', maxLines: 5000 });
  decoder.push(coded);
  return { raster: decoder.end().raster, bytes: coded.length };
}

/** Ways of tesseract to divide a page: as it finds it, and as text without order, where tables or pictures mislead it. */
const segmentations = ['3', '11'] as const;

/** Share of the source's words that are read on the page, in the better of the ways. */
async function legible({ raster }: Page, text: string): Promise<number> {
  await writeFile(at('page.pbm'), toPbm(raster));
  const shares: number[] = [];
  for (const way of segmentations) {
    const { stdout } = await execute('tesseract', [at('page.pbm'), '-', '--dpi', '200', '--psm', way], {
      maxBuffer: 1 << 24,
    });
    shares.push(shareOf(words(text), words(stdout)));
  }
  return Math.max(...shares);
}

const words = (text: string): string[] => text.toLowerCase().match(/[a-z0-9.]+/g) ?? [];

function shareOf(wanted: readonly string[], read: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of read) left.set(word, (left.get(word) ?? 0) + 1);
  const found = wanted.filter((word) => {
    const count = left.get(word) ?? 0;
    left.set(word, count - 1);
    return count > 0;
  });
  return found.length / wanted.length;
}

const seconds = (bytes: number, bitRate: number): string => ((bytes * 8) / bitRate).toFixed(1);
const share = (part: number): string => (Number.isNaN(part) ? '–' : `${Math.round(part * 100)} %`);

function tell(name: string, who: string, bytes: number, read: string): void {
  const times = `${seconds(bytes, 14_400).padStart(6)} s at 14400, ${seconds(bytes, 9600).padStart(6)} s at 9600`;
  process.stdout.write(`${name.padEnd(15)} ${who.padEnd(18)} ${String(bytes).padStart(7)} bytes, ${times}  ${read}\n`);
}

const total = { ours: 0, withoutEcm: 0, theirs: 0 };
for (const document of await officeDocuments(rasterise)) {
  const mine = await ours(document);
  const theirs = await couriers(document);
  total.ours += mine.bytes;
  total.withoutEcm += mine.withoutEcm;
  total.theirs += theirs.bytes;
  tell(document.name, 'Caselli, MMR', mine.bytes, `read ${share(await legible(mine, document.text))}`);
  tell(document.name, 'Caselli, MR', mine.withoutEcm, '');
  tell(document.name, "Courier's tools", theirs.bytes, `read ${share(await legible(theirs, document.text))}`);
}
tell('all', 'Caselli, MMR', total.ours, `${(total.ours / total.theirs).toFixed(2)} of Courier's time`);
tell('all', 'Caselli, MR', total.withoutEcm, `${(total.withoutEcm / total.theirs).toFixed(2)} of Courier's time`);
tell('all', "Courier's tools", total.theirs, '');
await rm(folder, { recursive: true });
