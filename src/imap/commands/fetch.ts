import { type Command, whenSelected } from '../command.ts';
import { type FetchItem, readFetchItems } from '../fetch-items.ts';
import { askStore, sendFetchResponse } from '../fetch-response.ts';
import { no } from '../imap-error.ts';
import { limits } from '../limits.ts';
import { readAhead } from '../read-ahead.ts';
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
        const loaded = readAhead(batch, limits.ahead, async (message) => ({
          message,
          parts: await askStore(folder, message.info.uid, items),
        }));
        for await (const { message, parts } of loaded) {
          const { uid } = message.info;
          const current = { sequence: message.sequence, info: folder.view.info(uid) ?? message.info };
          const flags: readonly FetchItem[] = seen.has(uid) && !asks(items, 'flags') ? [{ kind: 'flags' }] : [];
          if (parts) await sendFetchResponse(folder, current, [...items, ...flags], parts, form);
          else gone = true;
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
