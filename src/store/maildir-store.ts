import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../lib/clock.ts';
import { type Content, makeFolder } from '../lib/durable.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { SqliteWriter } from '../lib/sqlite.ts';
import { accountFolder } from './account-folder.ts';
import { type MaildirFiles, maildirFiles, wasThere } from './files.ts';
import { MaildirMailbox } from './maildir-mailbox.ts';
import { hostPart } from './message-name.ts';
import type { Delivery, Folder, FolderChange, FolderInfo, Mailbox, MailStore, Usage } from './types.ts';

/**
 * Mailboxes as Maildir++ with an index: `<folder>/<account>/Maildir` is the truth for octets, system flags and which
 * folders there are; `<folder>/<account>/index.db` for UIDs, MODSEQ and keywords. Other programs may work on the
 * Maildir at any time; only this store works on the index.
 *
 * States of a message, what moves it on, and what a crash leaves:
 *
 * | state | files | moved on by | a crash leaves | tidied by |
 * |---|---|---|---|---|
 * | coming | `tmp/x`, being written | write and sync | part of a message, seen by nobody | opening, after 36 hours |
 * | written | `tmp/x`, whole | rename to `new/` or `cur/`, sync of that folder | the same | the same |
 * | placed | `new/base` or `cur/base:2,FLAGS`, no row | row with UID in index.db (commit point) | a message without UID | opening: it gets one |
 * | kept | file and row | flags: rename; then row | name and row differ | opening: the name is right |
 * | copied | link `cur/base2` in the target, no row | row with UID | a second message | opening: it gets a UID |
 * | moved | file in the target, row in the source | row to the target, with UID | the same | opening: as placed, keywords kept |
 * | removed | row, no file | row deleted | row without file | opening: expunged |
 *
 * Deliveries carry their id in `base`: whoever comes again with it finds the first one, by row or, after a crash, by file.
 *
 * States of a folder: `made-ID` beside the Maildir (not yet one), `.Name` without row (gets one, with a new UIDVALIDITY),
 * `.Name` with row, `removed-ID` beside the Maildir (no folder any more); opening removes what is beside the Maildir. A
 * rename writes its intention into the index first, and opening completes it: several directories move as one.
 *
 * UIDs: UIDVALIDITY is more than any the account ever had (`uidvalidity` holds the last). The index hands out UIDs.
 * Courier's `courierimapuiddb` is written when a mailbox is closed after use, and removed durably before the next UID is
 * handed out, so what is there is true. If index.db is lost, folders with the list keep UIDVALIDITY and UIDs; others
 * (the box was not stopped in order) get a new UIDVALIDITY. Keywords other than `$Forwarded` are lost with the index.
 */
export class MaildirStore implements MailStore {
  readonly #options: Required<MaildirStoreOptions>;
  readonly #host: string;
  readonly #entries = new Map<string, Entry>();
  #tidied: Promise<void> | undefined;
  #closing = false;

