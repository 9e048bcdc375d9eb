import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DebianArchitecture } from './debian.ts';
import { readLines } from './lines.ts';
import { run } from './run.ts';

/** Names of modules by the groups of `modules.txt`. */
export type ModuleGroups = ReadonlyMap<string, readonly string[]>;

export async function readModuleGroups(file: string, architecture: DebianArchitecture): Promise<ModuleGroups> {
  const groups = new Map<string, string[]>();
  let names: string[] = [];
  for (const line of await readLines(file)) {
    const group = /^\[(\w+)\]/.exec(line)?.[1];
    if (group !== undefined) {
      names = [];
      groups.set(group, names);
      continue;
    }
    const [name, only = architecture] = line.split(/\s+/);
    if (only === architecture) names.push(name!);
  }
  return groups;
}

/** What the kernel package's folder of modules says about them. */
interface ModuleIndex {
  /** Path below `lib/modules/VERSION` by name, with - as _. */
  readonly paths: ReadonlyMap<string, string>;
  /** Paths that a path needs, all the way down. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Names that are not modules but part of the kernel. */
  readonly builtIn: ReadonlySet<string>;
  /** Modules that should be loaded with one, though none says that it needs them. */
  readonly soft: ReadonlyMap<string, readonly string[]>;
}

const plain = (name: string): string => name.replaceAll('-', '_');
const nameOf = (path: string): string => plain(path.slice(path.lastIndexOf('/') + 1).replace(/\.ko(\.\w+)?$/, ''));

async function readIndex(folder: string): Promise<ModuleIndex> {
  const text = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');
  const needs = new Map<string, readonly string[]>();
  for (const line of (await text('modules.dep')).split('\n')) {
    const [path, rest = ''] = line.split(':');
    if (path) needs.set(path, rest.trim().split(/\s+/).filter(Boolean));
  }
  const soft = new Map<string, string[]>();
  for (const line of (await text('modules.softdep')).split('\n')) {
    const [, name, rest] = /^softdep (\S+) (.*)$/.exec(line) ?? [];
    if (name)
      soft.set(
        plain(name),
        rest!.split(/\s+/).filter((word) => !word.endsWith(':')),
      );
  }
  const builtIn = (await text('modules.builtin')).split('\n').filter(Boolean).map(nameOf);
  return {
    needs,
    soft,
    builtIn: new Set(builtIn),
    paths: new Map([...needs.keys()].map((path) => [nameOf(path), path])),
  };
}

/**
 * Copies the named modules with all they need into another tree and makes the indexes that modprobe reads.
 * @param from a tree with all modules of the kernel package
 * @returns how many files
 * @throws when a name is neither a module nor part of the kernel
 */
export async function copyModules(
  from: string,
  to: string,
  version: string,
  names: readonly string[],
): Promise<number> {
  const source = join(from, 'usr/lib/modules', version);
  const target = join(to, 'usr/lib/modules', version);
  const index = await readIndex(source);
  const paths = new Set<string>();
  const unknown: string[] = [];
  for (const name of names) {
    const path = index.paths.get(plain(name));
    if (path === undefined) {
      if (!index.builtIn.has(plain(name))) unknown.push(name);
      continue;
    }
    const soft = (index.soft.get(plain(name)) ?? []).flatMap((one) => index.paths.get(plain(one)) ?? []);
    for (const one of [path, ...soft]) for (const file of [one, ...index.needs.get(one)!]) paths.add(file);
  }
  if (unknown.length > 0)
    throw new Error(`modules.txt names what the kernel ${version} does not have: ${unknown.join(', ')}`);
  for (const path of paths) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await cp(join(source, path), join(target, path), { preserveTimestamps: true });
  }
  for (const file of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'])
    await cp(join(source, file), join(target, file), { preserveTimestamps: true });
  await makeIndex(to, version);
  // Only modprobe's own forms are needed; busybox reads the text.
  for (const file of ['modules.order', 'modules.builtin.modinfo', 'modules.devname'])
    await rm(join(target, file), { force: true });
  return paths.size;
}

/** `depmod` on a tree. */
export async function makeIndex(tree: string, version: string): Promise<void> {
  await run('depmod', ['-b', tree, version]);
}
