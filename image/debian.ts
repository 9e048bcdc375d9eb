import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import { readLines } from './lines.ts';
import { run } from './run.ts';

/** Names as Debian has them. */
export type DebianArchitecture = 'amd64' | 'arm64';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** The downloaded file; apt has checked it against the archive's signature. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * Debian's packages for the image. apt works in a folder of its own with an empty status, so that what is installed on
 * the machine that builds does not matter, and packages of another architecture can be had. Nothing of a package is executed.
 */
export class Debian {
  readonly #folder: string;
  readonly #architecture: DebianArchitecture;

  /** @param folder kept between builds: lists and packages are downloaded once */
  constructor(folder: string, architecture: DebianArchitecture) {
    this.#folder = folder;
    this.#architecture = architecture;
  }

  /** Downloads what `packages.txt` names with all it depends on, less what it leaves out; in the order of names. */
  async fetch(list: PackageList): Promise<DebianPackage[]> {
    // Not apt's own cache: it tells no address of what it has there already.
    const archives = join(this.#folder, 'packages');
    for (const folder of ['state/lists/partial', 'cache/archives/partial', 'packages'])
      await mkdir(join(this.#folder, folder), { recursive: true });
    await writeFile(join(this.#folder, 'state/status'), '');
    await writeFile(join(this.#folder, 'apt.conf'), this.#configuration());
    await this.#apt('update');
    const named = list.names.map((name) => name.replace('ARCH', this.#architecture));
    const wanted = await this.#closure(named, list.leftOut);
    const packages = wanted.map((one) => ({ ...one, file: join(archives, one.file) }));
    const absent = packages.filter(({ file }) => !existsSync(file));
    if (absent.length > 0)
      await this.#apt(
        'download',
        absent.map(({ name, version }) => `${name}:${this.#architecture}=${version}`),
        archives,
      );
    const hashed = packages
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(async ({ name, version, file, size }) => {
        const bytes = await readFile(file);
        if (bytes.length !== size) throw new Error(`${file} is damaged: remove it and try again`);
        return { name, version, file, sha256: createHash('sha256').update(bytes).digest('hex') };
      });
    return Promise.all(hashed);
  }

  #configuration(): string {
    return [
      `APT::Architecture "${this.#architecture}";`,
      `APT::Architectures { "${this.#architecture}"; };`,
      `Dir::State "${join(this.#folder, 'state')}";`,
      `Dir::State::status "${join(this.#folder, 'state/status')}";`,
      `Dir::Cache "${join(this.#folder, 'cache')}";`,
      'APT::Install-Recommends "false";',
      'APT::Install-Suggests "false";',
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::Retries "3";',
      '',
    ].join('\n');
  }

  #apt(verb: string, parameters: readonly string[] = [], cwd?: string): Promise<string> {
    const options = { env: { APT_CONFIG: join(this.#folder, 'apt.conf') }, ...(cwd === undefined ? {} : { cwd }) };
    return run('apt-get', ['-qq', verb, ...parameters], options);
  }

  /** What apt would install into an empty system. */
  async #closure(
    names: readonly string[],
    leftOut: readonly string[],
  ): Promise<{ name: string; version: string; file: string; size: number }[]> {
    const printed = await this.#apt('install', ['--print-uris', '-y', ...names]);
    const found = [...printed.matchAll(/^'[^']+' (\S+) (\d+)/gm)];
    return found.flatMap(([, file, size]) => {
      const [name = '', version = ''] = file!.split('_');
      if (leftOut.some((pattern) => matchesGlob(name, pattern))) return [];
      return [{ name, version: decodeURIComponent(version), file: file!, size: Number(size) }];
    });
  }
}

export interface PackageList {
  readonly names: readonly string[];
  /** Patterns of names that are not taken though something depends on them. */
  readonly leftOut: readonly string[];
}

export async function readPackageList(file: string): Promise<PackageList> {
  const words = (await readLines(file)).map((line) => line.split(/\s+/)[0]!);
  return {
    names: words.filter((word) => !word.startsWith('-')),
    leftOut: words.filter((word) => word.startsWith('-')).map((word) => word.slice(1)),
  };
}
