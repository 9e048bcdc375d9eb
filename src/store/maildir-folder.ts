import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Content } from '../lib/durable.ts';
import type { MimePart } from '../mail/mime-part.ts';
import { StructureParser } from '../mail/structure.ts';
import { isMissing } from './files.ts';
import { changedFlags, flagsFrom, infoFor, keptFlags, keywordsFor } from './flags.ts';
import { exists, refreshFolder, scanFolder } from './folder-scan.ts';
import { type FolderState, noChanges, type Unnumbered } from './folder-state.ts';
import { FolderWatch, type SeenName } from './folder-watch.ts';
import { change, infoOf, type MessageRow, type Place } from './mailbox-index.ts';
import { Marks, readMessage } from './message-file.ts';
import { makeBase, parseName } from './message-name.ts';
import { copyMessages, eachFile, moveMessages } from './message-transfer.ts';
import { type Aside, writeAsideLf } from './message-writer.ts';
import { QuotaError, requireRoom } from './quota.ts';
import {
  type Copied,
  type Folder,
  type FolderChanges,
  FolderGoneError,
  type FolderStatus,
  type MessageContent,
  MessageGoneError,
  type MessageInfo,
} from './types.ts';

/** Structures kept in the index; a larger one is made anew each time. */
const structureLimitBytes = 1024 * 1024;
/** Messages of a mailbox whose line ends are remembered while they are read in pieces. */
const marksLimit = 64;

/** How a message is put into a folder. */
export interface Placing {
  readonly unique: string;
  readonly delivery: string | null;
  readonly place: Place;
  readonly flags: readonly string[];
  /** The time now, when it is not given. */
  readonly internalDate: number | undefined;
}

/** A folder of a Maildir; see `maildir-store.ts` for what its files mean at each moment. */
export class MaildirFolder implements Folder {
  readonly state: FolderState;
  /** The folder of that name in the same mailbox. */
  readonly #sibling: (name: string) => MaildirFolder | undefined;
  #watch: FolderWatch | undefined;

  constructor(state: FolderState, sibling: (name: string) => MaildirFolder | undefined) {
    this.state = state;
    this.#sibling = sibling;
  }

  get name(): string {
    return this.state.name;
  }

  get uidValidity(): number {
    return this.state.uidValidity;
  }

  async status(): Promise<FolderStatus> {
    await this.refresh();
    const { index } = this.state.home;
    const row = index.folder(this.state.id);
    if (!row) this.state.check();
    const { messages, unseen, deleted, uidNext, uidValidity, highestModSeq, sizeBytes } = row!;
    const recent = index.countFrom(this.state.id, this.state.recentFrom);
    const deletedBytes = deleted === 0 ? 0 : index.deletedBytes(this.state.id);
    return { messages, unseen, deleted, deletedBytes, recent, uidNext, uidValidity, highestModSeq, sizeBytes };
  }

