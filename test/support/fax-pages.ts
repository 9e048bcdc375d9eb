import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import sharp from 'sharp';
import { type Raster, rowBytes } from '../../src/fax/raster.ts';

/** Pages that a far station received, judged by others' programs. */

/** The pixels of a one-page TIFF as libtiff decodes them: 1 is black, packed. */
export function pixels(file: string): { width: number; height: number; data: Buffer } {
  const pnm = execFileSync('tifftopnm', ['-quiet', file], { maxBuffer: 64 * 1024 * 1024 });
  const [head, magic, width, height] = /^(P4)\s+(\d+)\s+(\d+)\s/.exec(pnm.toString('latin1', 0, 100)) ?? [];
  assert.equal(magic, 'P4');
  return { width: Number(width), height: Number(height), data: pnm.subarray(head!.length) };
}

/** Asserts that the pages in these TIFF files are these, pixel for pixel, and that something is on each. */
export function assertArrived(files: readonly string[], expected: readonly Raster[]): void {
  assert.equal(files.length, expected.length);
  for (const [index, { widthPx, heightPx, data }] of expected.entries()) {
    const arrived = pixels(files[index]!);
    assert.deepEqual([arrived.width, arrived.height], [widthPx, heightPx], `page ${index + 1}`);
    assert.ok(arrived.data.equals(data), `pixels of page ${index + 1}`);
    assert.ok(blackness(arrived) > 0.003, `page ${index + 1} is not blank`);
  }
}

/** Share of black in a packed raster, for "there is something on it". */
function blackness({ width, height, data }: { width: number; height: number; data: Uint8Array }): number {
  let black = 0;
  for (const byte of data.subarray(0, rowBytes(width) * height)) {
    for (let bits = byte; bits > 0; bits &= bits - 1) black++;
  }
  return black / (width * height);
}

/** Correlation of a received page with a page of the PDF as poppler draws it, both scaled to a coarse grid. */
export async function likeness(file: string, pdf: Uint8Array, page: number, context: TestContext): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-like-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'in.pdf'), pdf);
  execFileSync(
    'pdftoppm',
    ['-f', `${page}`, '-l', `${page}`, '-gray', '-r', '100', '-png', '-singlefile', 'in.pdf', 'page'],
    { cwd: folder },
  );
  const grid = { width: 120, height: 160 };
  const grey = (input: string) =>
    sharp(input)
      .flatten({ background: 'white' })
      .toColourspace('b-w')
      .resize({ ...grid, fit: 'fill' })
      .raw()
      .toBuffer();
  const [got, wanted] = await Promise.all([grey(file), grey(join(folder, 'page.png'))]);
  return correlation(got, wanted);
}

function correlation(one: Buffer, other: Buffer): number {
  const mean = (values: Buffer): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanOne, meanOther] = [mean(one), mean(other)];
  let [both, squareOne, squareOther] = [0, 0, 0];
  for (let index = 0; index < one.length; index++) {
    const [a, b] = [one[index]! - meanOne, other[index]! - meanOther];
    both += a * b;
    squareOne += a * a;
    squareOther += b * b;
  }
  return both / Math.sqrt(squareOne * squareOther);
}
