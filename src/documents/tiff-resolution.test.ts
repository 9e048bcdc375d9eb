import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { drawnChart } from '../fax/test-rasters.ts';
import { tiffPage, writeTiff } from '../fax/tiff.ts';
import { tiffResolution } from './tiff-resolution.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-tiff-'));
});
after(() => rm(folder, { recursive: true }));

async function read(content: Uint8Array, page = 0) {
  const file = join(folder, 'file.tif');
  await writeFile(file, content);
  return tiffResolution(file, page);
}

const fax = writeTiff([tiffPage(drawnChart(1728, 9)), tiffPage(drawnChart(1728, 9, 'normal'))]);

it('tells the resolution of each page, in inches', async () => {
  assert.deepEqual(await read(fax, 0), { xDpi: 204, yDpi: 196 });
  assert.deepEqual(await read(fax, 1), { xDpi: 204, yDpi: 98 });
  assert.equal(await read(fax, 2), undefined);
  const metric = sharp({ create: { width: 9, height: 9, channels: 3, background: '#fff' } }).tiff({
    xres: 8,
    yres: 4,
    resolutionUnit: 'cm',
  });
  const { xDpi, yDpi } = (await read(await metric.toBuffer()))!;
  assert.deepEqual([Math.round(xDpi), Math.round(yDpi)], [203, 102]);
});

it('takes any file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(fax.length - 1), fc.nat(255)), { maxLength: 20 }),
      fc.nat(fax.length),
      async (changes, length) => {
        const broken = Buffer.from(fax.subarray(0, length));
        for (const [at, value] of changes) broken[at % Math.max(1, length)] = value;
        const found = await read(broken, 3);
        assert.ok(found === undefined || found.xDpi > 0);
      },
    ),
    { numRuns: 60 },
  );
});
