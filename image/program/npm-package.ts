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
export async function describePackage(folder: string): Promise<NpmPackage> {
  const { name, version, license, licenses = [] } = await readJson<PackageJson>(join(folder, 'package.json'));
  const files = (await readdir(folder)).sort();
  const licences = files.filter((file) => licenceFile.test(file));
  const texts = licences.length > 0 ? licences : files.filter((file) => /^readme/i.test(file));
  return {
    name,
    version,
    licence: license ?? licenses.map(({ type }) => type).join(' OR '),
    licenceText: (await Promise.all(texts.map((file) => readFile(join(folder, file), 'utf8')))).join('\n').trim(),
    contains: existsSync(join(folder, 'versions.json')) ? await readJson(join(folder, 'versions.json')) : {},
  };
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
  const { packages } = await readJson<{ packages: Record<string, { version: string; integrity: string }> }>(
    join(top, 'package-lock.json'),
  );
  const locked = packages[`node_modules/${name}`];
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
