import { open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Content, makeFolder, syncFolder, writeAside } from '../lib/durable.ts';
import { idPattern } from '../lib/ids.ts';

/** Octets read from a spool file at once. */
const readBytes = 64 * 1024;

/**
 * The spool files: one a message, in 1024 folders by the end of its id. A file is written under its own name and synced;
 * what publishes it is the row in the queue's database (`schema.ts`), so it needs no rename.
 */
export class Spool {
  readonly #folder: string;
  readonly #folders = new Map<string, Promise<void>>();
  readonly #writing = new Set<string>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<Spool> {
    await makeFolder(folder);
    return new Spool(folder);
  }

  /**
   * Writes a message; when it resolves, file and name are on stable storage. The id counts as being written until
   * `written` is called. On an error nothing is left behind, and it is thrown.
   */
  async write(id: string, content: Content): Promise<number> {
    this.#writing.add(id);
    await this.#ready(id);
    const sizeBytes = await writeAside(this.#path(id), content);
    try {
      await syncFolder(this.#folderOf(id));
    } catch (error) {
      await this.remove(id);
      throw error;
    }
    return sizeBytes;
  }

  /** The row is there, or the file was given up. */
  written(id: string): void {
    this.#writing.delete(id);
  }

  /** @throws Error with code ENOENT when reading begins and the file is not there. */
  async *read(id: string): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#path(id));
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  /** @returns the size in bytes, undefined when the file is not there. */
  async size(id: string): Promise<number | undefined> {
    return stat(this.#path(id)).then((found) => found.size, goneAlready);
  }

  /** Removes a file, without waiting for the disk: one that comes back after a crash is an orphan. */
  async remove(id: string): Promise<void> {
    await unlink(this.#path(id)).catch(goneAlready);
  }

  /**
   * Removes files that no row names: last written `ageMs` ago or earlier (file times are the system's, whatever clock the queue has) and not being written now. @returns how many.
   */
  async removeOrphans(isKnown: (id: string) => boolean, ageMs: number): Promise<number> {
    const before = Date.now() - ageMs;
    let removed = 0;
    for (const folder of await this.#existing()) {
      for (const name of await readdir(join(this.#folder, folder))) {
        if (!idPattern.test(name) || this.#writing.has(name) || isKnown(name)) continue;
        const path = join(this.#folder, folder, name);
        const mtimeMs = await stat(path).then((found) => found.mtimeMs, goneAlready);
        // Asked again: the row may have been written, or the message begun, while the disk answered.
        if (mtimeMs === undefined || mtimeMs >= before || this.#writing.has(name) || isKnown(name)) continue;
        await unlink(path).catch(goneAlready);
        removed++;
      }
    }
    return removed;
  }

  /** The names in the folder of ids that end so. */
  async idsIn(folder: string): Promise<ReadonlySet<string>> {
    return new Set((await readdir(join(this.#folder, folder)).catch(goneAlready)) ?? []);
  }

  async #existing(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => name.length === 2);
  }

  #ready(id: string): Promise<void> {
    const folder = this.#folderOf(id);
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const made = makeFolder(folder);
    this.#folders.set(folder, made);
    made.catch(() => this.#folders.delete(folder));
    return made;
  }

  #folderOf(id: string): string {
    return join(this.#folder, id.slice(-2));
  }

  #path(id: string): string {
    return join(this.#folderOf(id), id);
  }
}

/** For rejections: undefined when the file is not there; @throws what else went wrong. */
function goneAlready(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
