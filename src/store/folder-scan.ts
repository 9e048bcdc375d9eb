import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './files.ts';
import { flagsFrom } from './flags.ts';
import type { FolderState, Unnumbered } from './folder-state.ts';
import { each } from './locks.ts';
import { change, infoOf, type MessageRow, type Place, type PlaceRow } from './mailbox-index.ts';
import { measureFile } from './message-file.ts';
import { deliveryTagIn, type MessageName, parseName, sizesIn, timeIn } from './message-name.ts';
import { parseUidList, type UidList, uidListLimitBytes, uidListName } from './uid-list.ts';

/**
 * Brings the index in step with the files: what other programs did, and what a crash left. Files without a row get
 * UIDs, rows without a file are expunged, and flags are what the names say.
 */

type Located = MessageName & { readonly place: Place };

export interface Scanned {
  readonly found: number;
  readonly lost: number;
}

/** Looks only when the folders' times say that something may have changed. */
export async function refreshFolder(state: FolderState): Promise<Scanned> {
  const unchanged = !state.suspect && state.scanned !== undefined && state.scanned === (await folderTimes(state)).text;
  return unchanged ? { found: 0, lost: 0 } : scanFolder(state);
}

/**
 * As `refreshFolder` when the mailbox opens: the index itself tells what was seen, whatever happened since. Rows whose
 * file is missing are counted and left.
 */
export async function recoverFolder(state: FolderState): Promise<Scanned> {
  if (state.scanned !== undefined && state.scanned === (await folderTimes(state)).text) {
    state.suspect = false;
    return { found: 0, lost: 0 };
  }
  return scanFolder(state, true);
}

/** Looks this often when files move while we look; names that are renamed meanwhile can be missing in a listing. */
const scanAttempts = 5;

/**
 * To be called with the folder's lock held.
 * @param keepLost leaves rows without a file: at opening, the message may come to light in another folder.
 */
export async function scanFolder(state: FolderState, keepLost = false): Promise<Scanned> {
  const uidList = state.hasUidList ? await readUidList(state) : undefined;
  for (let attempt = 1; ; attempt++) {
    const before = await folderTimes(state);
    const pending = new Set(state.pending);
    const files = await listFiles(state);
    const moved: { row: PlaceRow; file: Located }[] = [];
    const missing: PlaceRow[] = [];
    for (const row of state.home.index.places(state.id)) {
      const file = files.get(row.base);
      files.delete(row.base);
      if (pending.has(row.base) || state.pending.has(row.base)) continue;
      if (!file) missing.push(row);
      else if (file.place !== row.place || file.info !== row.info) moved.push({ row, file });
    }
    // In the same turn as the look into the index: what is not pending now is in it, if it is one of ours.
    const found = [...files.values()].filter(({ base }) => !pending.has(base) && !state.pending.has(base));
    const lost = await trulyMissing(state, missing);
    const after = await folderTimes(state);
    if (lost.length > 0 && before.text !== after.text && attempt < scanAttempts) continue;
    const messages = (await each(found, (file) => describe(state, file))).filter((one) => one !== undefined);
    const done = !keepLost || lost.length === 0;
    state.scanned = before.text === after.text && before.settled && done ? before.text : undefined;
    const next = state.uidNext;
    const unnumbered = numbered(state, messages, uidList);
    if (unnumbered.length > 0) await state.add(unnumbered, uidList !== undefined);
    else if (state.uidNext > next) await state.home.index.write(state.advance());
    await apply(state, moved, done ? lost : []);
    state.suspect = !done;
    return { found: messages.length, lost: lost.length };
  }
}

/** File systems count time in ticks: what was changed within this time may change again and show the same time. */
const tickMs = 100;

/** These are times of the file system, compared with the machine's clock that made them, not with the store's. */
async function folderTimes(state: FolderState): Promise<{ text: string; settled: boolean }> {
  const now = Date.now();
  const [fresh, seen] = await Promise.all(
    ['new', 'cur'].map((place) => stat(join(state.directory, place), { bigint: true })),
  );
  const latestMs = Number(fresh!.mtimeNs > seen!.mtimeNs ? fresh!.mtimeMs : seen!.mtimeMs);
  return { text: `${fresh!.mtimeNs} ${seen!.mtimeNs}`, settled: Math.abs(now - latestMs) > tickMs };
}

