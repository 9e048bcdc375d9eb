import { always, type Command } from '../command.ts';

/** RFC 2971 §3.1 allows 30 pairs. */
const maxPairs = 30;

/** RFC 2971. What clients say of themselves is not used. */
export const id: Command = {
  name: 'ID',
  states: always,
  read(cursor) {
    cursor.space();
    if (!cursor.taken('NIL')) {
      cursor.list(() => {
        cursor.string();
        cursor.space();
        cursor.nstring();
      }, maxPairs);
    }
    cursor.end();
    return async (session) => {
      await session.send('* ID ("name" "Caselli")\r\n');
      return { text: 'Pleased to meet you' };
    };
  },
};
