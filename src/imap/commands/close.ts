import { type Command, whenSelected } from '../command.ts';
import { expungeDeleted } from '../expunge-deleted.ts';

/** RFC 9051 §6.4.1: deleted messages go without being told of. */
export const close: Command = {
  name: 'CLOSE',
  states: whenSelected,
  read(cursor) {
    cursor.end();
    return async (session) => {
      const { folder } = session;
      if (!folder.readOnly) await expungeDeleted(folder);
      session.unselect();
      return { text: 'Closed' };
    };
  },
};
