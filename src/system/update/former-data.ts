import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { parseDocument } from '../../config/config-store.ts';
import { readConfig } from '../../config/schema.ts';
import type { Clock } from '../../lib/clock.ts';
import { makeFolder, publish, syncFolder, writeDurable } from '../../lib/durable.ts';
import { readOptional, whenMissing } from '../../lib/optional-file.ts';
import { takeSnapshot } from '../backup/snapshot.ts';
import { isNewer } from './version.ts';

/**
 * What one version of the program leaves to another on the same data: a roll-back starts the former one on data that the
 * newer one has used. Three things make that go well:
 *
 * - Databases are only ever added to (columns, tables, indices): a former version reads and writes what it knows.
 * - Settings that a version does not know are passed over when a newer one has written them (`ConfigStore`).
 * - Before a newer version touches anything, settings and directory are copied to `before-update/`. They are taken back when
 *   the version they belong to finds that it cannot read what it was left; gone once the newer version is confirmed, since
 *   from then on what people do to their box counts for more.
 *
 * `version.json` says which version used the data last and which was the newest. Nothing is ever deleted on the way back:
 * what is replaced is kept beside it as `NAME.of-VERSION`.
 */
const versionFile = z.object({ version: z.string(), newest: z.string() });
const keptFile = z.object({ from: z.string(), to: z.string(), at: z.string() });

const folderName = 'before-update';
const names = { config: 'config.json', directory: 'directory.db' } as const;

export interface FormerData {
  /** A newer version has written to this data; undefined when none has. */
  readonly newerVersion: string | undefined;
  /** Names of what was taken back from `before-update/`. */
  readonly restored: readonly string[];
}

/**
 * To be called before anything of the data is opened, by who holds its lock.
 * @param version of the program that starts
 */
export async function takeOverData(folder: string, version: string, clock: Clock): Promise<FormerData> {
  const before = await readJson(join(folder, 'version.json'), versionFile);
  const newest = before && isNewer(before.newest, version) ? before.newest : version;
  let restored: readonly string[] = [];
  if (before && before.version !== version) {
    if (isNewer(before.version, version)) restored = await takeBack(folder, version, before.version);
    else await keep(folder, { from: before.version, to: version, at: new Date(clock.now()).toISOString() });
  }
  if (before?.version !== version || before.newest !== newest)
    await writeDurable(join(folder, 'version.json'), `${JSON.stringify({ version, newest })}\n`);
  return { newerVersion: newest === version ? undefined : newest, restored };
}

/** The version that runs is confirmed: the copies for the former one have served. */
export async function forgetFormerData(folder: string): Promise<void> {
  await rm(join(folder, folderName), { recursive: true, force: true });
  await syncFolder(folder);
}

/** Whole before it has its name; begun anew after a crash, since nothing was changed by then. */
async function keep(folder: string, facts: z.output<typeof keptFile>): Promise<void> {
  const aside = join(folder, `${folderName}.new`);
  await rm(aside, { recursive: true, force: true });
  await makeFolder(aside);
  const config = await readOptional(join(folder, names.config));
  if (config) await writeDurable(join(aside, names.config), config);
  const { parts } = await takeSnapshot(folder, aside, [{ path: names.directory, kind: 'sqlite', config: true }]);
  if (parts[0]?.present) await syncFile(join(aside, names.directory));
  await writeDurable(join(aside, 'kept.json'), `${JSON.stringify(facts)}\n`);
  await rm(join(folder, folderName), { recursive: true, force: true });
  await publish(aside, join(folder, folderName));
}

async function takeBack(folder: string, version: string, newer: string): Promise<readonly string[]> {
  const kept = await readJson(join(folder, folderName, 'kept.json'), keptFile);
  if (kept?.from !== version) return [];
  const restored: string[] = [];
  if (!(await isConfig(join(folder, names.config)))) restored.push(names.config);
  if (!(await isDatabase(join(folder, names.directory)))) restored.push(names.directory);
  for (const name of restored) await replace(folder, name, newer);
  return restored;
}

/** The kept copy stays, until this version is confirmed. */
async function replace(folder: string, name: string, newer: string): Promise<void> {
  const copy = await readOptional(join(folder, folderName, name));
  if (copy === undefined) return;
  const set = async (suffix: string): Promise<void> => {
    const from = join(folder, `${name}${suffix}`);
    await rename(from, join(folder, `${name}.of-${newer}${suffix}`)).catch(whenMissing);
  };
  // What SQLite keeps beside a database belongs to it.
  for (const suffix of ['', '-wal', '-shm']) await set(suffix);
  await writeDurable(join(folder, name), copy);
}

/** A file that is not there is as good as one that can be read: it is made. */
async function isConfig(path: string): Promise<boolean> {
  const text = await readOptional(path);
  if (text === undefined) return true;
  try {
    return readConfig(parseDocument(text.toString('utf8'))).kind === 'valid';
  } catch {
    return false;
  }
}

async function isDatabase(path: string): Promise<boolean> {
  if (!(await readOptional(path))) return true;
  try {
    // Not for reading only: what a crash left beside it must be taken in.
    const db = new DatabaseSync(path);
    try {
      return db.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok';
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readOptional(path);
  try {
    return text && schema.parse(JSON.parse(text.toString('utf8')));
  } catch {
    return undefined;
  }
}
