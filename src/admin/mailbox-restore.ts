import { createHash } from 'node:crypto';
import type { Folder, Mailbox, MailStore, MessageInfo } from '../store/types.ts';

/** What a restore of one mailbox did. */
export interface MailboxRestored {
  /** Messages put back. */
  readonly restored: number;
  /** Messages that were there already. */
  readonly present: number;
  /** Folders that messages were put into. */
  readonly folders: readonly string[];
}

export interface MailboxRestore {
  readonly account: string;
  /** Only this folder; empty for all. */
  readonly folder: string;
  /** Into the folders they were in; otherwise into folders below `Restored`. */
  readonly inPlace: boolean;
}

/** Folder above those that hold restored messages. */
export const restoredFolder = 'Restored';

/**
 * Puts messages of a mailbox that came out of a backup into the one that is in use: those that are missing there, told by
 * their octets, with flags and dates. Through the store alone, so that clients see them come. Asked for again after it was
 * cut off, it goes on where it was.
 */
export async function restoreMailbox(
  from: MailStore,
  to: MailStore,
  { account, folder, inPlace }: MailboxRestore,
): Promise<MailboxRestored> {
  const source = await from.open(account);
  const target = await to.open(account);
  try {
    let [restored, present] = [0, 0];
    const folders: string[] = [];
    for (const { name, selectable } of await source.folders()) {
      if (!selectable || (folder !== '' && name !== folder)) continue;
      const old = await source.folder(name);
      const messages = (await old?.list()) ?? [];
      if (!old || messages.length === 0) continue;
      const into = await madeFolder(target, inPlace ? name : `${restoredFolder}.${name}`);
      const put = await putMissing(old, messages, into);
      restored += put;
      present += messages.length - put;
      if (put > 0) folders.push(into.name);
    }
    return { restored, present, folders };
  } finally {
    source.release();
    target.release();
  }
}

async function madeFolder(mailbox: Mailbox, name: string): Promise<Folder> {
  const present = await mailbox.folder(name);
  if (present) return present;
  const change = await mailbox.create(name);
  const made = change === 'done' || change === 'exists' ? await mailbox.folder(name) : undefined;
  if (!made) throw new Error(`the folder ${name} cannot be made`);
  return made;
}

async function putMissing(old: Folder, messages: readonly MessageInfo[], into: Folder): Promise<number> {
  const bySize = Map.groupBy(await into.list(), ({ sizeBytes }) => sizeBytes);
  const hashes = new Map<number, readonly string[]>();
  /** Of the messages of one size that are there, each once. */
  const hashesOf = async (sizeBytes: number): Promise<readonly string[]> => {
    const known = hashes.get(sizeBytes);
    if (known) return known;
    const found = await Promise.all((bySize.get(sizeBytes) ?? []).map(({ uid }) => hashOf(into, uid)));
    const made = found.filter((hash) => hash !== undefined);
    hashes.set(sizeBytes, made);
    return made;
  };
  let put = 0;
  for (const { uid, sizeBytes, flags, internalDate } of messages) {
    const hash = await hashOf(old, uid);
    if (hash === undefined || (await hashesOf(sizeBytes)).includes(hash)) continue;
    const content = await old.content(uid);
    if (!content) continue;
    await into.append(content.read(), { flags, internalDate });
    put++;
  }
  return put;
}

async function hashOf(folder: Folder, uid: number): Promise<string | undefined> {
  const content = await folder.content(uid);
  if (!content) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of content.read()) hash.update(chunk);
  return hash.digest('hex');
}
