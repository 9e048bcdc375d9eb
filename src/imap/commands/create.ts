import { afterLogin, type Command } from '../command.ts';
import { folderChanged } from '../folders.ts';

/** RFC 9051 §6.3.4. */
export const create: Command = {
  name: 'CREATE',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const name = cursor.space().mailbox(utf8);
    cursor.end();
    // A separator at the end only says that folders will be made below.
    return async (session) => folderChanged(await session.mailbox.create(name.replace(/\.$/, '')), 'Created');
  },
};
