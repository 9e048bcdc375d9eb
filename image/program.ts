import { chmod, copyFile, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { latePackages } from './program/late-packages.ts';
import { leanFastify, leanHttp } from './program/lean.ts';
import { describePackage, lockedPackage, type NpmPackage, readLock } from './program/npm-package.ts';
import { ownFiles } from './program/own-files.ts';

/**
 * The program as it lies in the image, /usr/lib/caselli: scripts made of the sources and all their packages, what is
 * loaded late in files of its own, and beside them the few native modules of one platform. The same sources give the same
 * bytes.
 */
export interface ProgramOptions {
  /** Folder to fill; what is in it is removed. */
  readonly out: string;
  /** Processor of the box, in Node's words. */
  readonly arch: 'x64' | 'arm64';
  /** Folder that packages of other platforms are kept in. */
  readonly cache: string;
}

export interface Program {
  /** Paths below `out`, sorted. */
  readonly files: readonly string[];
  /** Every npm package that is inside, sorted by name. */
  readonly packages: readonly NpmPackage[];
}

const top = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Scripts that the image starts, by their names. */
const entries: Readonly<Record<string, string>> = {
  main: 'src/main.ts',
  helper: 'src/system/privileged/helper.ts',
  documents: 'src/documents/service-process.ts',
};

/** Finds its native part beside itself, so it stays a package. */
const serialBindings = '@serialport/bindings-cpp';

const options = {
  absWorkingDir: top,
  // node_modules may be a link to elsewhere, which nobody should see from inside.
  preserveSymlinks: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  metafile: true,
  write: false,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Bundles the program. @throws when a source cannot be bundled or a package cannot be had */
export async function bundleProgram({ out, arch, cache }: ProgramOptions): Promise<Program> {
  await rm(out, { recursive: true, force: true });
  const scripts = await bundleScripts(out);
  for (const { path, contents } of scripts.outputFiles) await place(path, contents);
  // Node need not guess what kind of scripts these are.
  await place(join(out, 'package.json'), '{ "type": "module" }\n');
  for (const asset of scripts.assets) await cp(join(top, 'src', asset), join(out, asset), { recursive: true });
  const folders = [...packageFolders(scripts.metafile), ...(await placeNative(out, arch, cache))];
  const lock = await readLock(top);
  const packages = await Promise.all([...new Set(folders)].sort().map((folder) => describePackage(folder, lock)));
  await evenModes(out);
  return { files: await filesBelow(out), packages: packages.sort(byName) };
}

async function bundleScripts(out: string) {
  const own = ownFiles(join(top, 'src'));
  const points = new Map(Object.entries(entries).map(([name, path]) => [name, join(top, path)]));
  for (;;) {
    const result = await build({
      ...options,
      entryPoints: Object.fromEntries(points),
      splitting: true,
      outdir: out,
      chunkNames: '[name]-[hash]',
      plugins: [own.plugin, latePackages(top), leanHttp, leanFastify],
      external: [serialBindings, '*.node', 'cpu-features'],
      legalComments: 'none',
      // Packages of the older kind know where they lie.
      define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
      // Less to read at the start and to keep in memory; names stay, for what is said when something breaks.
      minifyWhitespace: true,
      minifySyntax: true,
      // Packages of the older kind ask for Node's own modules by `require`.
      banner: {
        js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
      },
    });
    const found = [...own.entries].filter(([name]) => !points.has(name));
    if (found.length === 0) return { ...result, assets: own.assets };
    for (const [name, path] of found) points.set(name, path);
  }
}

/** Native modules and what loads them. @returns the folders of their packages */
async function placeNative(out: string, arch: string, cache: string): Promise<string[]> {
  const modules = join(out, 'node_modules');
  const { metafile } = await build({ ...options, entryPoints: [serialBindings], format: 'cjs' });
  const serial = Object.keys(metafile.inputs);
  for (const path of serial) await copy(join(top, path), join(out, path));
  const folders = packageFolders(metafile);
  for (const folder of folders)
    await copy(join(folder, 'package.json'), join(out, relative(top, folder), 'package.json'));
  const prebuilt = `prebuilds/linux-${arch}/@serialport+bindings-cpp.${arch === 'arm64' ? 'armv8.' : ''}glibc.node`;
  await copy(join(top, 'node_modules', serialBindings, prebuilt), join(modules, serialBindings, prebuilt));
  for (const name of [`@img/sharp-linux-${arch}`, `@img/sharp-libvips-linux-${arch}`]) {
    const folder = await lockedPackage(top, name, cache);
    const wanted = (await filesBelow(folder)).filter((path) => /^package\.json$|\.(?:cjs|node|so[.0-9]*)$/.test(path));
    for (const path of wanted) await copy(join(folder, path), join(modules, name, path));
    folders.push(folder);
  }
  return folders;
}

/** Folders of the packages whose files were bundled. */
function packageFolders({ inputs }: Metafile): string[] {
  const folders = Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].map((folder) => join(top, folder));
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

async function place(path: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}

async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Whatever the builder's umask and checkout are. */
async function evenModes(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

function byName(a: NpmPackage, b: NpmPackage): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1;
}
