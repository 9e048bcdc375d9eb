import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, readdir, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../lib/durable.ts';
import { type BackupPart, isLeftOut } from './parts.ts';

/**
 * A copy of the data folder as of one moment, taken while the box runs, on the same file system: files are hard links,
 * databases are copied by SQLite's own backup. It takes seconds and little room; what is slow (packing, sending) then works
 * on the copy, whatever happens to the data meanwhile.
 *
 * Why links are enough: files of a box never change after they have their name, or are replaced by a rename. What changes
 * are names (a mailbox's flags) and databases. So a folder that holds a database is copied so: look at the names, link
 * them, copy the database, look again; when nothing changed meanwhile, names and database are of one moment. On a folder
 * that never rests, the last look counts, and a file that was seen before and has no other name by then is kept as well: it
 * may have been on its way between two folders that were looked at one after the other.
 *
 * Parts are copied in the order in which the composition names them. For a box that is the way of a message (faxes, queue,
 * mailboxes): what moves on meanwhile is found at least once, perhaps twice, never nowhere.
 */
export interface Snapshot {
  readonly folder: string;
  readonly parts: readonly { readonly path: string; readonly present: boolean }[];
  readonly files: number;
  readonly bytes: number;
}

/** Looks at a folder that changes meanwhile; after these the last one counts. */
const rounds = 4;

/** @param folder is made; whoever asks removes it, also after an error. */
export async function takeSnapshot(data: string, folder: string, parts: readonly BackupPart[]): Promise<Snapshot> {
  await makeFolder(folder);
  const found: { path: string; present: boolean }[] = [];
  for (const part of parts) {
    found.push({ path: part.path, present: await takePart(part, join(data, part.path), join(folder, part.path)) });
  }
  let [files, bytes] = [0, 0];
  for await (const entry of walk(folder)) {
    if (entry.kind === 'folder') continue;
    files++;
    bytes += (await stat(join(folder, entry.path))).size;
  }
  return { folder, parts: found, files, bytes };
}

function takePart(part: BackupPart, from: string, to: string): Promise<boolean> {
  if (part.kind === 'sqlite') return copyDatabase(from, to);
  if (part.kind === 'file') return linkFile(from, to);
  return takeFolder(part, from, to);
}

async function takeFolder(part: BackupPart, from: string, to: string): Promise<boolean> {
  const entries = await readdir(from, { withFileTypes: true }).catch(whenMissing(undefined));
  if (!entries) return false;
  if (entries.some(({ name }) => part.databases?.includes(name))) {
    await settle(part, from, to);
    return true;
  }
  await mkdir(to, { recursive: true });
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (isLeftOut(part, entry.name)) await mkdir(target);
      else await takeFolder(part, source, target);
    } else if (entry.isFile() && !isLeftOut(part, entry.name)) {
      await linkFile(source, target);
    }
  }
  return true;
}

interface Listing {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  readonly databases: ReadonlySet<string>;
}

async function settle(part: BackupPart, from: string, to: string): Promise<void> {
  const linked = new Set<string>();
  const take = async ({ folders, files }: Listing): Promise<void> => {
    for (const path of folders) await mkdir(join(to, path), { recursive: true });
    for (const path of files) {
      if (!linked.has(path) && (await linkFile(join(from, path), join(to, path)))) linked.add(path);
    }
  };
  let after = await list(part, from);
  for (let round = 1; round <= rounds; round++) {
    const before = after;
    await take(before);
    for (const path of before.databases) {
      await rm(join(to, path), { force: true });
      await copyDatabase(join(from, path), join(to, path));
    }
    after = await list(part, from);
    if (sameNames(before.files, after.files) && sameNames(before.folders, after.folders)) break;
  }
  await take(after);
  await dropFormerNames(to, linked, after);
  for (const path of [...(await list(part, to)).folders].toReversed()) {
    if (path !== '' && !after.folders.has(path)) await rmdir(join(to, path)).catch(() => {});
  }
}

/** Of a file that has another name now, the former one is dropped. */
async function dropFormerNames(to: string, linked: ReadonlySet<string>, after: Listing): Promise<void> {
  const gone = [...linked].filter((path) => !after.files.has(path));
  if (gone.length === 0) return;
  const present = new Set<number>();
  for (const path of after.files) {
    const found = await lstat(join(to, path)).catch(whenMissing(undefined));
    if (found) present.add(found.ino);
  }
  for (const path of gone) {
    if (present.has((await lstat(join(to, path))).ino)) await unlink(join(to, path));
  }
}

async function list(part: BackupPart, top: string): Promise<Listing> {
  const files = new Set<string>();
  const folders = new Set<string>(['']);
  const databases = new Set<string>();
  const look = async (folder: string): Promise<void> => {
    const entries = await readdir(join(top, folder), { withFileTypes: true }).catch(whenMissing([]));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const leftOut = isLeftOut(part, entry.name);
      if (entry.isDirectory()) {
        folders.add(path);
        if (!leftOut) await look(path);
      } else if (entry.isFile() && !leftOut) {
        (part.databases?.includes(entry.name) ? databases : files).add(path);
      }
    }
  };
  await look('');
  return { files, folders, databases };
}

function sameNames(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name));
}

/** Codes of file systems without hard links, or with too many on one file. */
const noLink = new Set(['EPERM', 'ENOTSUP', 'EMLINK', 'EXDEV']);

/** @returns false when the file is gone. */
async function linkFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
      if (!noLink.has(error.code ?? '')) throw error;
      await copyFile(from, to, constants.COPYFILE_FICLONE);
    });
    return true;
  } catch (error) {
    return whenMissing(false)(error);
  }
}

/** Pages copied in one step: all, so that a writer does not make it begin again. */
const allPages = 2 ** 31 - 1;

/** @returns false when there is none. */
async function copyDatabase(from: string, to: string): Promise<boolean> {
  if (!(await stat(from).catch(whenMissing(undefined)))) return false;
  await mkdir(dirname(to), { recursive: true });
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
  try {
    await backup(source, to, { rate: allPages });
  } finally {
    source.close();
  }
  return true;
}

function whenMissing<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  };
}

/** What is in a copy, in order of names; folders before what is in them. */
export async function* walk(
  top: string,
  folder = '',
): AsyncGenerator<{ readonly path: string; readonly kind: 'file' | 'folder' }> {
  const entries = await readdir(join(top, folder), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield { path, kind: 'file' };
    if (!entry.isDirectory()) continue;
    yield { path, kind: 'folder' };
    yield* walk(top, path);
  }
}
