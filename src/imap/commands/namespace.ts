import { afterLogin, type Command } from '../command.ts';

/** RFC 2342: one personal namespace, without prefix. */
export const namespace: Command = {
  name: 'NAMESPACE',
  states: afterLogin,
  read(cursor) {
    cursor.end();
    return async (session) => {
      await session.send('* NAMESPACE (("" ".")) NIL NIL\r\n');
      return { text: 'That is all' };
    };
  },
};
