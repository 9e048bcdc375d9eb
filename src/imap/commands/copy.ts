import type { Copied } from '../../store/types.ts';
import { type Command, type Completion, whenSelected } from '../command.ts';
import { no } from '../imap-error.ts';
import { formatSet, type SequenceSet } from '../sequence-set.ts';
import type { ImapSession } from '../session.ts';

/** RFC 9051 §6.4.7. */
export const copy: Command = transfer('COPY', async (session, uids, to) => {
  const copied = await session.folder.folder.copy(uids, to);
  const code = copyCode(copied);
  return { text: 'Copied', ...(code !== undefined && { code }) };
});

/** RFC 6851. */
export const move: Command = transfer('MOVE', async (session, uids, to) => {
  session.folder.assertWritable();
  const moved = await session.folder.folder.move(uids, to);
  const code = copyCode(moved);
  // Told before the messages go (RFC 6851 §4.3).
  if (code !== undefined) await session.send(`* OK [${code}] Moved\r\n`);
  if (moved === 'missing') return { text: 'Moved' };
  session.folder.note({ added: [], changed: [], expunged: moved.uids.map(({ from }) => from) });
  return { text: 'Moved' };
});

type Transfer = (session: ImapSession, uids: readonly number[], to: string) => Promise<Completion>;

function transfer(name: string, run: Transfer): Command {
  return {
    name,
    states: whenSelected,
    uid: true,
    read(cursor, { byUid, utf8 }) {
      const set: SequenceSet = cursor.space().sequenceSet();
      const to = cursor.space().mailbox(utf8);
      cursor.end();
      return async (session) => {
        const uids = session.folder.select(set, byUid).map(({ info }) => info.uid);
        return run(session, uids, to);
      };
    },
  };
}

/** COPYUID (RFC 4315 §3); undefined when nothing was copied. @throws ImapError when there is no such folder. */
function copyCode(copied: Copied | 'missing'): string | undefined {
  if (copied === 'missing') throw no('There is no such folder', 'TRYCREATE');
  if (copied.uids.length === 0) return undefined;
  const from = formatSet(copied.uids.map((pair) => pair.from));
  const to = formatSet(copied.uids.map((pair) => pair.to));
  return `COPYUID ${copied.uidValidity} ${from} ${to}`;
}
