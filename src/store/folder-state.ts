import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { Statement } from '../lib/sqlite.ts';
import type { MaildirFiles } from './files.ts';
import { wasThere } from './files.ts';
import { directoryOf } from './folder-name.ts';
import { type GroupSync, Serial, type SharedLock } from './locks.ts';
import { change, type FolderRow, infoOf, type MailboxIndex, type MessageRow, type NewRow } from './mailbox-index.ts';
import type { Marks } from './message-file.ts';
import { type FolderChanges, FolderGoneError, type MessageInfo } from './types.ts';
import { highestUid, uidListName } from './uid-list.ts';

/** What the folders of one mailbox share. */
export interface MailboxHome {
  readonly account: string;
  /** The Maildir, which is INBOX too. */
  readonly maildir: string;
  readonly index: MailboxIndex;
  readonly files: MaildirFiles;
  readonly sync: GroupSync;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  /** The host part of message names. */
  readonly host: string;
  /** Octets that the account may have; 0 for any number. */
  readonly quota: () => number;
  /** Per cent of it at which the person is to be warned; 0 for never. */
  readonly warnAt: () => number;
  /** Shared by all that works on messages, held alone by what makes, removes and renames folders. */
  readonly structure: SharedLock;
  /** By row, for messages that are being read. */
  readonly marks: Map<number, Marks>;
  /** By base, what only the index knew of messages whose file went: it may be on its way to another folder. */
  readonly departed: Map<string, { readonly keywords: string; readonly internalDate: number }>;
}

/** A message that is in its place in the Maildir and has no UID yet; `uid` only where a list of UIDs knew it. */
export type Unnumbered = Omit<NewRow, 'uid' | 'modSeq'> & { readonly uid?: number };

export const noChanges: FolderChanges = { added: [], changed: [], expunged: [] };

/**
 * One folder while its mailbox is open: the counters that hand out UIDs and MODSEQs, and what is under way. UIDs are
 * taken in the same turn in which the transaction is sent to the writer, so that they are committed in their order.
 */
export class FolderState {
  readonly home: MailboxHome;
  readonly id: number;
  readonly uidValidity: number;
  /** Held by whatever renames or removes files of the folder. */
  readonly lock = new Serial();
  /** Bases of messages whose file and row are not in step because we are at work on them: a scan leaves them alone. */
  readonly pending = new Set<string>();
  readonly listeners = new Set<(changes: FolderChanges) => void>();
  name: string;
  recentFrom: number;
  /** Something failed half way, or the folder was never looked at: the next operation looks first. */
  suspect = true;
  removed = false;
  /** Times of `new` and `cur` when all in them was in the index; undefined when not known. */
  scanned: string | undefined;
  /** Courier's list of UIDs may be in the folder, and must go before a UID is handed out. */
  hasUidList = true;
  #uidNext: number;
  #modSeq: number;

  constructor(home: MailboxHome, row: FolderRow) {
    this.home = home;
    this.id = row.id;
    this.name = row.name;
    this.uidValidity = row.uidValidity;
    this.recentFrom = row.recentFrom;
    this.scanned = row.scanned ?? undefined;
    this.#uidNext = row.uidNext;
    this.#modSeq = row.highestModSeq;
  }

  get directory(): string {
    return join(this.home.maildir, directoryOf(this.name));
  }

  get uidNext(): number {
    return this.#uidNext;
  }

  path(row: Pick<MessageRow, 'place' | 'base' | 'info'>): string {
    return join(this.directory, row.place, row.base + row.info);
  }

  check(): void {
    if (this.removed) throw new FolderGoneError(`the folder ${this.name} was removed`);
  }

  takeModSeq(): number {
    return ++this.#modSeq;
  }

  takeUid(): number {
    if (this.#uidNext > highestUid) throw new Error(`the folder ${this.name} has no UIDs left`);
    return this.#uidNext++;
  }

  /** Leaves out UIDs that another program has handed out. */
  skipUids(uidNext: number): void {
    this.#uidNext = Math.max(this.#uidNext, uidNext);
  }

  /** The statement that keeps the counters as they are now. */
  advance(): Statement {
    return change.advance(this.id, this.#uidNext, this.#modSeq);
  }

  syncPlaces(places: Iterable<string>): Promise<unknown> {
    return Promise.all([...new Set(places)].map((place) => this.home.sync.sync(join(this.directory, place))));
  }

  /**
   * Gives messages that are in their place their UIDs, and commits them. Answers them in the order given.
   * @param adopting the UIDs are taken from the list: it goes when they are in the index, not before.
   */
  async add(messages: readonly Unnumbered[], adopting = false): Promise<MessageInfo[]> {
    if (!adopting) await this.dropUidList();
    const modSeq = this.takeModSeq();
    const rows = messages.map((message) => ({ ...message, uid: message.uid ?? this.takeUid(), modSeq }));
    await this.home.index.write(change.add(this.id, rows), this.advance());
    if (adopting) await this.dropUidList();
    const added = rows.map(infoOf);
    this.tell({ ...noChanges, added });
    return added;
  }

  /** Removes Courier's list of UIDs, durably: from now on it would not be true any more. */
  async dropUidList(): Promise<void> {
    if (!this.hasUidList) return;
    const { files } = this.home;
    if (await wasThere(files.unlink(join(this.directory, uidListName)))) await files.syncFolder(this.directory);
    this.hasUidList = false;
  }

  tell(changes: FolderChanges): void {
    if (changes.added.length + changes.changed.length + changes.expunged.length === 0) return;
    const { account, events } = this.home;
    for (const listener of this.listeners) {
      try {
        listener(changes);
      } catch (error) {
        events.emit('box.fault', { where: `listener of folder ${this.name}`, error: String(error) });
      }
    }
    events.emit('store.changed', { account, folder: this.name });
  }
}
