import { afterLogin, type Command } from '../command.ts';

const maxNames = 50;

/** RFC 5161; UTF8=ACCEPT of RFC 6855 is what can be enabled. */
export const enable: Command = {
  name: 'ENABLE',
  states: afterLogin,
  read(cursor) {
    const names: string[] = [];
    do names.push(cursor.space().word());
    while (!cursor.atEnd && names.length < maxNames);
    cursor.end();
    return async (session) => {
      const wanted = names.includes('UTF8=ACCEPT') || names.includes('UTF8=ONLY');
      if (wanted) session.utf8 = true;
      await session.send(`* ENABLED${wanted ? ' UTF8=ACCEPT' : ''}\r\n`);
      return { text: 'Done' };
    };
  },
};
