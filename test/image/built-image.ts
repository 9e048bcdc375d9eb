import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Built, buildImage } from '../../image/build.ts';
import { type ImageOptions, readOptions } from '../../image/options.ts';
import { run } from '../../image/run.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { waitForLock } from '../../src/lib/lock.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
/** Kept between runs; the test files of one run share what the first one builds. */
const folder = join(top, 'build/test');
const buildTimeMs = 10 * 60_000;

/**
 * The image of a board with a development key, built when sources have changed since the last time.
 * @param more options of `npm run image`
 */
export async function builtImage(board: string, more: readonly string[] = []): Promise<Built> {
  await mkdir(folder, { recursive: true });
  const out = join(folder, [board, ...more].join(' ').replaceAll(/[^a-z0-9_.-]+/gi, '-'));
  const words = [
    '--board',
    board,
    '--dev-key',
    '--out',
    out,
    '--cache',
    join(top, 'build/cache'),
    '--compression',
    '1',
  ];
  const options: ImageOptions = readOptions([...words, ...more]);
  const unlock = await waitForLock(join(folder, 'lock'), systemClock, buildTimeMs);
  if (!unlock) throw new Error('another test builds the image for too long');
  try {
    const mark = join(out, 'built.json');
    const sources = await sourcesHash();
    const held = await readFile(mark, 'utf8').then(
      (text) => JSON.parse(text) as { sources: string; built: Built },
      () => undefined,
    );
    if (held?.sources === sources) return held.built;
    await rm(out, { recursive: true, force: true });
    const built = await buildImage(options, () => {});
    await writeFile(mark, JSON.stringify({ sources, built }));
    return built;
  } finally {
    await unlock();
  }
}

/** Of every file that goes into the image, as it is now. */
async function sourcesHash(): Promise<string> {
  const wanted = ['src', 'hw', 'image', 'package.json', 'package-lock.json'];
  const names = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...wanted], {
    cwd: top,
  });
  const hash = createHash('sha256');
  for (const name of names
    .split('\0')
    .filter((one) => one && !one.endsWith('.test.ts'))
    .toSorted()) {
    hash.update(name);
    hash.update(await readFile(join(top, name)).catch(() => ''));
  }
  return hash.digest('hex');
}

/** Where the boot partition begins in the image (genimage.cfg). */
const espOffset = 2 * 1024 * 1024;

/** A fresh disk of some size with the image on it, as after flashing; the image itself stays as it is. */
export async function flashed(image: string, disk: string, size = '2G'): Promise<void> {
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'raw', disk, size]);
}

/** A copy of an image whose kernel gets further words, as somebody with the disk in hand can give it. */
export async function withKernelWords(image: string, words: string, copy: string): Promise<void> {
  await run('cp', ['--sparse=always', image, copy]);
  const where = `${copy}@@${espOffset}`;
  const text = await run('mtype', ['-i', where, '::/grub/board.cfg']);
  const changed = `${copy}.board.cfg`;
  await writeFile(changed, text.replace(/(board_arguments=")/, `$1${words} `));
  await run('mcopy', ['-o', '-i', where, changed, '::/grub/board.cfg']);
  await rm(changed);
}
