import { readSaslPlain } from '../../lib/sasl-plain.ts';
import { beforeLogin, type Command } from '../command.ts';
import { bad, no } from '../imap-error.ts';

/** RFC 9051 §6.2.2 with SASL PLAIN (RFC 4616), the initial response included (RFC 4959). */
export const authenticate: Command = {
  name: 'AUTHENTICATE',
  states: beforeLogin,
  read(cursor) {
    const mechanism = cursor.space().word();
    const initial = cursor.atEnd ? undefined : cursor.space().saslText();
    cursor.end();
    return async (session) => {
      if (mechanism !== 'PLAIN') throw no('Only AUTHENTICATE PLAIN is known here');
      if (!session.mayLogIn) throw no('Passwords are taken under TLS only', 'PRIVACYREQUIRED');
      if (initial === undefined) await session.proceed('');
      const response = initial ?? (await session.continuation());
      if (response === '*') throw bad('Cancelled');
      const plain = readSaslPlain(response);
      if (!plain) throw bad('That is no PLAIN response', 'CLIENTBUG');
      if (plain.authorizationId !== '' && plain.authorizationId !== plain.address) {
        throw no('Nobody may act for somebody else', 'AUTHORIZATIONFAILED');
      }
      return session.logIn(plain.address, plain.password);
    };
  },
};
