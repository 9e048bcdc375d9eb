import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BackupError } from './backup-error.ts';
import { checkDatabases } from './database-check.ts';
import type { Manifest } from './manifest.ts';
import type { BackupPart, Tally } from './parts.ts';
import { opened } from './seal.ts';
import { dropReady, makeReady, type Plan, plannedParts, restorePlaces } from './swap.ts';
import { syncTree } from './sync-tree.ts';
import { type Unpacked, unpack } from './unpack.ts';

/**
 * Reads backups: to look whether they are whole, to have single files out of them, and to make one ready to take the place
 * of the data (`swap.ts`). Nothing of the data is touched before all of the backup was read and found to be right.
 */
export interface RestoreParts {
  readonly data: string;
  readonly parts: readonly BackupPart[];
  readonly program: string;
  readonly newId: () => string;
  /** Counts what is in a restored data folder, as the maker of the backup did. */
  readonly tally: (folder: string) => Promise<Tally>;
  /** Looks whether this program can use what was restored. @throws BackupError in words */
  readonly check: (folder: string) => Promise<void>;
}

/** What a backup holds, after it was read whole. */
export interface Verified {
  readonly manifest: Manifest;
  readonly tally: Tally;
  readonly databases: number;
}

/** Changes what was restored before it is made ready, such as settings that are kept from this box. */
export type Settle = (folder: string, manifest: Manifest) => Promise<Pick<Plan['note'], 'held'>>;

/**
 * Restores into a temporary place, counts, lets SQLite check its databases, and removes all again. The octets of files that
 * are no databases are checked and not written: a box whose disk is half full can verify too.
 * @throws BackupError
 */
export function verifyBackup(
  parts: RestoreParts,
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
): Promise<Verified> {
  const byPath = new Map(parts.parts.map((part) => [part.path, part]));
  const take = (path: string): 'whole' | 'name' => {
    const part = byPath.get(path.split('/', 1)[0]!);
    const database = part?.databases?.includes(path.slice(path.lastIndexOf('/') + 1)) ?? false;
    return part?.config || database ? 'whole' : 'name';
  };
  return inTemporaryPlace(parts, async (place) => {
    const unpacked = await unpack(opened(content, passphrase), { ...parts, folder: place, take });
    return checked(parts, place, unpacked);
  });
}

/** Unpacks chosen files into a place that is there as long as `use` runs. @throws BackupError */
export function extractFrom<T>(
  parts: RestoreParts,
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
  wanted: (path: string) => boolean,
  use: (folder: string, manifest: Manifest) => Promise<T>,
): Promise<T> {
  return inTemporaryPlace(parts, async (place) => {
    const take = (path: string): 'whole' | 'skip' => (wanted(path) ? 'whole' : 'skip');
    const { manifest, databases } = await unpack(opened(content, passphrase), { ...parts, folder: place, take });
    await checkDatabases(
      place,
      databases.map((path) => join(place, path)),
    );
    return use(place, manifest);
  });
}

/** Makes a backup ready: the next start of the box takes it. @throws BackupError; then nothing was changed */
export function prepareRestore(
  parts: RestoreParts,
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
  settle: Settle,
): Promise<{ readonly verified: Verified; readonly note: Plan['note'] }> {
  return inTemporaryPlace(parts, async (place, incoming) => {
    const unpacked = await unpack(opened(content, passphrase), { ...parts, folder: place });
    const verified = await checked(parts, place, unpacked);
    const { manifest } = unpacked;
    const note = { from: manifest.box.name, at: manifest.at, ...(await settle(place, manifest)) };
    await syncTree(incoming);
    const databases = new Set(parts.parts.filter(({ kind }) => kind === 'sqlite').map(({ path }) => path));
    const planned = plannedParts(manifest.parts, (path) => databases.has(path));
    await makeReady(parts.data, incoming, { parts: planned, note });
    return { verified, note };
  });
}

/** Gives up what was made ready. @returns false when nothing was. */
export async function giveUpRestore(data: string): Promise<boolean> {
  try {
    await dropReady(data);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function checked(parts: RestoreParts, place: string, unpacked: Unpacked): Promise<Verified> {
  const { manifest, summary, databases } = unpacked;
  await checkDatabases(
    place,
    databases.map((path) => join(place, path)),
  );
  const tally = await parts.tally(place);
  if (!isDeepStrictEqual({ ...tally }, { ...summary.tally })) {
    const all = new Set([...Object.keys(tally), ...Object.keys(summary.tally)]);
    const wrong = [...all].find((name) => tally[name] !== summary.tally[name])!;
    throw new BackupError(
      'damaged',
      `The backup is not whole: ${tally[wrong] ?? 0} ${wrong} were found, ${summary.tally[wrong] ?? 0} were saved.`,
    );
  }
  await parts.check(place);
  return { manifest, tally, databases: databases.length };
}

async function inTemporaryPlace<T>(
  { data, newId }: RestoreParts,
  use: (place: string, incoming: string) => Promise<T>,
): Promise<T> {
  const incoming = restorePlaces(data).incoming(newId());
  try {
    return await use(join(incoming, 'data'), incoming);
  } finally {
    // Gone when it was made ready.
    await rm(incoming, { recursive: true, force: true, maxRetries: 3 });
  }
}
