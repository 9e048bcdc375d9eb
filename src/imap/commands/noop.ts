import { always, type Command } from '../command.ts';

/** RFC 9051 §6.1.2: what there is to tell is told before every answer. */
export const noop: Command = {
  name: 'NOOP',
  states: always,
  read(cursor) {
    cursor.end();
    return async () => ({ text: 'Nothing done' });
  },
};
