import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { type PageCoding, pageDecoder } from './page-coding.ts';
import type { Raster } from './raster.ts';
import { encodeMh, encodeMr } from './t4-encode.ts';
import { anyRaster, drawnChart, fromPbm, fromRuns, pels, toPbm } from './test-rasters.ts';
import { tiffPage, writeTiff } from './tiff.ts';

/** libtiff and netpbm (Debian: libtiff-tools, netpbm) judge the codec: each reads what the other wrote. */

const folder = mkdtempSync(join(tmpdir(), 'caselli-t4-'));
after(() => rmSync(folder, { recursive: true }));

function run(command: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { error, status, stdout, stderr } = spawnSync(command, args, { input, maxBuffer: 1 << 26 });
  if (error !== undefined) throw new Error(`${command} is needed (Debian: libtiff-tools, netpbm)`, { cause: error });
  assert.equal(status, 0, `${command}: ${stderr}`);
  assert.ok(!/error|warning/i.test(String(stderr)), String(stderr));
  return stdout;
}

function file(name: string, content?: Uint8Array): string {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

function decode(bytes: Uint8Array, widthPx: number, coding: PageCoding = 'MH'): Raster {
  const decoder = pageDecoder(coding, { widthPx, resolution: 'fine', maxLines: 5000 });
  decoder.push(bytes);
  const page = decoder.end();
  assert.equal(page.badLines, 0);
  return page.raster;
}

function same(read: Raster, raster: Raster): void {
  assert.deepEqual([read.widthPx, read.heightPx], [raster.widthPx, raster.heightPx]);
  assert.ok(pels(read).equals(pels(raster)), 'other pels');
}

/** Every run of both colours on its own, so that each code is judged. */
const everyRun = fromRuns(
  2700,
  Array.from({ length: 2640 }, (_, run) => [run % 60, run, 3]),
);

const cases: readonly (readonly [name: string, raster: Raster])[] = [
  ['a drawn page', drawnChart(1728, 1200)],
  ['a drawn page of odd width', drawnChart(1001, 300)],
  ['every run', everyRun],
];

const odd = fc.sample(anyRaster, { numRuns: 12, seed: 1843 });

const codings = ['MH', 'MR', 'MMR'] as const;
const everything = [...cases, ...odd.map((raster, index) => [`random raster ${index}`, raster] as const)];

describe('libtiff reads our TIFF', () => {
  for (const coding of codings) {
    for (const [name, raster] of everything) {
      it(`${coding}: ${name}`, () => {
        const path = file('ours.tif', writeTiff([tiffPage(raster, coding)]));
        same(fromPbm(run('tifftopnm', [path])), raster);
      });
    }
  }

  it('all pages of a file, with sizes and resolutions as written', () => {
    const pages = [drawnChart(1728, 100), drawnChart(1728, 51, 'normal'), drawnChart(2048, 75)];
    const path = file('pages.tif', writeTiff(pages.map((page, index) => tiffPage(page, codings[index]))));
    const info = String(run('tiffinfo', [path]));
    assert.equal(info.match(/Compression Scheme: CCITT Group 3/g)?.length, 2);
    assert.equal(info.match(/Compression Scheme: CCITT Group 4/g)?.length, 1);
    assert.equal(info.match(/Group 3 Options: 2-d encoding/g)?.length, 1);
    assert.match(info, /Image Width: 1728 Image Length: 51\n\s+Resolution: 204, 98 pixels\/inch/);
    run('tiffcp', ['-c', 'none', path, file('plain.tif')]);
    const ends = pages.map((page) => page.data);
    const plain = readFileSync(file('plain.tif'));
    for (const data of ends) assert.ok(plain.includes(Buffer.from(data)), 'a page lacks');
  });

  it('MR with fill and aligned EOLs', () => {
    const raster = drawnChart(1728, 500);
    const mr = file('ours.g3', encodeMr(raster, 2, { minBitsPerLine: 288, alignEol: true }));
    run('fax2tiff', ['-M', '-2', '-X', '1728', '-o', file('fax.tif'), mr]);
    same(fromPbm(run('tifftopnm', ['-respectfillorder', file('fax.tif')])), raster);
  });

  it('MH with fill and aligned EOLs, as fax2tiff takes it from a modem (it takes RTC for lines)', () => {
    const raster = drawnChart(1728, 500);
    const mh = file('ours.g3', encodeMh(raster, { minBitsPerLine: 288, alignEol: true }));
    run('fax2tiff', ['-M', '-1', '-X', '1728', '-o', file('fax.tif'), mh]);
    same(fromPbm(run('tifftopnm', ['-respectfillorder', file('fax.tif')])), raster);
  });
});

const theirs = [
  ['g3:1d', 'MH'],
  ['g3:1d:fill', 'MH'],
  ['g3:2d', 'MR'],
  ['g3:2d:fill', 'MR'],
  ['g4', 'MMR'],
] as const;

describe('we read what libtiff wrote', () => {
  for (const [compression, coding] of theirs) {
    for (const [name, raster] of everything) {
      it(`${compression}: ${name}`, () => {
        const plain = run('pnmtotiff', ['-none', '-miniswhite'], toPbm(raster));
        run('tiffcp', ['-c', compression, '-r', '100000', file('plain.tif', plain), file('theirs.tif')]);
        same(decode(strip(readFileSync(file('theirs.tif'))), raster.widthPx, coding), raster);
      });
    }
  }
});

describe('netpbm', () => {
  it('g3topbm reads our MH', () => {
    const raster = drawnChart(1728, 700);
    same(fromPbm(run('g3topbm', ['-width=1728'], encodeMh(raster, { rtc: true }))), raster);
  });

  it('we read what pbmtog3 wrote', () => {
    for (const raster of [drawnChart(1728, 700), drawnChart(1733, 64)]) {
      same(decode(run('pbmtog3', ['-nofixedwidth'], toPbm(raster)), raster.widthPx), raster);
    }
  });
});

/** The one strip of a little-endian TIFF, in MSB-first order. */
function strip(tiff: Buffer): Uint8Array {
  assert.equal(tiff.toString('latin1', 0, 2), 'II');
  const at = tiff.readUInt32LE(4);
  const tags = new Map<number, number>();
  for (let entry = 0; entry < tiff.readUInt16LE(at); entry++) {
    const start = at + 2 + entry * 12;
    const short = tiff.readUInt16LE(start + 2) === 3;
    tags.set(tiff.readUInt16LE(start), short ? tiff.readUInt16LE(start + 8) : tiff.readUInt32LE(start + 8));
  }
  assert.equal(tags.get(266) ?? 1, 1, 'fill order');
  const offset = tags.get(273)!;
  return tiff.subarray(offset, offset + tags.get(279)!);
}
