import { afterLogin, type Command } from '../command.ts';
import { bad } from '../imap-error.ts';

/** RFC 2177, RFC 9051 §6.3.13. */
export const idle: Command = {
  name: 'IDLE',
  states: afterLogin,
  read(cursor) {
    cursor.end();
    return async (session) => {
      await session.proceed('idling');
      session.peer.resting = true;
      const answer = session.continuation();
      // A rejection is seen below; until then it must not count as one that nobody cares for.
      answer.catch(() => {});
      const never = new Promise<void>(() => {});
      for (let line: string | undefined; line === undefined; ) {
        await session.report(true);
        await session.peer.flush();
        const changed = session.selected?.changed() ?? never;
        line = await Promise.race([answer, changed.then(() => undefined)]);
        if (line !== undefined && line.toUpperCase() !== 'DONE') throw bad('Only DONE ends IDLE');
      }
      session.peer.resting = false;
      return { text: 'No longer idle' };
    };
  },
};
