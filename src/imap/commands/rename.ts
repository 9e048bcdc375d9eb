import { afterLogin, type Command } from '../command.ts';
import { folderChanged } from '../folders.ts';

/** RFC 9051 §6.3.6. */
export const rename: Command = {
  name: 'RENAME',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const from = cursor.space().mailbox(utf8);
    const to = cursor.space().mailbox(utf8);
    cursor.end();
    return async (session) => folderChanged(await session.mailbox.rename(from, to), 'Renamed');
  },
};
