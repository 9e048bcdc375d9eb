import { beforeLogin, type Command } from '../command.ts';
import { bad } from '../imap-error.ts';
import { utf8Text } from '../parse.ts';

/** RFC 9051 §6.2.3. Names and passwords are taken as UTF-8 although the RFC knows ASCII only: clients send them so. */
export const login: Command = {
  name: 'LOGIN',
  states: beforeLogin,
  read(cursor) {
    const name = utf8Text(cursor.space().astring());
    const password = utf8Text(cursor.space().astring());
    cursor.end();
    return async (session) => {
      if (name === undefined || password === undefined) throw bad('Name and password must be UTF-8');
      return session.logIn(name, password);
    };
  },
};
