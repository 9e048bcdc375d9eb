import { afterLogin, type Command } from '../command.ts';
import { existingFolder } from '../folders.ts';

/** RFC 9051 §6.3.7. */
export const subscribe: Command = subscribing('SUBSCRIBE', true);
/** RFC 9051 §6.3.8. */
export const unsubscribe: Command = subscribing('UNSUBSCRIBE', false);

function subscribing(name: string, on: boolean): Command {
  return {
    name,
    states: afterLogin,
    read(cursor, { utf8 }) {
      const folder = cursor.space().mailbox(utf8);
      cursor.end();
      return async (session) => {
        if (on) await existingFolder(session, folder);
        await session.mailbox.subscribe(folder, on);
        return { text: on ? 'Subscribed' : 'Unsubscribed' };
      };
    },
  };
}
