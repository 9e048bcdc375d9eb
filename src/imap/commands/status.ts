import { afterLogin, type Command } from '../command.ts';
import { existingFolder } from '../folders.ts';
import { formatMailbox } from '../format.ts';
import { formatStatus, readStatusItems } from '../status-items.ts';

/** RFC 9051 §6.3.11. */
export const status: Command = {
  name: 'STATUS',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const name = cursor.space().mailbox(utf8);
    const items = readStatusItems(cursor.space());
    cursor.end();
    return async (session) => {
      const shown = await formatStatus(await existingFolder(session, name), items);
      await session.send(`* STATUS ${formatMailbox(name, utf8)} ${shown}\r\n`);
      return { text: 'That is all' };
    };
  },
};
