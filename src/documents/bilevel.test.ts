import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rowBytes } from '../fax/raster.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { bilevel, type Grey } from './bilevel.ts';

function image(widthPx: number, heightPx: number, value: (x: number, y: number) => number): Grey {
  const data = Uint8Array.from({ length: widthPx * heightPx }, (_, at) =>
    value(at % widthPx, Math.floor(at / widthPx)),
  );
  return { widthPx, heightPx, data };
}

function isBlack(picture: Grey, x: number, y: number): boolean {
  return ((bilevel(picture).data[y * rowBytes(picture.widthPx) + (x >> 3)]! >> (7 - (x & 7))) & 1) === 1;
}

function blackShare(picture: Grey): number {
  const { data } = bilevel(picture);
  const black = data.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  return black / (picture.widthPx * picture.heightPx);
}

describe('bilevel', () => {
  it('grey strokes on white are black as a whole, and the white beside them white', () => {
    for (const grey of [100, 150, 180]) {
      const strokes = image(64, 64, (x) => (x % 16 >= 6 && x % 16 < 10 ? grey : 255));
      for (let x = 0; x < 64; x++) assert.equal(isBlack(strokes, x, 30), x % 16 >= 6 && x % 16 < 10, `${grey} at ${x}`);
    }
  });

  it('white strokes on grey stay white with black around them', () => {
    const strokes = image(64, 64, (x) => (x >= 30 && x < 33 ? 255 : 120));
    for (let x = 28; x < 35; x++) assert.equal(isBlack(strokes, x, 30), x < 30 || x >= 33);
  });

  it('black on a shaded row: the shade goes', () => {
    const row = image(64, 64, (x) => (x === 30 ? 0 : 217));
    assert.equal(blackShare(row), 1 / 64);
  });

  it('tones get darker step by step, from white to black', () => {
    const shares = [255, 216, 200, 160, 120, 90, 60, 0].map((tone) => blackShare(image(64, 64, () => tone)));
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
    assert.deepEqual([shares[0], shares[1], shares.at(-1)], [0, 0, 1]);
    assert.ok(Math.abs(blackShare(image(64, 64, () => 144)) - 0.5) < 0.03);
  });

  it('a halftone of a soft picture costs less than half of its changes pel by pel', () => {
    const soft = image(1728, 600, (x, y) => 128 + 60 * Math.sin(x / 200) * Math.cos(y / 90));
    const diffused = {
      widthPx: 1728,
      heightPx: 600,
      resolution: 'fine',
      data: new Uint8Array(216 * 600).fill(0x55),
    } as const;
    assert.ok(encodeMh(bilevel(soft)).length < encodeMh(diffused).length / 2);
  });

  it('takes pictures of any size', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 9],
      [13, 2],
    ] as const) {
      const { widthPx, heightPx, data } = bilevel(image(width, height, () => 128));
      assert.deepEqual([widthPx, heightPx, data.length], [width, height, ((width + 7) >> 3) * height]);
    }
  });
});
