import type { FolderInfo } from '../../store/types.ts';
import { afterLogin, type Command } from '../command.ts';
import { formatMailbox } from '../format.ts';
import { bad } from '../imap-error.ts';
import { matchesAny } from '../list-pattern.ts';
import type { Cursor } from '../parse.ts';
import type { ImapSession } from '../session.ts';
import { formatStatus, readStatusItems } from '../status-items.ts';

const maxPatterns = 50;

interface Wanted {
  readonly select: ReadonlySet<string>;
  readonly show: ReadonlySet<string>;
  readonly status: readonly string[];
  readonly patterns: readonly string[];
}

/** RFC 9051 §6.3.9, with LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and SPECIAL-USE (RFC 6154). */
export const list: Command = {
  name: 'LIST',
  states: afterLogin,
  read(cursor, { utf8 }) {
    cursor.space();
    const select = cursor.peek() === '(' ? readSelection(cursor) : new Set<string>();
    const reference = cursor.mailbox(utf8);
    cursor.space();
    const extended = cursor.peek() === '(';
    const patterns = extended ? cursor.list(() => cursor.listMailbox(utf8), maxPatterns) : [cursor.listMailbox(utf8)];
    const { show, status } = cursor.atEnd ? { show: new Set<string>(), status: [] } : readReturn(cursor.space());
    cursor.end();
    return async (session) => {
      if (patterns.length === 1 && patterns[0] === '' && !extended) {
        await session.send('* LIST (\\Noselect) "." ""\r\n');
        return { text: 'That is all' };
      }
      await answer(session, { select, show, status, patterns: patterns.map((pattern) => reference + pattern) });
      return { text: 'That is all' };
    };
  },
};

function readSelection(cursor: Cursor): Set<string> {
  const known = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'];
  const options = new Set(cursor.list(() => oneOf(cursor, known)));
  cursor.space();
  if (options.has('RECURSIVEMATCH') && !options.has('SUBSCRIBED') && !options.has('SPECIAL-USE')) {
    throw bad('RECURSIVEMATCH needs another option');
  }
  return options;
}

function readReturn(cursor: Cursor): { show: Set<string>; status: readonly string[] } {
  let status: readonly string[] = [];
  cursor.expect('RETURN').space();
  const show = new Set(
    cursor.list(() => {
      const option = oneOf(cursor, ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS']);
      if (option === 'STATUS') status = readStatusItems(cursor.space());
      return option;
    }),
  );
  return { show, status };
}

function oneOf(cursor: Cursor, known: readonly string[]): string {
  const option = cursor.word();
  if (!known.includes(option)) throw bad(`LIST knows no ${option.slice(0, 40)}`);
  return option;
}

async function answer(session: ImapSession, wanted: Wanted): Promise<void> {
  const existing = await session.mailbox.folders();
  const all = wanted.select.has('SUBSCRIBED') ? await withMissing(session, existing) : existing;
  for (const info of all) {
    if (!matchesAny(wanted.patterns, info.name)) continue;
    const own = isSelected(info, wanted.select);
    const below = !own && wanted.select.has('RECURSIVEMATCH') && all.some((other) => isBelow(other, info, wanted));
    if (!own && !below) continue;
    const exists = existing.includes(info);
    const name = formatMailbox(info.name, session.utf8);
    const childInfo = below ? ' ("CHILDINFO" ("SUBSCRIBED"))' : '';
    await session.send(`* LIST (${attributes(info, exists, wanted).join(' ')}) "." ${name}${childInfo}\r\n`);
    const folder = wanted.status.length > 0 && info.selectable && exists && (await session.mailbox.folder(info.name));
    if (folder) await session.send(`* STATUS ${name} ${await formatStatus(folder, wanted.status)}\r\n`);
  }
}

/** Subscriptions to folders that are not there are listed too. */
async function withMissing(session: ImapSession, existing: readonly FolderInfo[]): Promise<FolderInfo[]> {
  const known = new Set(existing.map(({ name }) => name));
  const missing = (await session.mailbox.subscriptions()).filter((name) => !known.has(name));
  return [...existing, ...missing.map((name) => ({ name, hasChildren: false, selectable: false, subscribed: true }))];
}

function isSelected(info: FolderInfo, select: ReadonlySet<string>): boolean {
  if (select.has('SUBSCRIBED') && !info.subscribed) return false;
  return !select.has('SPECIAL-USE') || info.specialUse !== undefined;
}

/** A folder that would be listed but for the pattern (RFC 5258 §3.5). */
function isBelow(other: FolderInfo, above: FolderInfo, { select, patterns }: Wanted): boolean {
  return other.name.startsWith(`${above.name}.`) && isSelected(other, select) && !matchesAny(patterns, other.name);
}

function attributes(info: FolderInfo, exists: boolean, { select, show }: Wanted): string[] {
  const found: string[] = [];
  if (!exists) found.push('\\NonExistent');
  else if (!info.selectable) found.push('\\Noselect');
  if (exists) found.push(info.hasChildren ? '\\HasChildren' : '\\HasNoChildren');
  if (info.subscribed && (select.has('SUBSCRIBED') || show.has('SUBSCRIBED'))) found.push('\\Subscribed');
  if (info.specialUse !== undefined) found.push(info.specialUse);
  return found;
}