  /** Looks whether other programs changed something. */
  refresh(): Promise<void> {
    return this.#shared(async () => {
      await this.state.lock.run(() => refreshFolder(this.state));
    });
  }

  async list(): Promise<readonly MessageInfo[]> {
    if (this.state.suspect) await this.refresh();
    this.state.check();
    return this.state.home.index.list(this.state.id);
  }

  async get(uid: number): Promise<MessageInfo | undefined> {
    const row = this.state.home.index.byUid(this.state.id, uid);
    return row && infoOf(row);
  }

  async recent(claim: boolean): Promise<readonly number[]> {
    const { state } = this;
    const uids = state.home.index.uidsFrom(state.id, state.recentFrom);
    if (claim && uids.length > 0) {
      state.recentFrom = uids.at(-1)! + 1;
      await state.home.index.write(change.claimRecent(state.id, state.recentFrom));
    }
    return uids;
  }

  async append(
    content: Content,
    options: { flags?: readonly string[]; internalDate?: number } = {},
  ): Promise<{ uid: number }> {
    const { home } = this.state;
    const aside = await writeAsideLf(home, content);
    return this.put(aside, {
      unique: home.ids(),
      delivery: null,
      place: 'cur',
      flags: options.flags ?? [],
      internalDate: options.internalDate,
    });
  }

  /** Moves a message written aside to its place and gives it a UID. On failure the message is not there. */
  put(aside: Aside, placing: Placing): Promise<{ uid: number }> {
    return this.#shared(async () => {
      const { state } = this;
      const { files, host, clock } = state.home;
      const base = makeBase({ timeMs: clock.now(), unique: placing.unique, host }, aside);
      const flags = keptFlags(placing.flags);
      const info = placing.place === 'new' ? '' : infoFor(flags);
      const message: Unnumbered = {
        base,
        place: placing.place,
        info,
        keywords: keywordsFor(flags),
        internalDate: placing.internalDate ?? clock.now(),
        sizeBytes: aside.sizeBytes,
        delivery: placing.delivery,
      };
      state.pending.add(base);
      try {
        requireRoom(state.home, aside.sizeBytes);
        if (placing.internalDate !== undefined) await files.setTime(aside.path, placing.internalDate);
        await files.rename(aside.path, state.path(message));
        await state.syncPlaces([placing.place]);
        const [added] = await state.add([message]);
        return { uid: added!.uid };
      } catch (error) {
        state.suspect = !(error instanceof QuotaError);
        for (const path of [aside.path, state.path(message)]) await files.unlink(path).catch(() => {});
        throw error;
      } finally {
        state.pending.delete(base);
      }
    });
  }

  setFlags(
    uids: readonly number[],
    how: 'add' | 'remove' | 'replace',
    flags: readonly string[],
  ): Promise<MessageInfo[]> {
    return this.#alone(async () => {
      const { state } = this;
      const places = new Set<string>();
      const rows = await eachFile(state, uids, async (row) => {
        const next = changedFlags(flagsFrom(row.info, row.keywords), how, flags);
        const info = infoFor(next, row.info);
        const keywords = keywordsFor(next);
        const sameLetters = flagsFrom(row.info, '').join() === flagsFrom(info, '').join();
        if (sameLetters && row.keywords === keywords) return { row, changed: false };
        if (sameLetters) return { row: { ...row, keywords }, changed: true };
        const now: MessageRow = { ...row, place: 'cur', info, keywords };
        await state.home.files.rename(state.path(row), state.path(now));
        places.add(row.place).add('cur');
        return { row: now, changed: true };
      });
      const changed = rows.filter((one) => one.changed);
      if (changed.length === 0) return rows.map(({ row }) => infoOf(row));
      await state.syncPlaces(places);
      const modSeq = state.takeModSeq();
      const changedRows = changed.map(({ row }) => ({ ...row, modSeq }));
      await state.home.index.write(change.update(state.id, changedRows), state.advance());
      state.tell({ ...noChanges, changed: changedRows.map(infoOf) });
      return rows.map(({ row, changed }) => infoOf(changed ? { ...row, modSeq } : row));
    });
  }

  expunge(uids: readonly number[]): Promise<readonly number[]> {
    return this.#alone(async () => {
      const { state } = this;
      const rows = await eachFile(state, uids, async (row) => {
        await state.home.files.unlink(state.path(row));
        return row;
      });
      if (rows.length === 0) return [];
      await state.syncPlaces(rows.map((row) => row.place));
      state.takeModSeq();
      await state.home.index.write(change.remove(rows.map((row) => row.id)), state.advance());
      const expunged = rows.map((row) => row.uid);
      state.tell({ ...noChanges, expunged });
      return expunged;
    });
  }

  copy(uids: readonly number[], to: string): Promise<Copied | 'missing'> {
    return this.#transfer(uids, to, copyMessages);
  }

  move(uids: readonly number[], to: string): Promise<Copied | 'missing'> {
    return this.#transfer(uids, to, moveMessages);
  }

  #transfer(uids: readonly number[], to: string, transfer: typeof copyMessages): Promise<Copied | 'missing'> {
    return this.#alone(async () => {
      const target = this.#sibling(to)?.state;
      return target ? transfer(this.state, uids, target) : 'missing';
    });
  }

  async content(uid: number): Promise<MessageContent | undefined> {
    const row = await this.#locate(uid);
    if (!row) return undefined;
    const { sizeBytes } = row;
    return {
      sizeBytes,
      read: (start = 0, end = sizeBytes) => this.#read(row, Math.max(start, 0), Math.min(end, sizeBytes)),
    };
  }

  async *#read(row: MessageRow, start: number, end: number): AsyncGenerator<Uint8Array> {
    if (start >= end) return;
    const handle = await this.#openFile(row);
    yield* readMessage(handle, this.#marksOf(row), row.sizeBytes, start, end);
  }

  async #openFile(row: MessageRow): Promise<FileHandle> {
    for (let place: MessageRow | undefined = row, again = false; place; again = true) {
      try {
        return await open(this.state.path(place), 'r');
      } catch (error) {
        if (!isMissing(error)) throw error;
        place = again ? undefined : await this.#locate(row.uid);
      }
    }
    throw new MessageGoneError(`message ${row.uid} of ${this.name} is gone`);
  }

  /** The row of a message whose file is there; when another program renamed it, after a look at the folder. */
  async #locate(uid: number): Promise<MessageRow | undefined> {
    const { home, id } = this.state;
    const row = home.index.byUid(id, uid);
    if (!row || (await exists(this.state.path(row)))) return row;
    await this.#alone(async () => {
      const now = home.index.byUid(id, uid);
      if (now && !(await exists(this.state.path(now)))) await scanFolder(this.state);
    });
    return home.index.byUid(id, uid);
  }

  #marksOf(row: MessageRow): Marks {
    const { marks } = this.state.home;
    const found = marks.get(row.id) ?? new Marks();
    marks.delete(row.id);
    if (marks.size >= marksLimit) marks.delete(marks.keys().next().value!);
    marks.set(row.id, found);
    return found;
  }

  async structure(uid: number): Promise<MimePart | undefined> {
    const { index } = this.state.home;
    const row = await this.#locate(uid);
    if (!row) return undefined;
    const kept = index.structure(row.id);
    if (kept) return kept;
    const structure = await this.#parse(row);
    if (!structure) return undefined;
    const json = JSON.stringify(structure);
    if (json.length <= structureLimitBytes) await index.write(change.structure(row.id, json));
    return structure;
  }

  async #parse(row: MessageRow): Promise<MimePart | undefined> {
    const parser = new StructureParser();
    try {
      for await (const chunk of this.#read(row, 0, row.sizeBytes)) parser.push(chunk);
      return parser.end();
    } catch (error) {
      if (error instanceof MessageGoneError) return undefined;
      throw error;
    }
  }

  watch(listener: (changes: FolderChanges) => void): () => void {
    const { listeners } = this.state;
    const own = (changes: FolderChanges): void => listener(changes);
    listeners.add(own);
    this.#watch ??= this.#startWatch();
    return () => {
      listeners.delete(own);
      if (listeners.size === 0) this.stopWatch();
    };
  }

  /** After a rename of the folder: what is watched has another path. */
  rewatch(): void {
    if (!this.#watch) return;
    this.stopWatch();
    this.#watch = this.#startWatch();
  }

  stopWatch(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #startWatch(): FolderWatch {
    const { clock, events } = this.state.home;
    return new FolderWatch(this.state.directory, clock, async (names) => {
      if (this.state.removed) return;
      try {
        await this.#alone(async () => {
          if (names === 'all') await refreshFolder(this.state);
          else if (await this.#foreign(names)) await scanFolder(this.state);
        });
      } catch (error) {
        if (!this.state.removed) events.emit('box.fault', { where: `watch of ${this.name}`, error: String(error) });
      }
    });
  }

  /** Whether another program was at work: a name is there that the index does not have there, or the other way. */
  async #foreign(names: readonly SeenName[]): Promise<boolean> {
    const { home, id, pending, directory } = this.state;
    for (const { place, fileName } of names) {
      const name = parseName(fileName);
      if (!name || pending.has(name.base)) continue;
      const row = home.index.byBase(id, name.base);
      const expected = row?.place === place && row.info === name.info;
      if (expected !== (await exists(join(directory, place, fileName))) && !pending.has(name.base)) return true;
    }
    return false;
  }

  #shared<T>(work: () => Promise<T>): Promise<T> {
    const { state } = this;
    return state.home.structure.shared(async () => {
      state.check();
      try {
        return await work();
      } catch (error) {
        if (!isMissing(error) || (await exists(join(state.directory, 'cur')))) throw error;
        throw new FolderGoneError(`another program removed the folder ${state.name}`, { cause: error });
      }
    });
  }

  /** Runs work that renames or removes files of the folder. What fails half way is looked at before the next one. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const { state } = this;
    return this.#shared(() =>
      state.lock.run(async () => {
        if (state.suspect) await scanFolder(state);
        try {
          return await work();
        } catch (error) {
          state.suspect = true;
          throw error;
        }
      }),
    );
  }
}
