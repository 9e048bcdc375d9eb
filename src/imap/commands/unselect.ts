import { type Command, whenSelected } from '../command.ts';

/** RFC 3691. */
export const unselect: Command = {
  name: 'UNSELECT',
  states: whenSelected,
  read(cursor) {
    cursor.end();
    return async (session) => {
      session.unselect();
      return { text: 'Unselected' };
    };
  },
};
