import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqliteWriter } from '../lib/sqlite.ts';
import { isMissing } from './files.ts';
import { MailboxIndex } from './mailbox-index.ts';
import { parseName } from './message-name.ts';
import { highestUid } from './uid-list.ts';

/** Mailboxes that come from a backup, before a store opens them: a folder as `MaildirStoreOptions.folder`. */

/** Messages of each account, by the name of its directory (its address). Files are counted, whatever is in them. */
export async function countMessages(folder: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const account of await namesIn(folder)) {
    if (account.startsWith('.')) continue;
    const maildir = join(folder, account, 'Maildir');
    let count = 0;
    for (const directory of ['', ...(await namesIn(maildir)).filter((name) => name.startsWith('.'))]) {
      for (const place of ['new', 'cur']) {
        const names = await namesIn(join(maildir, directory, place));
        count += names.filter((name) => parseName(name)).length;
      }
    }
    counts.set(account, count);
  }
  return counts;
}

/** More messages than a folder gets between a backup and the day on which it is needed. */
const room = 1_000_000;

/**
 * Lets UIDs and MODSEQ go on far above those of the backup. Between the backup and its restore the former box has handed
 * out UIDs that nobody knows any more, and mail programs remember what they saw under them: were they handed out again under
 * the same UIDVALIDITY, people would see one message's text under the other's name (RFC 9051 §2.3.1.1). Messages keep
 * theirs.
 */
export async function leaveRoomForUids(folder: string, writer: SqliteWriter): Promise<void> {
  for (const account of await namesIn(folder)) {
    const path = join(folder, account, 'index.db');
    if (account.startsWith('.') || !(await isThere(path))) continue;
    const index = await MailboxIndex.open(writer, path);
    try {
      await index.write({
        sql: 'UPDATE folders SET uidNext = min(uidNext + ?1, max(uidNext, ?2)), highestModSeq = highestModSeq + ?1',
        params: [room, highestUid - room],
      });
    } finally {
      await index.close();
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return [];
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
