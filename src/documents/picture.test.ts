import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { type Raster, type Resolution, rowBytes } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { tiffPage, writeTiff } from '../fax/tiff.ts';
import { DocumentError } from './document-error.ts';
import { renderPicture } from './picture.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-picture-'));
});
after(() => rm(folder, { recursive: true }));

async function render(content: Uint8Array, limits: { maxPixels?: number; maxPages?: number } = {}): Promise<Raster[]> {
  const file = join(folder, 'picture');
  await writeFile(file, content);
  const pages: Raster[] = [];
  const count = await renderPicture({
    file,
    maxPixels: 100_000_000,
    maxPages: 10,
    timeoutMs: 60_000,
    sheetHeightPx: 2292,
    onPage: async (page) => void pages.push(page),
    ...limits,
  });
  assert.equal(count, pages.length);
  for (const page of pages) {
    assert.equal(page.widthPx, 1728);
    assert.equal(page.data.length, page.heightPx * rowBytes(1728));
  }
  return pages;
}

/** Where black is: the box around it, pels. */
function inked({ data, heightPx }: Raster): { left: number; right: number; top: number; bottom: number } {
  const box = { left: 1728, right: 0, top: heightPx, bottom: 0 };
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < 1728; x++) {
      if (((data[y * 216 + (x >> 3)]! >> (7 - (x & 7))) & 1) === 0) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y + 1);
    }
  }
  return box;
}

function plain(width: number, height: number, background: string | { r: number; g: number; b: number; alpha: number }) {
  return sharp({ create: { width, height, channels: 4, background } });
}

describe('fax pages kept as TIFF', () => {
  for (const resolution of ['fine', 'normal'] satisfies Resolution[]) {
    for (const heightPx of [800, 1140, 2200]) {
      it(`${heightPx} lines of ${resolution} resolution come back pel by pel`, async () => {
        const pages = [drawnChart(1728, heightPx, resolution), drawnChart(1728, 40, resolution)];
        const read = await render(writeTiff(pages.map((page) => tiffPage(page))));
        assert.equal(read.length, 2);
        for (const [index, page] of read.entries()) {
          const expected = inResolution(pages[index]!, 'fine');
          assert.equal(page.heightPx, expected.heightPx);
          assert.equal(Buffer.compare(page.data, expected.data), 0);
        }
      });
    }
  }
});

describe('pictures', () => {
  it('PNG, JPEG, GIF, WebP and TIFF have their own size in inches, with the pels of a fax page', async () => {
    const picture = plain(600, 600, '#000').withMetadata({ density: 300 });
    for (const format of ['png', 'jpeg', 'tiff'] as const) {
      const [page] = await render(await picture.clone().toFormat(format).toBuffer());
      const { left, right, top, bottom } = inked(page!);
      assert.deepEqual([right - left, bottom - top], [408, 392], format);
      assert.ok(Math.abs(left - (1728 - right)) <= 8, 'in the middle');
    }
    for (const format of ['gif', 'webp'] as const) {
      assert.equal((await render(await plain(600, 600, '#000').toFormat(format).toBuffer())).length, 1);
    }
  });

  it('large ones are made to fit, wide ones turned, small ones not blown up', async () => {
    const box = async (width: number, height: number) =>
      inked((await render(await plain(width, height, '#000').png().toBuffer()))[0]!);
    const large = await box(3000, 4000);
    assert.ok(large.right - large.left <= 1608 && large.right - large.left > 1500);
    assert.ok(large.bottom <= 2292);
    const wide = await box(4000, 1000);
    assert.ok(wide.bottom - wide.top > 3 * (wide.right - wide.left));
    const small = await box(120, 60);
    assert.ok(small.right - small.left <= 205);
  });

  it('nothing is white, wherever it is', async () => {
    const [page] = await render(await plain(300, 300, { r: 0, g: 0, b: 0, alpha: 0 }).png().toBuffer());
    assert.ok(page!.data.every((byte) => byte === 0));
  });

  it('turns what the camera marked as turned', async () => {
    const upright = plain(200, 400, '#000').withMetadata({ density: 200, orientation: 6 });
    const { left, right, top, bottom } = inked((await render(await upright.jpeg().toBuffer()))[0]!);
    assert.ok(right - left > bottom - top);
  });

  it('refuses what is too large, cut off, or no picture, in words', async () => {
    const png = await plain(500, 500, '#888').png({ compressionLevel: 0 }).toBuffer();
    const refused = (content: Uint8Array, words: RegExp, limits = {}) =>
      assert.rejects(render(content, limits), (error) => error instanceof DocumentError && words.test(error.message));
    await refused(png, /more than 0 million pixels/, { maxPixels: 100_000 });
    await refused(png.subarray(0, png.length / 2), /damaged/);
    await refused(Buffer.from('no picture'), /no picture/);
    await refused(writeTiff([1, 2, 3].map(() => tiffPage(drawnChart(1728, 20)))), /more than 2 pages/, { maxPages: 2 });
  });
});
