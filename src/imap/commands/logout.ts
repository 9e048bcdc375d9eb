import { always, type Command } from '../command.ts';

/** RFC 9051 §6.1.3. */
export const logout: Command = {
  name: 'LOGOUT',
  states: always,
  read(cursor) {
    cursor.end();
    return async (session) => {
      session.unselect();
      await session.send('* BYE Good bye\r\n');
      session.ending = 'logout';
      return { text: 'Logged out' };
    };
  },
};
