import type { Content } from '../../src/lib/durable.ts';
import type { MimePart } from '../../src/mail/mime-part.ts';
import { StructureParser } from '../../src/mail/structure.ts';
import type {
  Copied,
  Delivery,
  Folder,
  FolderChange,
  FolderChanges,
  FolderInfo,
  FolderStatus,
  Mailbox,
  MailStore,
  MessageContent,
  MessageInfo,
  Usage,
} from '../../src/store/types.ts';

/** A mail store in memory, for tests of what stands above it. */
export class MemoryStore implements MailStore {
  readonly mailboxes = new Map<string, MemoryMailbox>();

  async open(account: string): Promise<MemoryMailbox> {
    const mailbox = this.mailboxes.get(account) ?? new MemoryMailbox(account);
    this.mailboxes.set(account, mailbox);
    mailbox.openings++;
    return mailbox;
  }

  async deliver(account: string, content: Content, delivery: Delivery): Promise<{ uid: number }> {
    const mailbox = await this.open(account);
    await mailbox.create(delivery.folder ?? 'INBOX');
    mailbox.release();
    const folder = await mailbox.folder(delivery.folder ?? 'INBOX');
    return folder!.append(content, delivery);
  }

  async remove(account: string): Promise<void> {
    this.mailboxes.delete(account);
  }

  async close(): Promise<void> {}
}

const specialUse: Readonly<Record<string, string>> = { Sent: '\\Sent', Drafts: '\\Drafts', Trash: '\\Trash' };

export class MemoryMailbox implements Mailbox {
  readonly account: string;
  openings = 0;
  readonly #folders = new Map<string, MemoryFolder>();
  readonly #subscriptions = new Set<string>(['INBOX']);
  #uidValidity = 1000;

  constructor(account: string) {
    this.account = account;
    this.#add('INBOX');
  }

  async folders(): Promise<FolderInfo[]> {
    const names = new Set<string>();
    for (const name of this.#folders.keys()) {
      const levels = name.split('.');
      for (let count = 1; count <= levels.length; count++) names.add(levels.slice(0, count).join('.'));
    }
    return [...names].sort().map((name) => ({
      name,
      hasChildren: [...names].some((other) => other.startsWith(`${name}.`)),
      selectable: this.#folders.has(name),
      subscribed: this.#subscriptions.has(name),
      ...(specialUse[name] !== undefined && { specialUse: specialUse[name] }),
    }));
  }

  async folder(name: string): Promise<MemoryFolder | undefined> {
    return this.#folders.get(name);
  }

  async create(name: string): Promise<FolderChange> {
    if (this.#folders.has(name)) return 'exists';
    if (name.split('.').includes('') || name.includes('/')) return 'invalid';
    this.#add(name);
    return 'done';
  }

  #add(name: string): void {
    this.#folders.set(name, new MemoryFolder(name, ++this.#uidValidity, (other) => this.#folders.get(other)));
  }

  async remove(name: string): Promise<FolderChange> {
    if (name === 'INBOX') return 'invalid';
    return this.#folders.delete(name) ? 'done' : 'missing';
  }

