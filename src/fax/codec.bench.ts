import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePage, type PageCoding, pageDecoder } from './page-coding.ts';
import type { Raster } from './raster.ts';
import { drawnChart, fromPbm, toPbm } from './test-rasters.ts';

/**
 * The codec beside libtiff, in one run: `node src/fax/codec.bench.ts [PAGES]` prints milliseconds a page of each and their
 * ratio. libtiff is measured by its own tiffcp, which recompresses a file of many pages; what the same command takes to copy
 * the pages as they are is taken off. Pages: text set by Ghostscript, a chart with a screened area (Debian: libtiff-tools,
 * netpbm, ghostscript).
 */
const pages = Number(process.argv[2] ?? 150);
const rounds = 5;
const folder = mkdtempSync(join(tmpdir(), 'caselli-codec-'));
const at = (name: string): string => join(folder, name);

function run(command: string, args: readonly string[], input?: string | Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command}: ${error ?? stderr}`);
  return stdout;
}

function typesetPage(): Raster {
  const lines = Array.from({ length: 58 }, (_, n) => {
    const words = Array.from({ length: 11 }, (_, word) => ((n * 31 + word * 17) ** 3).toString(26).slice(0, 6));
    return `72 ${770 - n * 12} moveto (${words.join(' ')}) show`;
  });
  const page = `%!\n/Times-Roman findfont 11 scalefont setfont\n${lines.join('\n')}\nshowpage\n`;
  const pbm = run('gs', ['-q', '-sDEVICE=pbmraw', '-r204x196', '-g1728x2292', '-o-', '-'], page);
  return fromPbm(pbm);
}

/** Least of some runs, in milliseconds: what else the machine does only adds. */
function leastMs(work: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

const tiffOptions: Record<PageCoding, string> = { MH: 'g3:1d', MR: 'g3:2d', MMR: 'g4' };

function tiffcp(compression: string, from: string, to: string): number {
  return leastMs(() => run('tiffcp', ['-c', compression, '-r', '100000', at(from), at(to)]));
}

function compare(what: string, oursMs: number, theirsMs: number): void {
  const [ours, theirs] = [oursMs / pages, theirsMs / pages];
  const ratio = (theirs / ours).toFixed(2);
  process.stdout.write(`${what}: ${ours.toFixed(2)} ms a page, libtiff ${theirs.toFixed(2)}; ${ratio} of its speed\n`);
}

for (const [name, raster] of [
  ['text', typesetPage()],
  ['chart', drawnChart(1728, 2292)],
] as const) {
  writeFileSync(at('one.tif'), run('pnmtotiff', ['-none', '-miniswhite'], toPbm(raster)));
  run('tiffcp', ['-c', 'none', '-r', '100000', ...Array.from({ length: pages }, () => at('one.tif')), at('plain.tif')]);
  const copyMs = tiffcp('none', 'plain.tif', 'copy.tif');
  for (const coding of ['MH', 'MR', 'MMR'] as const) {
    const theirEncodeMs = tiffcp(tiffOptions[coding], 'plain.tif', 'coded.tif') - copyMs;
    const theirDecodeMs = tiffcp('none', 'coded.tif', 'back.tif') - copyMs;
    const coded = encodePage(raster, coding);
    const encodeMs = leastMs(() => {
      for (let page = 0; page < pages; page++) encodePage(raster, coding);
    });
    const decodeMs = leastMs(() => {
      for (let page = 0; page < pages; page++) {
        const decoder = pageDecoder(coding, { widthPx: raster.widthPx, resolution: 'fine', maxLines: 5000 });
        decoder.push(coded);
        decoder.end();
      }
    });
    compare(`${name}, ${coding} encode (${Math.round(coded.length / 1024)} KB)`, encodeMs, theirEncodeMs);
    compare(`${name}, ${coding} decode`, decodeMs, theirDecodeMs);
  }
}
rmSync(folder, { recursive: true });
