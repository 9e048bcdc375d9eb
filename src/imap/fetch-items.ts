import { bad } from './imap-error.ts';
import { limits } from './limits.ts';
import type { Cursor } from './parse.ts';
import { formatSection, readSection, type Section, wholeMessage } from './section.ts';

/** What FETCH asks for (RFC 9051 §6.4.5). */
export type FetchItem =
  | { readonly kind: 'flags' | 'uid' | 'internalDate' | 'size' | 'envelope' }
  | { readonly kind: 'structure'; readonly extended: boolean }
  | SectionItem;

export interface SectionItem {
  readonly kind: 'section';
  readonly section: Section;
  /** Does not set `\Seen`. */
  readonly peek: boolean;
  readonly partial?: { readonly start: number; readonly count: number };
  /** As the response names it. */
  readonly label: string;
}

const plain: Readonly<Record<string, FetchItem>> = {
  FLAGS: { kind: 'flags' },
  UID: { kind: 'uid' },
  INTERNALDATE: { kind: 'internalDate' },
  'RFC822.SIZE': { kind: 'size' },
  ENVELOPE: { kind: 'envelope' },
  BODYSTRUCTURE: { kind: 'structure', extended: true },
  BODY: { kind: 'structure', extended: false },
  RFC822: { kind: 'section', section: wholeMessage, peek: false, label: 'RFC822' },
  'RFC822.HEADER': {
    kind: 'section',
    section: { ...wholeMessage, what: 'header' },
    peek: true,
    label: 'RFC822.HEADER',
  },
  'RFC822.TEXT': { kind: 'section', section: { ...wholeMessage, what: 'text' }, peek: false, label: 'RFC822.TEXT' },
};

const fast = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];
const macros: Readonly<Record<string, readonly string[]>> = {
  FAST: fast,
  ALL: [...fast, 'ENVELOPE'],
  FULL: [...fast, 'ENVELOPE', 'BODY'],
};

/** One item, a list of them, or a macro. @throws ImapError */
export function readFetchItems(cursor: Cursor): readonly FetchItem[] {
  if (cursor.peek() !== '(') {
    const name = itemName(cursor);
    return macros[name]?.map((one) => plain[one]!) ?? [readItem(cursor, name)];
  }
  const items = cursor.list(() => readItem(cursor, itemName(cursor)), limits.listLength);
  if (items.length === 0) throw bad('FETCH items are missing');
  return items;
}

/** Up to the `[` of a section. */
function itemName(cursor: Cursor): string {
  for (const name of ['BODY.PEEK[', 'BODY[']) if (cursor.taken(name)) return name;
  return cursor.word();
}

function readItem(cursor: Cursor, name: string): FetchItem {
  if (!name.endsWith('[')) {
    if (!Object.hasOwn(plain, name)) throw bad(`FETCH knows no ${name.slice(0, 40)}`);
    return plain[name]!;
  }
  const section = readSection(cursor);
  const partial = readPartial(cursor);
  const label = formatSection(section) + (partial ? `<${partial.start}>` : '');
  return { kind: 'section', section, peek: name !== 'BODY[', label, ...(partial && { partial }) };
}

/** `<start.count>` */
function readPartial(cursor: Cursor): SectionItem['partial'] {
  if (!cursor.taken('<')) return undefined;
  const start = cursor.number64();
  const count = cursor.expect('.').number64();
  cursor.expect('>');
  if (count === 0) throw bad('A part of no octets cannot be asked for');
  return { start, count };
}
