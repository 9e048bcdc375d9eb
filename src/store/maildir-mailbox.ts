import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Content, makeFolder } from '../lib/durable.ts';
import { DatabaseError, type SqliteWriter } from '../lib/sqlite.ts';
import { isMissing, wasThere } from './files.ts';
import {
  defaultFolders,
  describeFolders,
  directoryOf,
  folderName,
  isBelow,
  nameOfDirectory,
  renamed,
} from './folder-name.ts';
import { exists, readUidList, recoverFolder, refreshFolder, scanFolder } from './folder-scan.ts';
import { FolderState, type MailboxHome } from './folder-state.ts';
import { each, GroupSync, SharedLock } from './locks.ts';
import { change, type FolderRow, MailboxIndex } from './mailbox-index.ts';
import { MaildirFolder } from './maildir-folder.ts';
import { deliveryTag } from './message-name.ts';
import { writeAsideLf } from './message-writer.ts';
import { crossesMark } from './quota.ts';
import { SubscriptionFile } from './subscription-file.ts';
import { formatSubscriptions, subscriptionListName } from './subscription-list.ts';
import type { Delivery, FolderChange, FolderInfo, Usage } from './types.ts';
import { formatUidList, highestUid, uidListName } from './uid-list.ts';

/** Folders of one account. */
export const foldersLimit = 2000;
/** Files in `tmp` older than this belong to nobody any more (Maildir's rule: 36 hours). */
const staleTmpMs = 36 * 60 * 60 * 1000;
const uidValidityName = 'uidvalidity';

export type MailboxOptions = Pick<
  MailboxHome,
  'account' | 'files' | 'clock' | 'ids' | 'events' | 'host' | 'quota' | 'warnAt'
> & {
  /** The account's directory; `Maildir`, `index.db` and `uidvalidity` are in it. */
  readonly folder: string;
  readonly writer: SqliteWriter;
};

/** One account's mailbox while it is open, shared by all openings. `maildir-store.ts` tells what its files mean. */
export class MaildirMailbox {
  readonly account: string;
  readonly #home: MailboxHome;
  readonly #folder: string;
  readonly #folders = new Map<string, MaildirFolder>();
  readonly #subscribed: SubscriptionFile;
  readonly #delivering = new Map<string, Promise<{ uid: number }>>();

  private constructor(home: MailboxHome, folder: string) {
    this.account = home.account;
    this.#home = home;
    this.#folder = folder;
    this.#subscribed = new SubscriptionFile(home);
  }

  /** Opens a mailbox, makes it when it is not there, and recovers what a crash or other programs left. */
  static async open(options: MailboxOptions): Promise<MaildirMailbox> {
    const { folder, files } = options;
    await makeFolder(folder);
    for (const name of await readdir(folder)) {
      if (name.startsWith('made-') || name.startsWith('removed-')) await files.removeTree(join(folder, name));
    }
    const maildir = join(folder, 'Maildir');
    if (!(await isFolder(maildir))) await makeMaildir(options, maildir);
    const { account, clock, ids, events, host, quota, warnAt } = options;
    const index = await openIndex(options);
    const sync = new GroupSync((path) => files.syncFolder(path));
    const structure = new SharedLock();
    const memory = { marks: new Map(), departed: new Map() };
    const home = {
      account,
      maildir,
      index,
      files,
      sync,
      clock,
      ids,
      events,
      host,
      quota,
      warnAt,
      structure,
      ...memory,
    };
    const mailbox = new MaildirMailbox(home, folder);
    try {
      await mailbox.#recover();
    } catch (error) {
      await index.close();
      throw error;
    }
    return mailbox;
  }

