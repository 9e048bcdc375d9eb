import { afterLogin, type Command } from '../command.ts';
import { no } from '../imap-error.ts';

/** RFC 9051 §6.3.12, in its form for UTF-8 headers too (RFC 6855 §4). OK is said once the message is on stable storage. */
export const append: Command = {
  name: 'APPEND',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const name = cursor.space().mailbox(utf8);
    cursor.space();
    const listed = cursor.peek() === '(';
    const flags = listed ? cursor.flagList() : [];
    if (listed) cursor.space();
    const internalDate = cursor.peek() === '"' ? cursor.dateTime() : undefined;
    if (internalDate !== undefined) cursor.space();
    const wrapped = cursor.taken('UTF8 (');
    const literal = cursor.message();
    if (literal.utf8 !== wrapped) throw cursor.wrong('UTF8 (~{…})');
    return async (session) => {
      const { maxLiteral } = session.services;
      if (literal.sizeBytes > maxLiteral) throw no(`Messages may have ${maxLiteral} octets`, 'TOOBIG');
      if (wrapped && !session.utf8) throw no('Enable UTF8=ACCEPT first', 'CLIENTBUG');
      const folder = await session.mailbox.folder(name);
      if (!folder) throw no('There is no such folder', 'TRYCREATE');
      const options = { flags, ...(internalDate !== undefined && { internalDate }) };
      const { uid } = await folder.append(session.receive(literal, wrapped ? ')' : ''), options);
      return { code: `APPENDUID ${folder.uidValidity} ${uid}`, text: 'Stored' };
    };
  },
};
