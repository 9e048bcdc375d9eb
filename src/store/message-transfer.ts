import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './files.ts';
import { scanFolder } from './folder-scan.ts';
import { type FolderState, noChanges } from './folder-state.ts';
import { each } from './locks.ts';
import { change, infoOf, type MessageRow } from './mailbox-index.ts';
import { freshBase } from './message-name.ts';
import { requireRoom } from './quota.ts';
import type { Copied } from './types.ts';

/** Messages from one folder to another. All is to be called with the source folder's lock held. */

/** Copies by hard link: the octets of a message never change. */
export function copyMessages(source: FolderState, uids: readonly number[], target: FolderState): Promise<Copied> {
  return arriving(target, async (arrives) => {
    requireRoom(source.home, sizeOf(source, uids));
    const copied = await eachFile(source, uids, async (row) => {
      const copy = {
        ...row,
        base: newBase(source, row),
        place: 'cur' as const,
        info: row.info || ':2,',
        delivery: null,
      };
      arrives(copy.base);
      await linkOrCopy(source, source.path(row), target.path(copy));
      return { from: row.uid, copy };
    });
    if (copied.length === 0) return [];
    await target.syncPlaces(['cur']);
    const added = await target.add(copied.map(({ copy: { uid: _, ...copy } }) => copy));
    return copied.map(({ from }, at) => ({ from, to: added[at]!.uid }));
  });
}

/** Moves by rename; then one transaction takes the rows along. */
export function moveMessages(source: FolderState, uids: readonly number[], target: FolderState): Promise<Copied> {
  return arriving(target, async (arrives) => {
    const { index, files } = source.home;
    await target.dropUidList();
    const moved = await eachFile(source, uids, async (row) => {
      const taken = target !== source && index.byBase(target.id, row.base) !== undefined;
      const base = taken ? newBase(source, row) : row.base;
      const now = { ...row, base, place: 'cur' as const, info: row.info || ':2,' };
      arrives(base);
      await files.rename(source.path(row), target.path(now));
      return { row, now };
    });
    if (moved.length === 0) return [];
    // First the new names: a crash of the disk between the two leaves a message twice, not nowhere.
    await target.syncPlaces(['cur']);
    await source.syncPlaces(moved.map(({ row }) => row.place));
    source.takeModSeq();
    const modSeq = target.takeModSeq();
    const arrived = moved.map(({ now }) => ({ ...now, uid: target.takeUid(), modSeq }));
    await index.write(change.update(target.id, arrived), target.advance(), source.advance());
    tellMove(source, target, { gone: moved.map(({ row }) => row.uid), arrived });
    return moved.map(({ row }, at) => ({ from: row.uid, to: arrived[at]!.uid }));
  });
}

function tellMove(
  source: FolderState,
  target: FolderState,
  { gone, arrived }: { gone: readonly number[]; arrived: readonly MessageRow[] },
): void {
  const added = arrived.map(infoOf);
  if (target === source) source.tell({ added, changed: [], expunged: gone });
  else {
    source.tell({ ...noChanges, expunged: gone });
    target.tell({ ...noChanges, added });
  }
}

type Pairs = Copied['uids'];

/** Keeps the bases that `work` announces from being taken for another program's files, until they have their rows. */
async function arriving(
  target: FolderState,
  work: (arrives: (base: string) => void) => Promise<Pairs>,
): Promise<Copied> {
  const bases = new Set<string>();
  try {
    const uids = await work((base) => {
      bases.add(base);
      target.pending.add(base);
    });
    return { uidValidity: target.uidValidity, uids };
  } catch (error) {
    target.suspect = true;
    throw error;
  } finally {
    for (const base of bases) target.pending.delete(base);
  }
}

function newBase({ home: { clock, ids, host } }: FolderState, row: MessageRow): string {
  return freshBase(row.base, { timeMs: clock.now(), unique: ids(), host });
}

function sizeOf({ home, id }: FolderState, uids: readonly number[]): number {
  return home.index.byUids(id, uids).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Codes of file systems without hard links, or with too many on one file. */
const noLink = new Set(['EPERM', 'ENOTSUP', 'EMLINK', 'EXDEV']);

async function linkOrCopy({ home: { files, maildir, ids } }: FolderState, from: string, to: string): Promise<void> {
  try {
    await files.link(from, to);
  } catch (error) {
    if (!noLink.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const aside = join(maildir, 'tmp', ids());
    await files.copy(from, aside);
    const handle = await open(aside, 'r+');
    await handle.sync().finally(() => handle.close());
    await files.rename(aside, to);
  }
}

/**
 * Runs `work` for the messages that are there; results stand in order of UID. Where a file is not where the index has
 * it, the folder is looked at and the work tried once more; messages that are gone by then are left out.
 */
export async function eachFile<T>(
  state: FolderState,
  uids: readonly number[],
  work: (row: MessageRow) => Promise<T>,
): Promise<T[]> {
  const done = new Map<number, T>();
  const busy = new Set<string>();
  const tryAll = (wanted: readonly number[], missing: (row: MessageRow, error: unknown) => void): Promise<unknown> =>
    each(state.home.index.byUids(state.id, wanted), async (row) => {
      try {
        done.set(row.uid, await work(row));
        state.pending.add(row.base);
        busy.add(row.base);
      } catch (error) {
        if (!isMissing(error)) throw error;
        missing(row, error);
      }
    });
  try {
    const elsewhere: number[] = [];
    await tryAll(uids, (row) => elsewhere.push(row.uid));
    if (elsewhere.length > 0) {
      await scanFolder(state);
      await tryAll(elsewhere, (_, error) => {
        throw error;
      });
    }
  } finally {
    for (const base of busy) state.pending.delete(base);
  }
  return [...done].sort(([a], [b]) => a - b).map(([, result]) => result);
}