  async rename(from: string, to: string): Promise<FolderChange> {
    if (this.#folders.has(to)) return 'exists';
    if (!this.#folders.has(from)) return 'missing';
    for (const [name, folder] of [...this.#folders]) {
      if (name !== from && !name.startsWith(`${from}.`)) continue;
      const renamed = to + name.slice(from.length);
      this.#folders.delete(name);
      this.#folders.set(renamed, folder);
      folder.name = renamed;
    }
    return 'done';
  }

  async subscribe(name: string, on: boolean): Promise<void> {
    if (on) this.#subscriptions.add(name);
    else this.#subscriptions.delete(name);
  }

  async subscriptions(): Promise<string[]> {
    return [...this.#subscriptions].sort();
  }

  /** Octets that may be in it; 0 for any number. */
  quotaBytes = 0;

  async usage(): Promise<Usage> {
    const statuses = await Promise.all([...this.#folders.values()].map((folder) => folder.status()));
    return {
      messages: statuses.reduce((sum, status) => sum + status.messages, 0),
      sizeBytes: statuses.reduce((sum, status) => sum + status.sizeBytes, 0),
      quotaBytes: this.quotaBytes,
    };
  }

  release(): void {
    this.openings--;
  }
}

interface Stored {
  info: MessageInfo;
  readonly bytes: Buffer;
}

const noChanges: FolderChanges = { added: [], changed: [], expunged: [] };

export class MemoryFolder implements Folder {
  name: string;
  readonly uidValidity: number;
  readonly #sibling: (name: string) => MemoryFolder | undefined;
  readonly #messages = new Map<number, Stored>();
  readonly #listeners = new Set<(changes: FolderChanges) => void>();
  #uidNext = 1;
  #modSeq = 1;
  #recentFrom = 1;

  constructor(name: string, uidValidity: number, sibling: (name: string) => MemoryFolder | undefined) {
    this.name = name;
    this.uidValidity = uidValidity;
    this.#sibling = sibling;
  }

  async status(): Promise<FolderStatus> {
    const infos = [...this.#messages.values()].map(({ info }) => info);
    return {
      messages: infos.length,
      unseen: infos.filter((info) => !info.flags.includes('\\Seen')).length,
      deleted: infos.filter((info) => info.flags.includes('\\Deleted')).length,
      deletedBytes: infos
        .filter((info) => info.flags.includes('\\Deleted'))
        .reduce((sum, info) => sum + info.sizeBytes, 0),
      recent: infos.filter((info) => info.uid >= this.#recentFrom).length,
      uidNext: this.#uidNext,
      uidValidity: this.uidValidity,
      highestModSeq: this.#modSeq,
      sizeBytes: infos.reduce((sum, info) => sum + info.sizeBytes, 0),
    };
  }

  async list(): Promise<MessageInfo[]> {
    return [...this.#messages.values()].map(({ info }) => info);
  }

  async get(uid: number): Promise<MessageInfo | undefined> {
    return this.#messages.get(uid)?.info;
  }

  async recent(claim: boolean): Promise<number[]> {
    const uids = [...this.#messages.keys()].filter((uid) => uid >= this.#recentFrom);
    if (claim) this.#recentFrom = this.#uidNext;
    return uids;
  }

  async append(
    content: Content,
    options: { flags?: readonly string[]; internalDate?: number } = {},
  ): Promise<{ uid: number }> {
    return {
      uid: this.#put(await gather(content), options.flags ?? [], options.internalDate ?? Date.UTC(2026, 0, 5, 9)),
    };
  }

  #put(bytes: Buffer, flags: readonly string[], internalDate: number): number {
    const uid = this.#uidNext++;
    const info = {
      uid,
      flags: [...new Set(flags)].sort(),
      modSeq: ++this.#modSeq,
      internalDate,
      sizeBytes: bytes.length,
    };
    this.#messages.set(uid, { info, bytes });
    this.#tell({ ...noChanges, added: [info] });
    return uid;
  }

  async setFlags(
    uids: readonly number[],
    how: 'add' | 'remove' | 'replace',
    flags: readonly string[],
  ): Promise<MessageInfo[]> {
    const changed: MessageInfo[] = [];
    for (const uid of uids) {
      const stored = this.#messages.get(uid);
      if (!stored) continue;
      const kept = how === 'replace' ? [] : stored.info.flags.filter((flag) => !flags.includes(flag));
      const next = [...kept, ...(how === 'remove' ? [] : flags)].sort();
      stored.info = { ...stored.info, flags: next, modSeq: ++this.#modSeq };
      changed.push(stored.info);
    }
    this.#tell({ ...noChanges, changed });
    return changed;
  }

  async expunge(uids: readonly number[]): Promise<number[]> {
    const expunged = uids.filter((uid) => this.#messages.delete(uid));
    if (expunged.length > 0) this.#tell({ ...noChanges, expunged });
    return expunged;
  }

  async copy(uids: readonly number[], to: string): Promise<Copied | 'missing'> {
    const target = this.#sibling(to);
    if (!target) return 'missing';
    const pairs = uids.flatMap((from) => {
      const stored = this.#messages.get(from);
      return stored ? [{ from, to: target.#put(stored.bytes, stored.info.flags, stored.info.internalDate) }] : [];
    });
    return { uidValidity: target.uidValidity, uids: pairs };
  }

  async move(uids: readonly number[], to: string): Promise<Copied | 'missing'> {
    const copied = await this.copy(uids, to);
    if (copied !== 'missing') await this.expunge(copied.uids.map(({ from }) => from));
    return copied;
  }

  async content(uid: number): Promise<MessageContent | undefined> {
    const stored = this.#messages.get(uid);
    if (!stored) return undefined;
    const { bytes } = stored;
    return {
      sizeBytes: bytes.length,
      async *read(start = 0, end = bytes.length) {
        for (let at = start; at < end; at += 1000) yield bytes.subarray(at, Math.min(end, at + 1000));
      },
    };
  }

  async structure(uid: number): Promise<MimePart | undefined> {
    const stored = this.#messages.get(uid);
    if (!stored) return undefined;
    const parser = new StructureParser();
    parser.push(stored.bytes);
    return parser.end();
  }

  watch(listener: (changes: FolderChanges) => void): () => void {
    const own = (changes: FolderChanges): void => listener(changes);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  get watchers(): number {
    return this.#listeners.size;
  }

  #tell(changes: FolderChanges): void {
    for (const listener of this.#listeners) listener(changes);
  }
}

async function gather(content: Content): Promise<Buffer> {
  if (typeof content === 'string') return Buffer.from(content);
  if (content instanceof Uint8Array) return Buffer.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
