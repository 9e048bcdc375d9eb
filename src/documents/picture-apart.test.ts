import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import type { Raster } from '../fax/raster.ts';
import { systemClock } from '../lib/clock.ts';
import { OwnConverters } from './own-converters.ts';
import { renderPicture } from './picture.ts';
import { renderPictureApart } from './picture-apart.ts';

async function place(context: TestContext, content: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-apart-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'picture');
  await writeFile(file, content);
  const order = { maxPixels: 200_000_000, maxPages: 10, timeoutMs: 60_000, sheetHeightPx: 2292 };
  const render = async (memoryBytes: number): Promise<Raster[]> => {
    const pages: Raster[] = [];
    const onPage = async (page: Raster) => void pages.push(page);
    const job = { order: { ...order, converter: 'picture', memoryBytes } as const, file, folder, onPage };
    await renderPictureApart(job, new OwnConverters(systemClock), new AbortController().signal);
    return pages;
  };
  return { folder, file, order, render };
}

const megabyte = 1024 * 1024;

test('a picture rendered apart is the picture rendered here', async (context) => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const photo = await sharp({ create: { width: 900, height: 500, channels: 3, background: 'white', noise } })
    .jpeg()
    .toBuffer();
  const { folder, file, order, render } = await place(context, photo);
  const here: Raster[] = [];
  await renderPicture({ ...order, file, onPage: async (page) => void here.push(page) });
  assert.deepEqual(await render(512 * megabyte), here);
  assert.deepEqual(await readdir(folder), ['picture']);
});

test('what it cannot be is said; memory beyond the limit is refused, and none of it was ours', async (context) => {
  const damaged = await place(context, Buffer.from('no picture at all'));
  await assert.rejects(damaged.render(512 * megabyte), { name: 'DocumentError', message: /damaged or is no picture/ });
  const huge = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: 'white' } })
    .png({ progressive: true })
    .toBuffer();
  const { render } = await place(context, huge);
  const before = process.memoryUsage.rss();
  await assert.rejects(render(100 * megabyte), { name: 'DocumentError', message: /more memory/ });
  assert.ok(process.memoryUsage.rss() - before < 50 * megabyte);
});
