import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';

/** An npm package that is part of the program, with what has to be said of it. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package says it. */
  readonly licence: string;
  /** Its licence and notice files, word for word; its README where it brings none. */
  readonly licenceText: string;
  /** Name and version of what its binaries were made of. */
  readonly contains: Readonly<Record<string, string>>;
  /** Of the archive that the registry gives, as the lock file has it; hexadecimal. */
  readonly sha512: string;
}

/** What package-lock.json says of the packages, by their folders (`node_modules/sharp`). */
export type LockedPackages = Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;

/** @param top folder of package-lock.json */
export async function readLock(top: string): Promise<LockedPackages> {
  return (await readJson<{ packages: LockedPackages }>(join(top, 'package-lock.json'))).packages;
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  /** An older form. */
  readonly licenses?: readonly { readonly type: string }[];
}

const licenceFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** @param folder where the package lies */
export async function describePackage(folder: string, lock: LockedPackages): Promise<NpmPackage> {
  const { name, version, license, licenses = [] } = await readJson<PackageJson>(join(folder, 'package.json'));
  const files = (await readdir(folder)).sort();
  const licences = files.filter((file) => licenceFile.test(file));
  const texts = licences.length > 0 ? licences : files.filter((file) => /^readme/i.test(file));
  return {
    name,
    version,
    sha512: sha512Of(lock, name, version),
    licence: license ?? licenses.map(({ type }) => type).join(' OR '),
    licenceText: (await Promise.all(texts.map((file) => readFile(join(folder, file), 'utf8')))).join('\n').trim(),
    contains: existsSync(join(folder, 'versions.json')) ? await readJson(join(folder, 'versions.json')) : {},
  };
}

function sha512Of(lock: LockedPackages, name: string, version: string): string {
  const place = Object.keys(lock).find(
    (folder) => folder.endsWith(`node_modules/${name}`) && lock[folder]!.version === version,
  );
  const [kind, base64] = place === undefined ? [] : lock[place]!.integrity.split(/-(.*)/s);
  if (kind !== 'sha512') throw new Error(`package-lock.json has no SHA-512 of ${name} ${version}`);
  return Buffer.from(base64!, 'base64').toString('hex');
}

export async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}

/**
 * The folder of a package in the version of the lock file, for any platform: the installed one, or fetched by npm and
 * compared with the lock file's integrity.
 * @param top folder of package-lock.json and node_modules
 * @param cache folder that fetched packages are kept in
 */
export async function lockedPackage(top: string, name: string, cache: string): Promise<string> {
  const installed = join(top, 'node_modules', name);
  if (existsSync(join(installed, 'package.json'))) return installed;
  const locked = (await readLock(top))[`node_modules/${name}`];
  if (!locked) throw new Error(`package-lock.json does not name ${name}`);
  const place = `${name.replace(/^@/, '').replace('/', '-')}-${locked.version}`;
  const folder = join(cache, place);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  await run('npm', ['pack', `${name}@${locked.version}`, '--pack-destination', cache, '--silent'], { cwd: cache });
  const packed = join(cache, `${place}.tgz`);
  const [kind, wanted] = locked.integrity.split(/-(.*)/s) as [string, string];
  const found = createHash(kind)
    .update(await readFile(packed))
    .digest('base64');
  if (found !== wanted) throw new Error(`${packed} is not what package-lock.json names`);
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  await run('tar', ['-xzf', packed, '-C', fresh, '--strip-components=1', '--no-same-owner']);
  await rename(fresh, folder);
  await rm(packed);
  return folder;
}
