import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boardDocument, boards } from '../hw/boards/index.ts';
import { boardScript } from '../image/disk.ts';
import { bundleProgram } from '../image/program.ts';
import { run } from '../image/run.ts';
import { put } from '../image/tree.ts';

/**
 * Fills the folder BR2_CASELLI_INPUT with what Buildroot cannot make: Node and the bundled program from npm, and what the
 * image says of itself and its board. Needs a network; Buildroot then needs none for these.
 *
 *     node/node-linux-ARCH-VERSION.tgz   as npm packs it
 *     caselli/root/…                     laid over the root of the box
 *     caselli/board.cfg                  what the boot loader adds to the kernel's words
 */
const top = fileURLToPath(new URL('..', import.meta.url));

const usage = `node_modules/.bin/node buildroot/prepare.ts --board NAME --key FILE [options]

  --board NAME     ${Object.keys(boards).join(', ')}
  --key FILE       public key (PEM) whose updates the box takes; may be given more than once
  --out FOLDER     (build/buildroot)
  --cache FOLDER   where downloads are kept (build/cache)
`;

interface Wanted {
  readonly board: string;
  readonly keys: readonly string[];
  readonly out: string;
  readonly cache: string;
}

async function prepare({ board: name, keys, out, cache }: Wanted): Promise<void> {
  const board = boards[name];
  if (!board || board.boot === 'raspberry-pi') throw new Error(`no board of Buildroot's: ${name}`);
  if (keys.length === 0) throw new Error('say whose updates the box takes: --key FILE');
  const architecture = board.architecture === 'aarch64' ? 'arm64' : 'x64';
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, 'node'), { recursive: true });
  const lock = JSON.parse(await readFile(join(top, 'package-lock.json'), 'utf8'));
  const node = `node-linux-${architecture}@${lock.packages['node_modules/node'].version}`;
  await run('npm', ['pack', '--silent', node, '--pack-destination', join(out, 'node')]);

  const caselli = join(out, 'caselli');
  const root = join(caselli, 'root');
  await bundleProgram({ out: join(root, 'usr/lib/caselli'), arch: architecture, cache });
  const seconds = process.env.SOURCE_DATE_EPOCH ?? (await run('git', ['log', '-1', '--format=%ct'], { cwd: top }));
  const facts = {
    product: 'caselli',
    board: board.name,
    version: JSON.parse(await readFile(join(top, 'package.json'), 'utf8')).version,
    builtAt: new Date(Number(seconds) * 1000).toISOString(),
    developmentKey: false,
  };
  await put(root, 'etc/caselli/image.json', `${JSON.stringify(facts, null, 2)}\n`);
  await put(root, 'etc/caselli/board.json', `${JSON.stringify(boardDocument(board), null, 2)}\n`);
  await put(root, 'etc/caselli/modules', `${[...board.modules, ...board.watchdog.modules].join('\n')}\n`);
  for (const file of keys) await put(root, `etc/caselli/keys/${basename(file)}`, await readFile(file));
  await put(caselli, 'board.cfg', boardScript(board));
  await cp(join(top, 'LICENSE'), join(caselli, 'LICENSE'));
}

const { values } = parseArgs({
  options: {
    board: { type: 'string', default: '' },
    key: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'build/buildroot' },
    cache: { type: 'string', default: 'build/cache' },
  },
});
try {
  await prepare({ board: values.board, keys: values.key, out: resolve(values.out), cache: resolve(values.cache) });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 64;
}