  async #recover(): Promise<void> {
    const { index } = this.#home;
    for (const row of index.folders()) this.#add(row);
    await this.#findFolders();
    const { account, events } = this.#home;
    // First what came, then what went: a message that was being moved takes its keywords along.
    const counts = await each([...this.#folders.values()], async ({ state }) => ({
      state,
      ...(await recoverFolder(state)),
    }));
    for (const { state, found, lost } of counts) {
      if (lost > 0) await scanFolder(state);
      if (found + lost > 0) events.emit('store.recovered', { account, folder: state.name, found, lost });
    }
    await each(counts, ({ state }) => this.#tidyTmp(join(state.directory, 'tmp')));
  }

  async #tidyTmp(tmp: string): Promise<void> {
    const { files, clock } = this.#home;
    for (const name of await namesIn(tmp)) {
      const path = join(tmp, name);
      const stats = await stat(path).catch(() => undefined);
      if (stats?.isFile() && clock.now() - stats.mtimeMs > staleTmpMs) await files.unlink(path).catch(() => {});
    }
  }

  #add(row: FolderRow): MaildirFolder {
    const folder = new MaildirFolder(new FolderState(this.#home, row), (name) => this.#find(name));
    this.#folders.set(row.name, folder);
    return folder;
  }

  #find(name: string): MaildirFolder | undefined {
    const kept = folderName(name);
    return kept === undefined ? undefined : this.#folders.get(kept);
  }

  /** Brings the list of folders in step with the directories; a rename that was not ended is ended first. */
  async #findFolders(): Promise<void> {
    const { maildir, index } = this.#home;
    const renaming = index.renaming();
    if (renaming) await this.#finishRenaming(renaming.source, renaming.target);
    const found = new Set(['INBOX']);
    for (const entry of await readdir(maildir, { withFileTypes: true })) {
      const name = nameOfDirectory(entry.name);
      if (name === undefined || !entry.isDirectory() || found.size >= foldersLimit) continue;
      if (await isFolder(join(maildir, entry.name, 'cur'))) found.add(name);
    }
    for (const [name, { state }] of this.#folders) {
      if (found.has(name)) continue;
      await index.write(change.removeFolder(state.id));
      this.#forget(name);
    }
    await this.#adopt([...found].filter((name) => !this.#folders.has(name)));
  }

  /** Takes directories into the index: with Courier's UIDs if they are there, else with a new UIDVALIDITY. */
  async #adopt(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { maildir, index, files } = this.#home;
    const lists = await each(names, async (name) => {
      const directory = join(maildir, directoryOf(name));
      for (const part of ['new', 'cur', 'tmp']) await files.makeFolder(join(directory, part));
      return readUidList({ directory });
    });
    let next = await this.#takeUidValidities(lists.filter((list) => list === undefined).length);
    const added = names.map((name, at) => change.addFolder(name, lists[at]?.uidValidity ?? next++));
    for (const row of await index.write(added)) this.#add(row as unknown as FolderRow);
  }

  /**
   * UIDVALIDITYs that no folder of the account ever had: the time in seconds, and always more than the last. The last
   * one is kept in a file of its own, so that neither the loss of the index nor a clock that went back repeats one.
   * @returns the first of `count`.
   */
  async #takeUidValidities(count: number): Promise<number> {
    if (count === 0) return 0;
    const path = join(this.#folder, uidValidityName);
    const kept = Number(await readFile(path, 'utf8').catch(() => '0'));
    const used = this.#home.index.folders().map((folder) => folder.uidValidity);
    const last = Math.max(Number.isSafeInteger(kept) ? kept : 0, ...used);
    const first = Math.max(Math.floor(this.#home.clock.now() / 1000), last + 1);
    if (first + count > highestUid) throw new Error(`the account ${this.account} has no UIDVALIDITY left`);
    const { files, ids } = this.#home;
    const aside = join(this.#folder, `made-${ids()}`);
    await files.writeAside(aside, `${first + count - 1}\n`);
    await files.rename(aside, path);
    await files.syncFolder(this.#folder);
    return first;
  }

  #forget(name: string): void {
    const folder = this.#folders.get(name);
    if (!folder) return;
    folder.state.removed = true;
    folder.stopWatch();
    this.#folders.delete(name);
  }

  async folders(): Promise<readonly FolderInfo[]> {
    await this.#home.structure.alone(() => this.#findFolders());
    return describeFolders(new Set(this.#folders.keys()), new Set(await this.#subscribed.names()));
  }

  async folder(name: string): Promise<MaildirFolder | undefined> {
    const known = this.#find(name);
    if (known && (await isFolder(join(known.state.directory, 'cur')))) {
      await known.refresh();
      return known;
    }
    await this.#home.structure.alone(() => this.#findFolders());
    const found = this.#find(name);
    await found?.refresh();
    return found;
  }

  create(name: string): Promise<FolderChange> {
    return this.#home.structure.alone(async () => {
      const kept = folderName(name);
      if (kept === undefined) return 'invalid';
      await this.#findFolders();
      if (this.#folders.has(kept)) return 'exists';
      if (this.#folders.size >= foldersLimit) return 'invalid';
      await this.#make(kept);
      return 'done';
    });
  }

  /** Made aside and put into its place whole, so that no program ever sees half a folder. */
  async #make(name: string): Promise<void> {
    const { files, ids, maildir } = this.#home;
    const aside = join(this.#folder, `made-${ids()}`);
    await makeFolderAside(files, aside);
    await files.rename(aside, join(maildir, directoryOf(name)));
    await files.syncFolder(maildir);
    await this.#adopt([name]);
  }

  async remove(name: string): Promise<FolderChange> {
    const { files, ids, index, maildir, structure } = this.#home;
    const aside = join(this.#folder, `removed-${ids()}`);
    const result = await structure.alone(async (): Promise<FolderChange> => {
      const kept = folderName(name);
      if (kept === undefined || kept === 'INBOX') return 'invalid';
      const folder = this.#folders.get(kept);
      if (!folder) return 'missing';
      await files.rename(folder.state.directory, aside);
      await files.syncFolder(maildir);
      await index.write(change.removeFolder(folder.state.id));
      this.#forget(kept);
      return 'done';
    });
    if (result === 'done') await files.removeTree(aside);
    return result;
  }

  async rename(from: string, to: string): Promise<FolderChange> {
    const source = folderName(from);
    const target = folderName(to);
    if (source === undefined || target === undefined || isBelow(target, source)) return 'invalid';
    if (source === 'INBOX') return this.#moveInbox(target);
    return this.#home.structure.alone(async () => {
      await this.#findFolders();
      const moving = [...this.#folders.keys()].filter((name) => name === source || isBelow(name, source));
      if (moving.length === 0) return 'missing';
      const targets = moving.map((name) => renamed(name, source, target));
      if (this.#folders.has(target) || targets.some((name) => this.#folders.has(name))) return 'exists';
      if (targets.some((name) => folderName(name) === undefined)) return 'invalid';
      await this.#home.index.write(change.beginRenaming(source, target));
      await this.#finishRenaming(source, target);
      return 'done';
    });
  }

  /**
   * The intention is in the index: does what is left of it. Runs again after a crash until all is done. A folder whose
   * new name another program took meanwhile keeps its old one.
   */
  async #finishRenaming(source: string, target: string): Promise<void> {
    const { files, index, maildir } = this.#home;
    const moving = [...this.#folders].filter(([name]) => name === source || isBelow(name, source));
    const moved: typeof moving = [];
    for (const [name, folder] of moving) {
      const path = join(maildir, directoryOf(renamed(name, source, target)));
      try {
        await files.rename(join(maildir, directoryOf(name)), path);
        moved.push([name, folder]);
      } catch (error) {
        if (isMissing(error) && (await isFolder(path))) moved.push([name, folder]);
        else if (!isMissing(error) && !isTaken(error)) throw error;
      }
    }
    await files.syncFolder(maildir);
    const named = moved.map(([name, { state }]) => change.nameFolder(state.id, renamed(name, source, target)));
    await index.write(...named, change.endRenaming());
    for (const [name, folder] of moved) {
      this.#folders.delete(name);
      folder.state.name = renamed(name, source, target);
      this.#folders.set(folder.state.name, folder);
      folder.rewatch();
    }
  }

  /** RFC 9051 §6.3.6: INBOX stays, its messages go; the folders below it stay too. */
  async #moveInbox(target: string): Promise<FolderChange> {
    const made = await this.create(target);
    if (made !== 'done') return made;
    const inbox = this.#folders.get('INBOX')!;
    await inbox.move(
      (await inbox.list()).map((message) => message.uid),
      target,
    );
    return 'done';
  }

  subscribe(name: string, on: boolean): Promise<void> {
    return this.#subscribed.set(name, on);
  }

  subscriptions(): Promise<readonly string[]> {
    return this.#subscribed.names();
  }

  async usage(): Promise<Usage> {
    return { ...this.#home.index.usage(), quotaBytes: this.#home.quota() };
  }

  /** Two deliveries with one id at the same time are one. */
  deliver(content: Content, delivery: Delivery): Promise<{ uid: number }> {
    const tag = deliveryTag(delivery.deliveryId);
    const running = this.#delivering.get(tag);
    if (running !== undefined) return running;
    const started = this.#deliver(content, delivery, tag).finally(() => this.#delivering.delete(tag));
    this.#delivering.set(tag, started);
    return started;
  }

  async #deliver(content: Content, delivery: Delivery, tag: string): Promise<{ uid: number }> {
    const { index, account, events } = this.#home;
    for (const { state } of this.#folders.values()) {
      if (state.suspect) await this.#home.structure.shared(() => state.lock.run(() => refreshFolder(state)));
    }
    const known = index.byDelivery(tag);
    if (known !== undefined) return { uid: known };
    const folder = await this.#folderForDelivery(delivery.folder ?? 'INBOX');
    const aside = await writeAsideLf(this.#home, content);
    const flags = delivery.flags ?? [];
    const { uid } = await folder.put(aside, {
      unique: tag,
      delivery: tag,
      place: flags.length > 0 ? 'cur' : 'new',
      flags,
      internalDate: delivery.internalDate,
    });
    events.emit('store.delivered', { account, folder: folder.name, uid, sizeBytes: aside.sizeBytes });
    this.#warn(aside.sizeBytes);
    return { uid };
  }

  #warn(added: number): void {
    const { account, index, events, quota, warnAt } = this.#home;
    const { sizeBytes } = index.usage();
    if (crossesMark(sizeBytes - added, sizeBytes, quota(), warnAt()))
      events.emit('store.filling', { account, sizeBytes, quotaBytes: quota() });
  }

  async #folderForDelivery(name: string): Promise<MaildirFolder> {
    const made = this.#find(name) ? 'exists' : await this.create(name);
    const folder = this.#find(name);
    if (!folder) throw new RangeError(`no folder can have this name (${made}): ${JSON.stringify(name.slice(0, 100))}`);
    return folder;
  }

  /**
   * Ends the work with the mailbox after what is under way.
   * @param settle writes Courier's lists of UIDs and what was seen, so that the next opening need not look.
   */
  close(settle: boolean): Promise<void> {
    return this.#home.structure.alone(async () => {
      try {
        const folders = [...this.#folders.values()];
        for (const folder of folders) folder.stopWatch();
        if (settle) await this.#settle(folders.map(({ state }) => state));
        for (const { state } of folders) state.removed = true;
      } finally {
        await this.#home.index.close();
      }
    });
  }

  async #settle(states: readonly FolderState[]): Promise<void> {
    const { index } = this.#home;
    const changed = await each(states, async (state) => {
      if (!(await isFolder(join(state.directory, 'cur')))) return [];
      await refreshFolder(state);
      const row = index.folder(state.id);
      if (!row) return [];
      await this.#writeUidList(state, row.uidNext);
      const scanned = state.scanned ?? null;
      return scanned === row.scanned ? [] : [change.scanned(state.id, scanned)];
    });
    if (changed.flat().length > 0) await index.write(changed.flat());
  }

  /** In a folder that never had a message there is nothing to be kept. */
  async #writeUidList(state: FolderState, uidNext: number): Promise<void> {
    const { index, files, ids } = this.#home;
    const path = join(state.directory, uidListName);
    if (uidNext === 1 || (state.hasUidList && (await exists(path)))) return;
    const aside = join(state.directory, 'tmp', ids());
    await files.writeAside(aside, formatUidList(state.uidValidity, uidNext, index.bases(state.id)));
    await files.rename(aside, path);
    await files.syncFolder(state.directory);
    state.hasUidList = true;
  }
}

