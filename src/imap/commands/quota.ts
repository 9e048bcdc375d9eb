import { afterLogin, type Command } from '../command.ts';
import { existingFolder } from '../folders.ts';
import { formatMailbox } from '../format.ts';
import { no } from '../imap-error.ts';
import type { ImapSession } from '../session.ts';

/** The one quota root of an account: all its folders count together. */
const root = '""';

/** RFC 9208 §4.1.1. */
export const getQuota: Command = {
  name: 'GETQUOTA',
  states: afterLogin,
  read(cursor) {
    const name = cursor.space().astring();
    cursor.end();
    return async (session) => {
      if (name !== '') throw no('There is no such quota root', 'NONEXISTENT');
      await session.send(await quotaLine(session));
      return { text: 'That is all' };
    };
  },
};

/** RFC 9208 §4.1.2. */
export const getQuotaRoot: Command = {
  name: 'GETQUOTAROOT',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const name = cursor.space().mailbox(utf8);
    cursor.end();
    return async (session) => {
      await existingFolder(session, name);
      await session.send(`* QUOTAROOT ${formatMailbox(name, utf8)} ${root}\r\n`);
      await session.send(await quotaLine(session));
      return { text: 'That is all' };
    };
  },
};

/** RFC 9208 §4.2.1; sizes in units of 1024 octets. An account without a limit has no resource in the list. */
async function quotaLine({ mailbox }: ImapSession): Promise<string> {
  const { sizeBytes, quotaBytes } = await mailbox.usage();
  const resources = quotaBytes === 0 ? '' : `STORAGE ${Math.ceil(sizeBytes / 1024)} ${Math.floor(quotaBytes / 1024)}`;
  return `* QUOTA ${root} (${resources})\r\n`;
}