  constructor(options: MaildirStoreOptions) {
    this.#options = {
      files: maildirFiles,
      idleLimit: 32,
      idleMs: 10 * 60_000,
      quota: () => 0,
      warnAt: () => 0,
      ...options,
    };
    this.#host = hostPart(options.hostName);
  }

  async open(account: string): Promise<Mailbox> {
    const { mailbox, release } = await this.#acquire(account);
    return new Opening(mailbox, release);
  }

  async deliver(account: string, content: Content, delivery: Delivery): Promise<{ readonly uid: number }> {
    const { mailbox, release } = await this.#acquire(account);
    try {
      const { uid } = await mailbox.deliver(content, delivery);
      return { uid };
    } finally {
      release();
    }
  }

  async remove(account: string): Promise<void> {
    const name = accountFolder(account);
    await this.#tidy();
    const entry = this.#entries.get(name);
    if (entry) await this.#end(name, entry, false);
    const { folder, files, ids } = this.#options;
    const aside = join(folder, `.removed-${ids()}`);
    if (!(await wasThere(files.rename(join(folder, name), aside)))) return;
    await files.syncFolder(folder);
    await files.removeTree(aside);
  }

  /** Ends what is under way and closes all mailboxes, also those that were not released. */
  async close(): Promise<void> {
    this.#closing = true;
    const ends = await Promise.allSettled([...this.#entries].map(([name, entry]) => this.#end(name, entry, true)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #acquire(account: string): Promise<{ mailbox: MaildirMailbox; release: () => void }> {
    const name = accountFolder(account);
    await this.#tidy();
    for (let entry = this.#entries.get(name); entry?.ending !== undefined; entry = this.#entries.get(name)) {
      await entry.ending.catch(() => {});
    }
    if (this.#closing) throw new Error('the mail store is closed');
    const entry = this.#entries.get(name) ?? this.#begin(account, name);
    entry.users++;
    entry.idle?.cancel();
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#release(name, entry);
    };
    try {
      return { mailbox: await entry.mailbox, release };
    } catch (error) {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      throw error;
    }
  }

  #begin(account: string, name: string): Entry {
    const { folder, writer, files, clock, ids, events, quota, warnAt } = this.#options;
    const place = { account, folder: join(folder, name), host: this.#host, quota: () => quota(account), warnAt };
    const entry: Entry = { mailbox: MaildirMailbox.open({ ...place, writer, files, clock, ids, events }), users: 0 };
    this.#entries.set(name, entry);
    return entry;
  }

  /** A mailbox that nobody uses stays open for a while; of too many such, the one unused longest is closed. */
  #release(name: string, entry: Entry): void {
    entry.users--;
    if (entry.users > 0 || entry.ending !== undefined) return;
    const { clock, idleMs, idleLimit } = this.#options;
    entry.idle = clock.timer(idleMs, () => this.#endQuietly(name, entry, true));
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    const idle = [...this.#entries].filter(([, one]) => one.users === 0 && one.ending === undefined);
    for (const [oldest, one] of idle.slice(0, Math.max(0, idle.length - idleLimit))) {
      this.#endQuietly(oldest, one, false);
    }
  }

  #endQuietly(name: string, entry: Entry, settle: boolean): void {
    this.#end(name, entry, settle).catch((error) => {
      this.#options.events.emit('box.fault', { where: `closing the mailbox ${name}`, error: String(error) });
    });
  }

  #end(name: string, entry: Entry, settle: boolean): Promise<void> {
    entry.idle?.cancel();
    entry.ending ??= entry.mailbox
      .then(
        (mailbox) => mailbox.close(settle),
        () => {},
      )
      .finally(() => this.#entries.delete(name));
    return entry.ending;
  }

  /** Removes what a crash left of accounts that were being removed. */
  #tidy(): Promise<void> {
    this.#tidied ??= (async () => {
      const { folder, files } = this.#options;
      await makeFolder(folder);
      for (const name of await readdir(folder)) {
        if (name.startsWith('.removed-')) await files.removeTree(join(folder, name));
      }
    })().catch((error) => {
      // The next one tries again: a disk that was full for a moment must not stop all mail until a restart.
      this.#tidied = undefined;
      throw error;
    });
    return this.#tidied;
  }
}

export interface MaildirStoreOptions {
  /** `<data>/mail`. */
  readonly folder: string;
  readonly writer: SqliteWriter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  /** Octets that an account may have; 0 for any number. */
  readonly quota?: (account: string) => number;
  /** Per cent of it at which `store.filling` is told; 0 for never. */
  readonly warnAt?: () => number;
  /** Stands in the names of message files. */
  readonly hostName: string;
  /** Mailboxes kept open while nobody uses them. */
  readonly idleLimit?: number;
  /** How long. */
  readonly idleMs?: number;
  /** For tests that crash between two steps. */
  readonly files?: MaildirFiles;
}

interface Entry {
  readonly mailbox: Promise<MaildirMailbox>;
  users: number;
  idle?: Timer;
  /** The mailbox is being closed; a new opening waits for it. */
  ending?: Promise<void>;
}

/** One opening of a mailbox that others may have open too. */
class Opening implements Mailbox {
  readonly #mailbox: MaildirMailbox;
  readonly release: () => void;

  constructor(mailbox: MaildirMailbox, release: () => void) {
    this.#mailbox = mailbox;
    this.release = release;
  }

  get account(): string {
    return this.#mailbox.account;
  }

  folders(): Promise<readonly FolderInfo[]> {
    return this.#mailbox.folders();
  }

  folder(name: string): Promise<Folder | undefined> {
    return this.#mailbox.folder(name);
  }

  create(name: string): Promise<FolderChange> {
    return this.#mailbox.create(name);
  }

  remove(name: string): Promise<FolderChange> {
    return this.#mailbox.remove(name);
  }

  rename(from: string, to: string): Promise<FolderChange> {
    return this.#mailbox.rename(from, to);
  }

  subscribe(name: string, on: boolean): Promise<void> {
    return this.#mailbox.subscribe(name, on);
  }

  subscriptions(): Promise<readonly string[]> {
    return this.#mailbox.subscriptions();
  }

  usage(): Promise<Usage> {
    return this.#mailbox.usage();
  }
}
