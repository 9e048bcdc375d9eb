import { type Command, whenSelected } from '../command.ts';
import { limits } from '../limits.ts';
import { readAhead } from '../read-ahead.ts';
import { readSearch } from '../search-keys.ts';
import { SearchMatcher } from '../search-match.ts';
import { formatSet } from '../sequence-set.ts';
import type { ImapSession } from '../session.ts';

/** Messages looked at before others get their turn. */
const turnLength = 500;

/** RFC 9051 §6.4.4, with ESEARCH (RFC 4731). */
export const search: Command = {
  name: 'SEARCH',
  states: whenSelected,
  uid: true,
  holdsNumbers: true,
  read(cursor, { byUid, tag }) {
    const { results, key } = readSearch(cursor);
    cursor.end();
    return async (session) => {
      const found = await find(session, new SearchMatcher(session.folder, key), byUid);
      await session.send(results ? extended(found, results, byUid, tag) : plain(found));
      return { text: 'That is all' };
    };
  },
};

async function find({ folder }: ImapSession, matcher: SearchMatcher, byUid: boolean): Promise<number[]> {
  const found: number[] = [];
  const matched = readAhead(folder.view.all(), limits.ahead, async (message) => ({
    message,
    matches: await matcher.matches(message),
  }));
  for await (const { message, matches } of matched) {
    if (message.sequence % turnLength === 0) await new Promise((resolve) => setImmediate(resolve));
    if (matches) found.push(byUid ? message.info.uid : message.sequence);
  }
  return found;
}

function plain(found: readonly number[]): string {
  return `* SEARCH${found.map((number) => ` ${number}`).join('')}\r\n`;
}

function extended(found: readonly number[], results: ReadonlySet<string>, byUid: boolean, tag: string): string {
  const items: string[] = [];
  if (results.has('MIN') && found.length > 0) items.push(` MIN ${found[0]}`);
  if (results.has('MAX') && found.length > 0) items.push(` MAX ${found.at(-1)}`);
  if (results.has('ALL') && found.length > 0) items.push(` ALL ${formatSet(found)}`);
  if (results.has('COUNT')) items.push(` COUNT ${found.length}`);
  return `* ESEARCH (TAG "${tag}")${byUid ? ' UID' : ''}${items.join('')}\r\n`;
}
