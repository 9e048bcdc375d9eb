import { afterLogin, type Command } from '../command.ts';
import { folderChanged } from '../folders.ts';

/** RFC 9051 §6.3.5. Deleting the selected folder leaves nothing selected. */
export const remove: Command = {
  name: 'DELETE',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const name = cursor.space().mailbox(utf8);
    cursor.end();
    return async (session) => {
      if (session.selected?.folder.name === name && name !== 'INBOX') session.unselect();
      return folderChanged(await session.mailbox.remove(name), 'Deleted');
    };
  },
};
