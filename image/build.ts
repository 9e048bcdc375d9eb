import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boardDocument } from '../hw/boards/index.ts';
import { makeBundle } from './bundle.ts';
import { Debian, type DebianArchitecture, type DebianPackage, readPackageList } from './debian.ts';
import { makeData, makeDisk, makeSquashfs } from './disk.ts';
import { makeInitramfs } from './initramfs.ts';
import { bringKernel, isKernelPackage } from './kernel.ts';
import { copyModules, readModuleGroups } from './kernel-modules.ts';
import { bringNode } from './node-runtime.ts';
import { type ImageOptions, readOptions, usage } from './options.ts';
import { bundleProgram } from './program.ts';
import { makeCard } from './raspberry-pi.ts';
import { run } from './run.ts';
import { billOfMaterials, type Component, debianComponent } from './sbom.ts';
import {
  gatherCharacterMaps,
  gatherFontmap,
  lay,
  linkBusybox,
  makeRoot,
  prune,
  put,
  removeUnusedLibraries,
  settle,
  unpack,
} from './tree.ts';

/**
 * Builds the firmware: packages → tree → squashfs → disk, one function a step. Nothing is mounted, nothing of the image
 * is executed. The same sources and packages give the same bytes.
 */

const sources = fileURLToPath(new URL('.', import.meta.url));
const top = resolve(sources, '..');
const inSources = (path: string): string => join(sources, path);

export interface Built {
  /** The tree, for tests that look inside. */
  readonly tree: string;
  readonly squashfs: string;
  readonly disk: string;
  /** The signed update; not made without a key. */
  readonly bundle: string;
  readonly kernel: string;
  readonly initramfs: string;
  readonly bill: string;
  readonly version: string;
  readonly epoch: number;
}

/** @param say told each step */
export async function buildImage(options: ImageOptions, say: (line: string) => void): Promise<Built> {
  const { board } = options;
  const architecture: DebianArchitecture = board.architecture === 'aarch64' ? 'arm64' : 'amd64';
  const nodeArchitecture = architecture === 'arm64' ? 'arm64' : 'x64';
  const cache = resolve(options.cache);
  const out = resolve(options.out);
  const work = join(out, `work-${board.name}`);
  const root = join(work, 'tree');
  const epoch = await buildTime();
  const builtAt = new Date(epoch * 1000).toISOString();
  const version = options.version ?? (await packageVersion());
  const components: Component[] = [];
  /** Full texts, as the licences ask. */
  const licences: string[] = [];
  await mkdir(work, { recursive: true });

  const packages = await new Debian(join(cache, `debian-${architecture}`), architecture).fetch(
    await readPackageList(inSources('packages.txt')),
  );
  say(`${packages.length} Debian packages`);
  const kernelSource = await bringKernel(board, packages, options.bootFiles, join(work, 'kernel'));
  const { tree: kernelTree, version: kernelVersion } = kernelSource;
  await makeRoot(root);
  await unpack(
    root,
    packages.filter((one) => !isKernelPackage(one)),
  );
  for (const one of packages) {
    const text = await copyright(isKernelPackage(one) ? kernelTree : root, one);
    components.push(debianComponent(one, architecture, text));
    licences.push(`${one.name} ${one.version}\n\n${text}`);
  }
  await prune(root, inSources('prune.txt'), inSources('programs.txt'));
  await gatherFontmap(root);
  await gatherCharacterMaps(root);
  const groups = await readModuleGroups(inSources('modules.txt'), architecture);
  const modules = [
    ...new Set([...[...groups.values()].flat(), ...board.startModules, ...board.modules, ...board.watchdog.modules]),
  ];
  const moduleFiles = await copyModules(kernelTree, root, kernelVersion, modules);
  say(`kernel ${kernelVersion}, ${moduleFiles} modules`);

  const node = await bringNode(join(top, 'package-lock.json'), nodeArchitecture, cache, join(root, 'usr/bin/node'));
  components.push({
    name: 'node',
    version: node.version,
    licence: 'MIT and others',
    kind: 'application',
    purl: `pkg:npm/node-linux-${nodeArchitecture}@${node.version}`,
    hash: { alg: 'SHA-256', content: node.sha256 },
  });
  const program = await bundleProgram({ out: join(root, 'usr/lib/caselli'), arch: nodeArchitecture, cache });
  for (const one of program.packages)
    components.push({
      name: one.name,
      version: one.version,
      licence: one.licence,
      kind: 'library',
      purl: `pkg:npm/${one.name}@${one.version}`,
      hash: { alg: 'SHA-512', content: one.sha512 },
      contains: one.contains,
    });
  say(`Node ${node.version}, the program with ${program.packages.length} npm packages`);

  await lay(root, inSources('overlay'));
  await linkBusybox(root, await hostBusybox(join(root, 'usr/bin/busybox'), architecture));
  for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp', 'data', 'boot', 'root'])
    await mkdir(join(root, folder), { recursive: true });
  await symlink('/run', join(root, 'var'));
  const facts = { product: 'caselli', board: board.name, version, builtAt, developmentKey: options.developmentKey };
  await put(root, 'etc/caselli/image.json', `${JSON.stringify(facts, null, 2)}\n`);
  await put(root, 'etc/caselli/board.json', `${JSON.stringify(boardDocument(board), null, 2)}\n`);
  await put(root, 'etc/caselli/modules', `${[...board.modules, ...board.watchdog.modules].join('\n')}\n`);
  await placeKeys(root, options);
  if (options.firmware !== undefined) await cp(options.firmware, join(root, 'usr/lib/firmware'), { recursive: true });
  licences.push(
    `node ${node.version}\n\n${node.licence}`,
    ...program.packages.map(({ name, version, licenceText }) => `${name} ${version}\n\n${licenceText}`),
  );
  await put(root, 'usr/share/caselli/licences.txt', licences.join(`\n\n${'—'.repeat(60)}\n\n`));
  const bill = billOfMaterials({ version, board: board.name, builtAt }, components);
  await put(root, 'usr/share/caselli/sbom.json', bill);
  await removeUnusedLibraries(root);

  const initramfs = await makeInitramfs({
    kernelTree,
    kernelVersion,
    modules: [...(groups.get('start') ?? []), ...board.startModules],
    always: groups.get('always') ?? [],
    busybox: join(root, 'usr/bin/busybox'),
    init: inSources('initramfs/init'),
    work: join(work, 'initramfs'),
  });
  await put(root, 'boot/initrd', initramfs);
  await cp(kernelSource.image, join(root, 'boot/vmlinuz'));
  await settle(root, epoch);
  const names = `caselli-${version}-${board.name}`;
  const squashfs = join(out, `${names}.squashfs`);
  const size = await makeSquashfs(root, squashfs, options.compressionLevel, epoch);
  say(`system: ${megabytes(size)} (tree ${megabytes(await treeBytes(root))})`);

  const key = options.signWith ?? (options.developmentKey ? await developmentKey(options.cache) : undefined);
  const bundle = join(out, `${names}.cas`);
  if (key !== undefined) {
    await makeBundle({ squashfs, out: bundle, board: board.name, version, builtAt, key: await readFile(key, 'utf8') });
    say(`update: ${megabytes((await stat(bundle)).size)}, ${bundle}`);
  }

  const disk = join(out, `${names}.img`);
  const making = join(work, 'disk');
  await rm(making, { recursive: true, force: true });
  if (board.boot === 'raspberry-pi') {
    const data = join(work, 'data.img');
    await makeData(data, epoch);
    const initrd = join(root, 'boot/initrd');
    const boot = {
      kernel: kernelSource.image,
      initramfs: initrd,
      deviceTree: kernelSource.deviceTree!,
      firmware: options.bootFiles!,
    };
    await makeCard({ board, boot, squashfs, data, sources, work: making, out: disk, epoch });
  } else {
    await makeDisk({ board, squashfs, sources, work: making, out: disk, epoch });
  }
  say(`disk: ${megabytes((await stat(disk)).size)}, ${disk}`);
  const kernel = join(out, `${names}.vmlinuz`);
  await cp(join(root, 'boot/vmlinuz'), kernel);
  const initrd = join(out, `${names}.initrd`);
  await cp(join(root, 'boot/initrd'), initrd);
  const billFile = join(out, `${names}.sbom.json`);
  await writeFile(billFile, bill);
  return { tree: root, squashfs, disk, bundle, kernel, initramfs: initrd, bill: billFile, version, epoch };
}

