import { type Command, whenSelected } from '../command.ts';
import { expungeDeleted } from '../expunge-deleted.ts';

/** RFC 9051 §6.4.3; UID EXPUNGE is RFC 4315. */
export const expunge: Command = {
  name: 'EXPUNGE',
  states: whenSelected,
  uid: true,
  read(cursor, { byUid }) {
    const set = byUid ? cursor.space().sequenceSet() : undefined;
    cursor.end();
    return async ({ folder }) => {
      folder.assertWritable();
      const chosen = set && new Set(folder.select(set, true).map(({ info }) => info.uid));
      await expungeDeleted(folder, chosen);
      return { text: 'Expunged' };
    };
  },
};
