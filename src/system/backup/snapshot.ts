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
 * Why links are enough: files of a box never change after they have their name, or are replaced by a rename (those that grow
 * are named by their part, and copied). What changes are names (a mailbox's flags) and databases. So a folder that holds a database is copied so: link what is there, copy the
 * database, look again; when nothing changed meanwhile, names and database are of one moment. On a folder that never rests
 * the database is the last copy that was made, and every file that was seen is kept, under the name that it has by then: one
 * that was on its way between two folders while they were looked at one after the other is found all the same.
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

/** Looks at a folder that changes meanwhile, each with a copy of its database; after these the last one counts. */
const rounds = 4;
/** Further looks while files are elsewhere each time they are reached for. */
const moreRounds = 50;

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
      await (part.growing?.test(entry.name) ? copyTo(source, target) : linkFile(source, target));
    }
  }
  return true;
}

/** Names seen in one look. */
interface Listing {
  readonly files: Set<string>;
  readonly folders: Set<string>;
  readonly databases: Set<string>;
  /** Names whose file was elsewhere by the time it was to be linked. */
  missed: number;
}

async function settle(part: BackupPart, from: string, to: string): Promise<void> {
  /** Names linked, in the order in which they were. */
  const linked = new Set<string>();
  let before = await look(part, from, to, linked);
  let after = before;
  const isSettled = (): boolean =>
    sameNames(before.files, after.files) && sameNames(before.folders, after.folders) && after.missed === 0;
  for (let round = 1; round <= rounds; round++) {
    for (const path of before.databases) {
      await rm(join(to, path), { force: true });
      await copyDatabase(join(from, path), join(to, path));
    }
    after = await look(part, from, to, linked);
    if (isSettled()) break;
    if (round < rounds) before = after;
  }
  for (let round = 1; round <= moreRounds && after.missed > 0; round++) after = await look(part, from, to, linked);
  if (!isSettled() || linked.size > after.files.size) await dropFormerNames(from, to, linked);
  for (const path of [...(await foldersIn(to))].toReversed()) {
    if (!after.folders.has(path)) await rmdir(join(to, path)).catch(() => {});
  }
}

/** Files linked at one time. */
const linksAtOnce = 64;

/** Looks at a folder and links what is new in it, each part of it right after it was listed. */
async function look(part: BackupPart, from: string, to: string, linked: Set<string>): Promise<Listing> {
  const seen: Listing = { files: new Set(), folders: new Set(), databases: new Set(), missed: 0 };
  const enter = async (folder: string): Promise<void> => {
    seen.folders.add(folder);
    await mkdir(join(to, folder), { recursive: true });
    const entries = await readdir(join(from, folder), { withFileTypes: true }).catch(whenMissing([]));
    const fresh: string[] = [];
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (!entry.isFile() || isLeftOut(part, entry.name)) continue;
      const isDatabase = part.databases?.includes(entry.name) ?? false;
      (isDatabase ? seen.databases : seen.files).add(path);
      if (!isDatabase && !linked.has(path)) fresh.push(path);
    }
    for (let at = 0; at < fresh.length; at += linksAtOnce) {
      const some = fresh.slice(at, at + linksAtOnce);
      const done = await Promise.all(some.map((path) => linkFile(join(from, path), join(to, path))));
      for (const [index, path] of some.entries()) {
        if (done[index]) linked.add(path);
        else seen.missed++;
      }
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) continue;
      if (!isLeftOut(part, entry.name)) await enter(path);
      else {
        seen.folders.add(path);
        await mkdir(join(to, path), { recursive: true });
      }
    }
  };
  await enter('');
  return seen;
}

/**
 * A file that was linked under several names was moved meanwhile, or is a message in several folders: it keeps the names
 * that it has in the data now; where it has none of these any more, the one that was seen last.
 */
async function dropFormerNames(from: string, to: string, linked: ReadonlySet<string>): Promise<void> {
  const names = new Map<number, string[]>();
  for (const path of linked) {
    const { ino } = await lstat(join(to, path));
    const known = names.get(ino);
    if (known) known.push(path);
    else names.set(ino, [path]);
  }
  for (const paths of names.values()) {
    if (paths.length === 1) continue;
    let present = paths;
    // One that moves while it is looked for seems to be in two places, but not again and again.
    for (let again = 1; again <= 3; again++) {
      const there = await Promise.all(present.map((path) => lstat(join(from, path)).catch(whenMissing(undefined))));
      present = present.filter((_, at) => there[at]);
    }
    const kept = new Set(present.length > 0 ? present : paths.slice(-1));
    for (const path of paths) if (!kept.has(path)) await unlink(join(to, path));
  }
}

async function foldersIn(top: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, kind } of walk(top)) if (kind === 'folder') found.push(path);
  return found;
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

/** @returns false when the file is gone. */
function copyTo(from: string, to: string): Promise<boolean> {
  return copyFile(from, to, constants.COPYFILE_FICLONE).then(() => true, whenMissing(false));
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
