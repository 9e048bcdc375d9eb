import { link, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Raster } from '../fax/raster.ts';
import { T4Decoder } from '../fax/t4-decode.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { makeFolder, syncFolder, writeAside } from '../lib/durable.ts';
import { idPattern } from '../lib/ids.ts';
import type { PageFile } from './fax-record.ts';

/** Most scan lines of a page: 1.8 m of paper in fine resolution, as reception has it. */
const pageLinesLimit = 14_000;

/** What a row of a page says. */
export interface KeptFile extends Omit<PageFile, 'file'> {
  /** Name in the fax's folder. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** The page files of the archive, a folder for each fax. Knows nothing of rows. */
export class PageFiles {
  readonly #folder: string;
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  path(fax: string, name: string): string {
    return join(this.#folderOf(fax), name);
  }

  /** Resolves when all are on stable storage. Each is taken when its turn comes. */
  async write(
    fax: string,
    rasters: Iterable<{ readonly page: number; load(): Promise<Raster> }>,
    taken: ReadonlySet<string>,
  ): Promise<KeptFile[]> {
    await makeFolder(this.#folderOf(fax));
    const kept: KeptFile[] = [];
    for (const { page, load } of rasters) {
      const raster = await load();
      const { widthPx, heightPx, resolution } = raster;
      const name = this.#newName(page, taken);
      // Remains of a page that could not be kept.
      await rm(this.path(fax, name), { force: true });
      const sizeBytes = await writeAside(this.path(fax, name), encodeMh(raster));
      kept.push({ page, name, widthPx, resolution, lines: heightPx, badLines: 0, longestBadRun: 0, sizeBytes });
    }
    await syncFolder(this.#folderOf(fax));
    return kept;
  }

  /** Takes synced files over, under other names: the same octets, no further space. */
  async takeOver(fax: string, pages: readonly PageFile[]): Promise<KeptFile[]> {
    await this.remove(fax);
    await makeFolder(this.#folderOf(fax));
    const kept: KeptFile[] = [];
    for (const { file, ...page } of pages) {
      const name = this.#newName(page.page, new Set());
      const sizeBytes = await this.#adopt(file, this.path(fax, name));
      kept.push({ ...page, name, sizeBytes });
    }
    await syncFolder(this.#folderOf(fax));
    return kept;
  }

  async read({ file, widthPx, resolution }: PageFile): Promise<Raster> {
    const decoder = new T4Decoder({ widthPx, resolution, maxLines: pageLinesLimit });
    decoder.push(await readFile(file));
    return decoder.end().raster;
  }

  async removeOne(fax: string, name: string): Promise<void> {
    await rm(this.path(fax, name), { force: true });
  }

  async remove(fax: string): Promise<void> {
    await rm(this.#folderOf(fax), { recursive: true, force: true });
  }

  /** Removes what no row names: `named` tells the files of a fax, undefined when there is no such fax. */
  async tidy(named: (fax: string) => ReadonlySet<string> | undefined): Promise<void> {
    for (const fax of await readdir(this.#folder)) {
      const names = named(fax);
      if (!names) {
        await rm(join(this.#folder, fax), { recursive: true, force: true });
        continue;
      }
      for (const name of await readdir(join(this.#folder, fax)))
        if (!names.has(name)) await rm(join(this.#folder, fax, name), { force: true });
    }
  }

  async #adopt(from: string, to: string): Promise<number> {
    try {
      await link(from, to);
    } catch (error) {
      // File systems without hard links.
      if (!['EPERM', 'EXDEV', 'ENOTSUP', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await writeAside(to, await readFile(from));
    }
    return (await stat(to)).size;
  }

  /** A page that is kept anew must not meet what is there. */
  #newName(page: number, taken: ReadonlySet<string>): string {
    for (;;) {
      const name = `${String(page).padStart(4, '0')}-${this.#made++}.g3`;
      if (!taken.has(name)) return name;
    }
  }

  #folderOf(fax: string): string {
    if (!idPattern.test(fax)) throw new Error(`${fax} is no id of a fax`);
    return join(this.#folder, fax);
  }
}
