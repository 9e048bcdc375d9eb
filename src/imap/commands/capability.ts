import { capabilities } from '../capabilities.ts';
import { always, type Command } from '../command.ts';

/** RFC 9051 §6.1.1. */
export const capability: Command = {
  name: 'CAPABILITY',
  states: always,
  read(cursor) {
    cursor.end();
    return async (session) => {
      await session.send(`* CAPABILITY ${capabilities(session)}\r\n`);
      return { text: 'That is all' };
    };
  },
};
