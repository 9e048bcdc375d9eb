import assert from 'node:assert/strict';
import { it } from 'node:test';
import sharp from 'sharp';
import { blankRaster, type Resolution } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { pageToPng, pageToThumbnail } from './page-png.ts';

for (const [resolution, heightPx] of [
  ['fine', 1143],
  ['normal', 572],
] satisfies [Resolution, number][]) {
  it(`a page of ${resolution} resolution as PNG: square pels, black and white as they were`, async () => {
    const page = drawnChart(1728, heightPx, resolution);
    const png = sharp(await pageToPng(page));
    const { width, height, density } = await png.metadata();
    assert.deepEqual([width, density], [1728, 204]);
    assert.equal(height, Math.round((heightPx * 204) / (resolution === 'fine' ? 196 : 98)));
    const pels = await png.greyscale().raw().toBuffer();
    assert.ok(pels.every((value) => value === 0 || value === 255));
    // Lines of a PNG are lines of the page: the nearest ones.
    for (let y = 0; y < height; y += 7) {
      const row = Math.min(heightPx - 1, Math.floor(((y + 0.5) * heightPx) / height));
      const isRow = (line: number): boolean => {
        for (let x = 0; x < 1728; x++) {
          const black = (page.data[line * 216 + (x >> 3)]! >> (7 - (x & 7))) & 1;
          if (black !== Number(pels[y * 1728 + x] === 0)) return false;
        }
        return true;
      };
      assert.ok(
        [row, row - 1, row + 1].some((line) => line >= 0 && line < heightPx && isRow(line)),
        `line ${y}`,
      );
    }
  });
}

it('an empty page is a PNG too', async () => {
  assert.equal((await sharp(await pageToPng(drawnChart(1728, 0))).metadata()).height, 1);
});

it('a thumbnail has the shape of the paper in both resolutions, and shades for fine print', async () => {
  const fine = drawnChart(1728, 2200, 'fine');
  for (const raster of [fine, inResolution(fine, 'normal')]) {
    const small = await sharp(await pageToThumbnail(raster, 240))
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([small.info.width, small.info.height], [240, 318]);
    const large = await sharp(await pageToPng(raster))
      .greyscale()
      .raw()
      .toBuffer();
    const mean = (pels: Uint8Array): number => pels.reduce((sum, pel) => sum + pel, 0) / pels.length;
    assert.ok(Math.abs(mean(small.data) - mean(large)) < 1, 'as dark as the page');
    assert.ok(small.data.some((pel) => pel > 20 && pel < 235));
  }
});

it('a thumbnail of a page without lines is white', async () => {
  const { data } = await sharp(await pageToThumbnail(blankRaster(1728, 0, 'fine'), 10))
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.ok(data.every((pel) => pel === 255));
});
