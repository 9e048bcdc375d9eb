import { bad, no } from './imap-error.ts';
import { limits } from './limits.ts';
import { type Cursor, utf8Text } from './parse.ts';
import type { SequenceSet } from './sequence-set.ts';

/** A search program (RFC 9051 §6.4.4) as a tree. */
export type SearchKey =
  | { readonly kind: 'all' | 'recent' }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'and' | 'or'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'not'; readonly key: SearchKey }
  /** `day` is ms of its start in UTC. */
  | { readonly kind: 'date'; readonly of: 'internal' | 'sent'; readonly test: DateTest; readonly day: number }
  | { readonly kind: 'larger' | 'smaller'; readonly sizeBytes: number }
  | { readonly kind: 'set'; readonly set: SequenceSet; readonly byUid: boolean }
  | { readonly kind: 'header'; readonly field: string; readonly text: string }
  | { readonly kind: 'body' | 'text'; readonly text: string };

export type DateTest = 'before' | 'on' | 'since';

export interface SearchProgram {
  /** RETURN options of ESEARCH (RFC 4731); undefined for the plain form. */
  readonly results: ReadonlySet<string> | undefined;
  readonly key: SearchKey;
}

const not = (key: SearchKey): SearchKey => ({ kind: 'not', key });
const flag = (name: string): SearchKey => ({ kind: 'flag', flag: name });
const recent: SearchKey = { kind: 'recent' };

const words: Readonly<Record<string, SearchKey>> = {
  ALL: { kind: 'all' },
  ANSWERED: flag('\\Answered'),
  DELETED: flag('\\Deleted'),
  DRAFT: flag('\\Draft'),
  FLAGGED: flag('\\Flagged'),
  SEEN: flag('\\Seen'),
  UNANSWERED: not(flag('\\Answered')),
  UNDELETED: not(flag('\\Deleted')),
  UNDRAFT: not(flag('\\Draft')),
  UNFLAGGED: not(flag('\\Flagged')),
  UNSEEN: not(flag('\\Seen')),
  RECENT: recent,
  OLD: not(recent),
  NEW: { kind: 'and', keys: [recent, not(flag('\\Seen'))] },
};

const resultOptions = ['MIN', 'MAX', 'ALL', 'COUNT'];

/** What follows SEARCH. @throws ImapError */
export function readSearch(cursor: Cursor): SearchProgram {
  let results: Set<string> | undefined;
  cursor.space();
  if (cursor.taken('RETURN ')) {
    results = new Set(cursor.list(() => cursor.word(), resultOptions.length));
    for (const option of results) if (!resultOptions.includes(option)) throw bad(`SEARCH returns no ${option}`);
    if (results.size === 0) results.add('ALL');
    cursor.space();
  }
  if (cursor.taken('CHARSET ')) {
    const charset = cursor.astring().toUpperCase();
    if (charset !== 'UTF-8' && charset !== 'US-ASCII') throw no('UTF-8 is searched for', 'BADCHARSET (US-ASCII UTF-8)');
    cursor.space();
  }
  return { results, key: new KeyReader(cursor).program() };
}

class KeyReader {
  readonly #cursor: Cursor;
  #count = 0;
  #depth = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** search-key *(SP search-key) up to the end. */
  program(): SearchKey {
    const keys = [this.#key()];
    while (!this.#cursor.atEnd) {
      this.#cursor.space();
      keys.push(this.#key());
    }
    return keys.length === 1 ? keys[0]! : { kind: 'and', keys };
  }

  #key(): SearchKey {
    if (++this.#count > limits.searchKeys) throw bad('The search has too many keys', 'LIMIT');
    if (++this.#depth > limits.depth) throw bad('The search is nested too deeply', 'LIMIT');
    const key = this.#one();
    this.#depth--;
    return key;
  }

  #one(): SearchKey {
    const cursor = this.#cursor;
    if (cursor.peek() === '(') {
      const keys = cursor.list(() => this.#key(), limits.searchKeys);
      if (keys.length === 0) throw bad('Search keys are missing');
      return { kind: 'and', keys };
    }
    if (/[\d*]/.test(cursor.peek())) return { kind: 'set', set: cursor.sequenceSet(), byUid: false };
    const word = cursor.word();
    if (Object.hasOwn(words, word)) return words[word]!;
    return this.#withArgument(word);
  }

  #withArgument(word: string): SearchKey {
    const cursor = this.#cursor.space();
    switch (word) {
      case 'NOT':
        return not(this.#key());
      case 'OR': {
        const first = this.#key();
        cursor.space();
        return { kind: 'or', keys: [first, this.#key()] };
      }
      case 'UID':
        return { kind: 'set', set: cursor.sequenceSet(), byUid: true };
      case 'KEYWORD':
        return flag(cursor.atom());
      case 'UNKEYWORD':
        return not(flag(cursor.atom()));
      case 'LARGER':
      case 'SMALLER':
        return { kind: word === 'LARGER' ? 'larger' : 'smaller', sizeBytes: cursor.number64() };
      case 'HEADER': {
        const field = cursor.astring();
        return { kind: 'header', field, text: searchText(cursor.space()) };
      }
      case 'BCC':
      case 'CC':
      case 'FROM':
      case 'SUBJECT':
      case 'TO':
        return { kind: 'header', field: word, text: searchText(cursor) };
      case 'BODY':
      case 'TEXT':
        return { kind: word === 'BODY' ? 'body' : 'text', text: searchText(cursor) };
      default:
        return dateKey(word, cursor);
    }
  }
}

function dateKey(word: string, cursor: Cursor): SearchKey {
  const test = /^(SENT)?(BEFORE|ON|SINCE)$/.exec(word);
  if (!test) throw bad(`SEARCH knows no ${word.slice(0, 40)}`);
  const of = test[1] === undefined ? 'internal' : 'sent';
  return { kind: 'date', of, test: test[2]!.toLowerCase() as DateTest, day: cursor.date() };
}

/** Many clients send UTF-8 without saying so. */
function searchText(cursor: Cursor): string {
  const text = utf8Text(cursor.astring());
  if (text === undefined) throw no('The text is not UTF-8', 'BADCHARSET (US-ASCII UTF-8)');
  return foldText(text);
}

/** Texts are compared in this form, which knows no case. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