/** By base. `new` is read first, so that a message that moves to `cur` meanwhile is seen at least once. */
async function listFiles(state: FolderState): Promise<Map<string, Located>> {
  const files = new Map<string, Located>();
  for (const place of ['new', 'cur'] as const) {
    for (const fileName of await readdir(join(state.directory, place))) {
      const name = parseName(fileName);
      if (name) files.set(name.base, { ...name, place });
    }
  }
  return files;
}

/** A delivery that ended between the listing and the look into the index is in its place all the same. */
async function trulyMissing(state: FolderState, rows: readonly PlaceRow[]): Promise<PlaceRow[]> {
  const there = await each(rows, (row) => exists(state.path(row)));
  return rows.filter((row, index) => !there[index] && !state.pending.has(row.base));
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** @returns undefined when the file is gone again, or is none. */
async function describe(state: FolderState, file: Located): Promise<Unnumbered | undefined> {
  const path = state.path(file);
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return undefined;
    const told = sizesIn(file.base);
    const trusted = told.sizeBytes !== undefined && told.fileBytes === stats.size;
    const known = state.home.departed.get(file.base) ?? state.home.index.keywordsByBase(file.base);
    return {
      ...file,
      keywords: known?.keywords ?? '',
      internalDate: known?.internalDate ?? Math.floor(stats.mtimeMs),
      sizeBytes: trusted ? told.sizeBytes! : await measureFile(path),
      delivery: deliveryTagIn(file.base),
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** In the order in which they will have their UIDs: those that a list of UIDs knows first, the others by age. */
function numbered(state: FolderState, messages: readonly Unnumbered[], uidList: UidList | undefined): Unnumbered[] {
  const uidOf = (base: string): number | undefined => {
    const uid = uidList?.uids.get(base);
    return uid !== undefined && uid >= state.uidNext ? uid : undefined;
  };
  const known = messages.flatMap((one) => ({ ...one, uid: uidOf(one.base) ?? 0 })).filter((one) => one.uid > 0);
  const unknown = messages.filter((one) => uidOf(one.base) === undefined);
  known.sort((a, b) => a.uid - b.uid);
  unknown.sort((a, b) => timeIn(a.base) - timeIn(b.base) || (a.base < b.base ? -1 : 1));
  if (uidList) state.skipUids(uidList.uidNext);
  return [...known, ...unknown];
}

async function apply(
  state: FolderState,
  moved: readonly { row: PlaceRow; file: Located }[],
  lost: readonly PlaceRow[],
): Promise<void> {
  if (moved.length === 0 && lost.length === 0) return;
  const { index } = state.home;
  const modSeq = state.takeModSeq();
  const fileOf = new Map(moved.map(({ row, file }) => [row.uid, file]));
  const changes = index.byUids(state.id, [...fileOf.keys()]).map((row) => {
    const { place, info } = fileOf.get(row.uid)!;
    const sameFlags = flagsFrom(row.info, '').join() === flagsFrom(info, '').join();
    return { row: { ...row, place, info, modSeq: sameFlags ? row.modSeq : modSeq }, sameFlags };
  });
  remember(
    state,
    index.byUids(
      state.id,
      lost.map(({ uid }) => uid),
    ),
  );
  const rows = changes.map(({ row }) => row);
  await index.write(change.update(state.id, rows), change.remove(lost.map(({ id }) => id)), state.advance());
  const changed = changes.filter(({ sameFlags }) => !sameFlags).map(({ row }) => infoOf(row));
  state.tell({ added: [], changed, expunged: lost.map(({ uid }) => uid) });
}

/** Messages that went and may come to light in another folder, where some program moved them. */
const departedLimit = 10_000;

function remember({ home: { departed } }: FolderState, rows: readonly MessageRow[]): void {
  for (const { base, keywords, internalDate } of rows) {
    if (departed.size >= departedLimit) departed.delete(departed.keys().next().value!);
    departed.set(base, { keywords, internalDate });
  }
}

/** @returns undefined when there is none, or none of this folder. */
export async function readUidList(state: {
  readonly directory: string;
  readonly uidValidity?: number;
}): Promise<UidList | undefined> {
  const path = join(state.directory, uidListName);
  try {
    if ((await stat(path)).size > uidListLimitBytes) return undefined;
    const list = parseUidList(await readFile(path, 'utf8'));
    return state.uidValidity === undefined || list?.uidValidity === state.uidValidity ? list : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
