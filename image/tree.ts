import {
  chmod,
  cp,
  glob,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { DebianPackage } from './debian.ts';
import { isElf, neededLibraries, readElf } from './elf.ts';
import { readLines } from './lines.ts';
import { run } from './run.ts';

/** Folders that are one with those below usr/. */
const merged = ['bin', 'sbin', 'lib', 'lib64'];

/** An empty root with merged usr/, as Debian's packages expect it. */
export async function makeRoot(root: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  for (const name of merged) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
}

/** Unpacks packages over each other; none of their scripts runs. */
export async function unpack(root: string, packages: readonly DebianPackage[]): Promise<void> {
  // `dpkg-deb -x` would put a folder in the place of the links that make one of lib and usr/lib.
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -x --no-same-owner --keep-directory-symlink -C "$2"';
  for (const { file } of packages) await run('bash', ['-o', 'pipefail', '-c', script, 'unpack', file, root]);
  for (const name of merged)
    if (!(await lstat(join(root, name))).isSymbolicLink()) throw new Error(`a package replaced /${name} by a folder`);
}

/** Takes away what `prune.txt` names, and programs that `programs.txt` does not. */
export async function prune(root: string, pruneList: string, programList: string): Promise<void> {
  for (const pattern of await readLines(pruneList))
    for await (const path of glob(pattern, { cwd: root })) await rm(join(root, path), { recursive: true, force: true });
  const programs = new Set(await readLines(programList));
  for (const folder of ['usr/bin', 'usr/sbin'])
    for (const name of await readdir(join(root, folder)))
      if (!programs.has(name)) await rm(join(root, folder, name), { recursive: true });
}

/** All files and folders below a root, relative, in order; folders before what is in them. */
export async function* walk(root: string, below = ''): AsyncGenerator<string> {
  for (const entry of (await readdir(join(root, below), { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    yield path;
    if (entry.isDirectory()) yield* walk(root, path);
  }
}

/** Plain files that are programs or shared libraries. */
async function elfFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of walk(root)) {
    if (path.endsWith('.ko')) continue;
    const file = join(root, path);
    if ((await lstat(file)).isFile() && (await isElf(file))) found.push(path);
  }
  return found;
}

/** Libraries of Debian stand here; whatever stands elsewhere is wanted for itself. */
const isSystemLibrary = (path: string): boolean => /^usr\/lib\/[^/]+-linux-gnu[^/]*\/[^/]+\.so[^/]*$/.test(path);
/** Loaded by name at run time. */
const loadedByName = /^lib(nss_(files|dns)|resolv|gcc_s)\b/;

/**
 * Removes the shared libraries that nothing asks for.
 * @throws when something asks for one that is not there
 */
export async function removeUnusedLibraries(root: string): Promise<void> {
  const files = (await readElf((await elfFiles(root)).map((path) => join(root, path)))).map((file) => ({
    ...file,
    path: relative(root, file.path),
  }));
  const libraries = files.filter(({ path }) => path.includes('.so'));
  const wanted = files.filter(
    ({ path }) => !isSystemLibrary(path) || loadedByName.test(path.slice(path.lastIndexOf('/') + 1)),
  );
  const { needed, missing } = neededLibraries(wanted, libraries);
  const lost = [...missing].filter((name) => !name.startsWith('ld-musl') && !name.startsWith('libc.musl'));
  if (lost.length > 0) throw new Error(`libraries that something in the image needs are not there: ${lost.join(', ')}`);
  const keep = new Set([...needed, ...wanted.map(({ path }) => path)]);
  for (const { path } of files) if (isSystemLibrary(path) && !keep.has(path)) await unlink(join(root, path));
  await removeDanglingLinks(root);
}

/** Links that lead nowhere after pruning. Those into places that exist only on the running box stay. */
async function removeDanglingLinks(root: string): Promise<void> {
  for await (const path of walk(root, 'usr')) {
    const file = join(root, path);
    const stat = await lstat(file).catch(() => undefined);
    if (!stat?.isSymbolicLink()) continue;
    const to = await readlink(file);
    if (to.startsWith('/run/') || to.startsWith('/proc/')) continue;
    const target = to.startsWith('/') ? join(root, to) : join(dirname(file), to);
    if (!(await lstat(target).catch(() => undefined))) await unlink(file);
  }
}

/** Ghostscript's list of fonts: what Debian's `update-gsfonts` would gather at installation. */
export async function gatherFontmap(root: string): Promise<void> {
  const folder = join(root, 'etc/ghostscript/fontmap.d');
  const parts = await Promise.all(
    (await readdir(folder)).toSorted().map((name) => readFile(join(folder, name), 'utf8')),
  );
  await put(root, 'usr/share/ghostscript/fonts/Fontmap', parts.join('\n'));
  await rm(join(root, 'etc/ghostscript'), { recursive: true });
}

/** Ghostscript's maps from characters to glyphs: what the installation of Debian's `poppler-data` would link together. */
export async function gatherCharacterMaps(root: string): Promise<void> {
  const maps = join(root, 'usr/share/poppler/cMap');
  for await (const resources of glob('usr/share/ghostscript/*/Resource', { cwd: root })) {
    const folder = join(root, resources, 'CMap');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for await (const path of walk(maps))
      if ((await lstat(join(maps, path))).isFile())
        await cp(join(maps, path), join(folder, basename(path)), { preserveTimestamps: true });
  }
  await rm(dirname(maps), { recursive: true });
}

/** The names that busybox has, as links in usr/bin, where no program of that name stands. */
export async function linkBusybox(root: string, busybox: string): Promise<void> {
  for (const name of (await run(busybox, ['--list'])).split('\n').filter(Boolean)) {
    if (name === 'busybox') continue;
    const taken = await Promise.all(
      ['usr/bin', 'usr/sbin'].map((folder) => lstat(join(root, folder, name)).catch(() => undefined)),
    );
    if (taken.every((one) => one === undefined)) await symlink('busybox', join(root, 'usr/bin', name));
  }
  for (const name of ['init', 'reboot', 'poweroff', 'modprobe'])
    await symlink('../bin/busybox', join(root, 'usr/sbin', name));
}

/** Copies a folder of ours over the tree; modes are 755 for folders and scripts, 644 for the rest, whatever the umask of the clone was. */
export async function lay(root: string, overlay: string): Promise<void> {
  for await (const path of walk(overlay)) {
    const from = join(overlay, path);
    const to = join(root, path);
    const stat = await lstat(from);
    if (stat.isDirectory()) await mkdir(to, { recursive: true });
    else if (stat.isSymbolicLink()) await symlink(await readlink(from), to);
    else {
      await cp(from, to);
      const script = (await readFile(from)).subarray(0, 2).toString('latin1') === '#!';
      await chmod(to, script ? 0o755 : 0o644);
    }
  }
}

export async function put(root: string, path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
  await chmod(join(root, path), mode);
}

/** Nothing in the image is newer than its build, and nothing tells when or by whom it was built. */
export async function settle(root: string, epochSeconds: number): Promise<void> {
  for await (const path of walk(root)) {
    const file = join(root, path);
    const stat = await lstat(file);
    if (stat.isDirectory()) await chmod(file, 0o755);
    else if (stat.isFile() && (stat.mode & 0o6022) !== 0) await chmod(file, stat.mode & 0o755);
    const modified = stat.isFile() ? Math.min(Math.floor(stat.mtimeMs / 1000), epochSeconds) : epochSeconds;
    await lutimes(file, epochSeconds, modified);
  }
}
