import { afterLogin, type Command, type Completion } from '../command.ts';
import { existingFolder } from '../folders.ts';
import { SelectedFolder } from '../selected.ts';
import type { ImapSession } from '../session.ts';

/** RFC 9051 §6.3.2. */
export const select: Command = opening('SELECT', false);
/** RFC 9051 §6.3.3. */
export const examine: Command = opening('EXAMINE', true);

function opening(name: string, readOnly: boolean): Command {
  return {
    name,
    states: afterLogin,
    read(cursor, { utf8 }) {
      const mailbox = cursor.space().mailbox(utf8);
      cursor.end();
      return (session) => open(session, mailbox, readOnly);
    },
  };
}

async function open(session: ImapSession, name: string, readOnly: boolean): Promise<Completion> {
  // A SELECT that fails leaves nothing selected (RFC 9051 §6.3.2).
  session.unselect();
  const folder = await existingFolder(session, name);
  const selected = await SelectedFolder.open(folder, readOnly);
  session.selected = selected;
  const { uidNext } = await folder.status();
  const unseen = selected.view.all().find(({ info }) => !info.flags.includes('\\Seen'));
  const lines = [
    ...selected.flagLines(),
    `* ${selected.view.size} EXISTS\r\n`,
    `* ${selected.recentCount()} RECENT\r\n`,
    ...(unseen ? [`* OK [UNSEEN ${unseen.sequence}] First unseen\r\n`] : []),
    `* OK [UIDVALIDITY ${folder.uidValidity}] UIDs are valid\r\n`,
    `* OK [UIDNEXT ${uidNext}] Next UID\r\n`,
  ];
  for (const line of lines) await session.send(line);
  return { code: readOnly ? 'READ-ONLY' : 'READ-WRITE', text: 'Selected' };
}
