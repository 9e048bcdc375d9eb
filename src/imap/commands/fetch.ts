import { type Command, whenSelected } from '../command.ts';
import { type FetchItem, readFetchItems } from '../fetch-items.ts';
import { sendFetchResponse } from '../fetch-response.ts';
import { no } from '../imap-error.ts';
import { limits } from '../limits.ts';
import type { SelectedFolder } from '../selected.ts';
import type { NumberedMessage } from '../sequence.ts';

/** RFC 9051 §6.4.5. */
export const fetch: Command = {
  name: 'FETCH',
  states: whenSelected,
  uid: true,
  holdsNumbers: true,
  read(cursor, { byUid, utf8 }) {
    const set = cursor.space().sequenceSet();
    const asked = readFetchItems(cursor.space());
    cursor.end();
    const items = byUid && !asks(asked, 'uid') ? [{ kind: 'uid' } as const, ...asked] : asked;
    return async (session) => {
      const { folder } = session;
      const messages = folder.select(set, byUid);
      const form = { utf8, send: (data: string | Uint8Array) => session.send(data) };
      let gone = false;
      for (let at = 0; at < messages.length; at += limits.fetchBatch) {
        const batch = messages.slice(at, at + limits.fetchBatch);
        const seen = await markSeen(folder, batch, items);
        for (const { sequence, info: before } of batch) {
          const info = folder.view.info(before.uid) ?? before;
          const flags: readonly FetchItem[] = seen.has(info.uid) && !asks(items, 'flags') ? [{ kind: 'flags' }] : [];
          if (!(await sendFetchResponse(folder, { sequence, info }, [...items, ...flags], form))) gone = true;
        }
      }
      // Others removed some of them and this client does not know yet (RFC 2180 §4.1).
      if (gone && !byUid) throw no('Some messages are no longer there', 'EXPUNGEISSUED');
      return { text: 'That is all' };
    };
  },
};

function asks(items: readonly FetchItem[], kind: FetchItem['kind']): boolean {
  return items.some((item) => item.kind === kind);
}

/** Reading a body sets `\Seen`, on all of a batch at once. @returns the UIDs that were unseen. */
async function markSeen(
  selected: SelectedFolder,
  batch: readonly NumberedMessage[],
  items: readonly FetchItem[],
): Promise<ReadonlySet<number>> {
  const reads = items.some((item) => item.kind === 'section' && !item.peek);
  if (!reads || selected.readOnly) return new Set();
  const unseen = batch
    .map(({ info }) => selected.view.info(info.uid) ?? info)
    .filter((info) => !info.flags.includes('\\Seen') && !selected.view.gone(info.uid))
    .map((info) => info.uid);
  if (unseen.length === 0) return new Set();
  const changed = await selected.folder.setFlags(unseen, 'add', ['\\Seen']);
  selected.note({ added: [], changed, expunged: [] });
  return new Set(changed.map((info) => info.uid));
}