/** Seconds: of the last commit, or as the environment says (reproducible-builds.org). */
async function buildTime(): Promise<number> {
  const said = Number(process.env.SOURCE_DATE_EPOCH);
  if (Number.isInteger(said) && said > 0) return said;
  return Number((await run('git', ['log', '-1', '--format=%ct'], { cwd: top })).trim());
}

async function packageVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(top, 'package.json'), 'utf8')) as { version: string }).version;
}

async function copyright(root: string, { name }: DebianPackage): Promise<string> {
  return readFile(join(root, 'usr/share/doc', name, 'copyright'), 'latin1').catch(() => '');
}

/** busybox of this machine's own architecture tells the names of all. */
async function hostBusybox(ofImage: string, architecture: DebianArchitecture): Promise<string> {
  const own: DebianArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  return architecture === own ? ofImage : '/bin/busybox';
}

async function treeBytes(root: string): Promise<number> {
  return Number((await run('du', ['-sb', root])).split('\t')[0]);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** This machine's development key, made at the first use. */
export async function developmentKey(cache: string): Promise<string> {
  const file = join(resolve(cache), 'development-key.pem');
  if (!existsSync(file)) {
    await mkdir(resolve(cache), { recursive: true });
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return file;
}

async function placeKeys(root: string, options: ImageOptions): Promise<void> {
  for (const file of options.keys) await put(root, `etc/caselli/keys/${basename(file)}`, await readFile(file));
  if (!options.developmentKey) return;
  const secret = createPrivateKey(await readFile(await developmentKey(options.cache)));
  const key = createPublicKey(secret).export({ type: 'spki', format: 'pem' });
  await put(root, 'etc/caselli/keys/development.pem', key);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function main(): Promise<void> {
  const started = performance.now();
  const say = (line: string): void => {
    process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  let options: ImageOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 64;
    return;
  }
  if (options.programOnly) {
    const arch = options.board.architecture === 'aarch64' ? 'arm64' : 'x64';
    const { files } = await bundleProgram({ out: resolve(options.out), arch, cache: resolve(options.cache) });
    say(`program: ${files.length} files in ${options.out}`);
    return;
  }
  const built = await buildImage(options, say);
  for (const file of [built.disk, built.squashfs]) say(`${await sha256(file)}  ${basename(file)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