/** Opens the index; one that is no database any more is put aside, and the Maildir makes a new one. */
async function openIndex({ writer, folder, events, files }: MailboxOptions): Promise<MailboxIndex> {
  const path = join(folder, 'index.db');
  try {
    return await MailboxIndex.open(writer, path);
  } catch (error) {
    if (!(error instanceof DatabaseError) || !/not a database|malformed/.test(error.message)) throw error;
    events.emit('box.fault', { where: path, error: `${error.message}; it is put aside and made again` });
    for (const end of ['', '-wal', '-shm']) {
      await wasThere(files.rename(path + end, `${path}.broken${end}`));
    }
    return MailboxIndex.open(writer, path);
  }
}

async function makeMaildir({ files, folder, ids }: MailboxOptions, maildir: string): Promise<void> {
  const aside = join(folder, `made-${ids()}`);
  await makeFolderAside(files, aside, false);
  for (const name of defaultFolders) await makeFolderAside(files, join(aside, directoryOf(name)));
  await files.writeAside(
    join(aside, subscriptionListName),
    formatSubscriptions({ names: new Set(['INBOX', ...defaultFolders]), foreign: [] }),
  );
  await files.syncFolder(aside);
  await files.rename(aside, maildir);
  await files.syncFolder(folder);
}

async function makeFolderAside(files: MailboxHome['files'], path: string, marked = true): Promise<void> {
  for (const part of ['new', 'cur', 'tmp']) await files.makeFolder(join(path, part));
  if (marked) await files.writeAside(join(path, 'maildirfolder'), '');
  await files.syncFolder(path);
}

function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
