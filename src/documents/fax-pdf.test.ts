import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { blankRaster, type Raster } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { faxToPdf } from './fax-pdf.ts';

const run = promisify(execFile);

/** Poppler judges: what it draws at the fax's own resolution is the fax, pel for pel. */
test('a fax as PDF is the same page pel for pel, in its own size on paper', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fax-pdf-'));
  try {
    const fine = drawnChart(1728, 2200, 'fine');
    const rasters = [fine, inResolution(fine, 'normal'), blankRaster(1728, 0, 'fine')];
    const file = join(folder, 'fax.pdf');
    const pages = rasters.map((raster) => async () => raster);
    await writeFile(file, await faxToPdf({ title: 'Fax – Büro', date: Date.UTC(2026, 0, 5), pages }));
    const { stdout } = await run('pdfinfo', ['-l', '3', file]);
    assert.match(stdout, /^Title: +Fax – Büro$/m);
    assert.match(stdout, /^Pages: +3$/m);
    const sizes = [...stdout.matchAll(/^Page +\d size: +([\d.]+) x ([\d.]+) pts/gm)].map(([, w, h]) => [+w!, +h!]);
    assert.ok(Math.abs(sizes[0]![0]! - 609.9) < 0.1 && Math.abs(sizes[0]![1]! - 808.2) < 0.1, String(sizes[0]));
    assert.deepEqual(sizes[0], sizes[1], 'coarse pages have the same size on paper');
    await run('pdfimages', [file, join(folder, 'page')]);
    for (const [index, raster] of rasters.slice(0, 2).entries()) {
      same(await readFile(join(folder, `page-00${index}.pbm`)), raster);
      // Drawn on paper, it stands upright and is as dark from top to bottom as the page.
      const [page, drawn] = [String(index + 1), join(folder, `drawn-${index}`)];
      await run('pdftoppm', ['-gray', '-singlefile', '-f', page, '-l', page, '-r', '50', file, drawn]);
      const [paper, fax] = [bands(await readFile(`${drawn}.pgm`)), darkness(raster)];
      for (const [band, dark] of fax.entries()) assert.ok(Math.abs(dark - paper[band]!) < 0.03, `band ${band}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** A PBM of the same pels. */
function same(pbm: Buffer, { widthPx, heightPx, data }: Raster): void {
  const [head, width, height] = /^P4\n(\d+) (\d+)\n/.exec(pbm.toString('latin1', 0, 40))!;
  assert.deepEqual([Number(width), Number(height)], [widthPx, heightPx]);
  assert.ok(pbm.subarray(head.length).equals(data));
}

const bandCount = 10;

/** Share of black in each tenth of the page, from the top. */
function darkness({ heightPx, data }: Raster): number[] {
  const bytes = data.length / heightPx;
  return Array.from({ length: bandCount }, (_, band) => {
    const [from, to] = [band, band + 1].map((one) => Math.floor((one * heightPx) / bandCount) * bytes);
    const part = data.subarray(from, to);
    return part.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0) / (part.length * 8);
  });
}

function bands(pgm: Buffer): number[] {
  const [head, width, height] = /^P5\n(\d+) (\d+)\n255\n/.exec(pgm.toString('latin1', 0, 40))!;
  const pels = pgm.subarray(head.length);
  return Array.from({ length: bandCount }, (_, band) => {
    const [from, to] = [band, band + 1].map((one) => Math.floor((one * Number(height)) / bandCount) * Number(width));
    const part = pels.subarray(from, to);
    return part.reduce((sum, pel) => sum + (255 - pel) / 255, 0) / part.length;
  });
}
