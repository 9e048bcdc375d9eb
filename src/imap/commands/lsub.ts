import { afterLogin, type Command } from '../command.ts';
import { formatMailbox } from '../format.ts';
import { matchesAny } from '../list-pattern.ts';

/** RFC 3501 §6.3.9. */
export const lsub: Command = {
  name: 'LSUB',
  states: afterLogin,
  read(cursor, { utf8 }) {
    const reference = cursor.space().mailbox(utf8);
    const pattern = reference + cursor.space().listMailbox(utf8);
    cursor.end();
    return async (session) => {
      const shown = new Map<string, string>();
      for (const name of await session.mailbox.subscriptions()) {
        if (matchesAny([pattern], name)) shown.set(name, '');
        // With % a level above a subscribed folder is listed in its place.
        else if (pattern.endsWith('%'))
          for (const above of levelsAbove(name)) {
            if (matchesAny([pattern], above) && !shown.has(above)) shown.set(above, '\\Noselect');
          }
      }
      for (const [name, attribute] of shown) {
        await session.send(`* LSUB (${attribute}) "." ${formatMailbox(name, utf8)}\r\n`);
      }
      return { text: 'That is all' };
    };
  },
};

function levelsAbove(name: string): string[] {
  const levels = name.split('.');
  return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join('.'));
}
