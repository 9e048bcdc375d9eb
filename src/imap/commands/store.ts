import { type Command, whenSelected } from '../command.ts';
import { bad, no } from '../imap-error.ts';
import type { Cursor } from '../parse.ts';

const ways = { '+FLAGS': 'add', '-FLAGS': 'remove', FLAGS: 'replace' } as const;

/** RFC 9051 §6.4.6. */
export const store: Command = {
  name: 'STORE',
  states: whenSelected,
  uid: true,
  holdsNumbers: true,
  read(cursor, { byUid }) {
    const set = cursor.space().sequenceSet();
    const { how, silent } = readWay(cursor.space());
    const flags = readFlags(cursor.space());
    cursor.end();
    return async (session) => {
      const { folder } = session;
      folder.assertWritable();
      const messages = folder.select(set, byUid);
      const uids = messages.map(({ info }) => info.uid);
      const stored = uids.length === 0 ? [] : await folder.folder.setFlags(uids, how, flags);
      folder.note({ added: [], changed: stored, expunged: [] });
      for (const { uid } of stored) {
        const info = folder.view.info(uid);
        if (!info) continue;
        folder.view.told(uid);
        if (!silent) await session.send(folder.flagsLine({ sequence: folder.view.sequenceOf(uid), info }));
      }
      // Others removed some of them and this client does not know yet (RFC 2180 §4.2).
      if (!byUid && stored.length < uids.length) throw no('Some messages are no longer there', 'EXPUNGEISSUED');
      return { text: 'Stored' };
    };
  },
};

function readWay(cursor: Cursor): { how: (typeof ways)[keyof typeof ways]; silent: boolean } {
  const [name, silent, ...more] = cursor.word().split('.');
  const known = name === '+FLAGS' || name === '-FLAGS' || name === 'FLAGS';
  if (!known || (silent !== undefined && silent !== 'SILENT') || more.length > 0) throw bad('STORE changes FLAGS only');
  return { how: ways[name], silent: silent !== undefined };
}

/** A list, or flags without parentheses. */
function readFlags(cursor: Cursor): string[] {
  if (cursor.peek() === '(') return cursor.flagList();
  const flags = [cursor.flag()];
  while (!cursor.atEnd) flags.push(cursor.space().flag());
  return flags;
}
