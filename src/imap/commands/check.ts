import { type Command, whenSelected } from '../command.ts';

/** RFC 3501 §6.4.1: everything that was answered is on stable storage already. */
export const check: Command = {
  name: 'CHECK',
  states: whenSelected,
  read(cursor) {
    cursor.end();
    return async () => ({ text: 'All is stored' });
  },
};
