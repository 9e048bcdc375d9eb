import { beforeLogin, type Command } from '../command.ts';
import { bad } from '../imap-error.ts';

/** RFC 9051 §6.2.1. */
export const starttls: Command = {
  name: 'STARTTLS',
  states: beforeLogin,
  read(cursor) {
    cursor.end();
    return async (session) => {
      if (session.peer.secure) throw bad('TLS is in use already');
      return { text: 'Begin TLS now', after: () => session.peer.startTls() };
    };
  },
};
