import type { Folder, FolderStatus } from '../store/types.ts';
import { bad } from './imap-error.ts';
import type { Cursor } from './parse.ts';

const values: Readonly<Record<string, (status: FolderStatus) => number>> = {
  MESSAGES: (status) => status.messages,
  RECENT: (status) => status.recent,
  UIDNEXT: (status) => status.uidNext,
  UIDVALIDITY: (status) => status.uidValidity,
  UNSEEN: (status) => status.unseen,
  DELETED: (status) => status.deleted,
  /** RFC 9208 §4.1.4. */
  'DELETED-STORAGE': (status) => Math.ceil(status.deletedBytes / 1024),
  /** RFC 8438. */
  SIZE: (status) => status.sizeBytes,
};

/** `"(" status-att *(SP status-att) ")"` (RFC 9051 §6.3.11). @throws ImapError */
export function readStatusItems(cursor: Cursor): readonly string[] {
  const items = cursor.list(() => {
    const item = cursor.word();
    if (!Object.hasOwn(values, item)) throw bad(`STATUS knows no ${item.slice(0, 40)}`);
    return item;
  }, Object.keys(values).length);
  if (items.length === 0) throw bad('STATUS items are missing');
  return items;
}

/** `(MESSAGES 3 UNSEEN 1)` */
export async function formatStatus(folder: Folder, items: readonly string[]): Promise<string> {
  const status = await folder.status();
  return `(${items.map((item) => `${item} ${values[item]!(status)}`).join(' ')})`;
}
