import { canonicalFlag } from './flags.ts';
import { bad, type ImapError } from './imap-error.ts';
import { limits } from './limits.ts';
import { canonicalName, decodeMailboxName } from './mailbox-name.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';

/**
 * A command as it was framed: its text, one piece for every stretch between literals, and the literals that follow the
 * pieces. All strings hold one octet a character.
 */
export interface RawCommand {
  readonly texts: readonly string[];
  readonly literals: readonly string[];
  /** The message of APPEND, announced after the last text and not yet read. */
  readonly message?: MessageLiteral;
}

export interface MessageLiteral {
  readonly sizeBytes: number;
  /** The client waits to be asked for it. */
  readonly synchronizing: boolean;
  /** Written `~{…}` (RFC 6855 §4). */
  readonly utf8: boolean;
}

const atomEnd = /[\x00-\x20(){%*"\\\]\x7f-\xff]/g;
/** ASTRING-CHAR also takes `]`. */
const astringEnd = /[\x00-\x20(){%*"\\\x7f-\xff]/g;
/** list-char takes wildcards as well. */
const listEnd = /[\x00-\x20(){"\\\x7f-\xff]/g;
const tagEnd = /[\x00-\x20(){%*"\\+\x7f-\xff]/g;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Reads a command from left to right; one method a rule of the grammar, named as RFC 9051 §9 names it. Pure.
 * @throws ImapError BAD from every method when the text does not match.
 */
export class Cursor {
  readonly #raw: RawCommand;
  #piece = 0;
  #at = 0;
  #depth = 0;

  constructor(raw: RawCommand) {
    this.#raw = raw;
  }

  get #text(): string {
    return this.#raw.texts[this.#piece]!;
  }

  /** The next character, empty at the end of a piece. */
  peek(): string {
    return this.#text.charAt(this.#at);
  }

  /** Takes `word` if it comes next, without regard to case. */
  taken(word: string): boolean {
    const found = this.#text.slice(this.#at, this.#at + word.length);
    if (found.toLowerCase() !== word.toLowerCase()) return false;
    this.#at += word.length;
    return true;
  }

  expect(word: string): this {
    if (!this.taken(word)) throw this.wrong(word === ' ' ? 'a space' : word);
    return this;
  }

  space(): this {
    return this.expect(' ');
  }

  /** CRLF: nothing may follow. */
  end(): void {
    if (!this.atEnd) throw this.wrong('the end of the command');
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length && this.#piece === this.#raw.texts.length - 1 && !this.#raw.message;
  }

  wrong(expected: string): ImapError {
    const found = this.#text.slice(this.#at, this.#at + 20).replaceAll(/[^\x20-\x7e]/g, '?');
    return bad(found === '' ? `Expected ${expected}` : `Expected ${expected} before: ${found}`);
  }

  tag(): string {
    return this.#upTo(tagEnd, 'a tag');
  }

  atom(): string {
    return this.#upTo(atomEnd, 'an atom');
  }

  /** An atom in capitals, to be looked up. */
  word(): string {
    return this.atom().toUpperCase();
  }

  number(): number {
    return this.number64(2 ** 32 - 1);
  }

  number64(largest = Number.MAX_SAFE_INTEGER): number {
    const digits = /^\d{1,19}/.exec(this.#text.slice(this.#at, this.#at + 20))?.[0];
    if (digits === undefined || Number(digits) > largest) throw this.wrong('a number');
    this.#at += digits.length;
    return Number(digits);
  }

  nzNumber(): number {
    const number = this.number();
    if (number === 0) throw this.wrong('a number above 0');
    return number;
  }

  /** quoted or literal. */
  string(): string {
    return this.#stringIf() ?? this.#fail('a string');
  }

  astring(): string {
    return this.#stringIf() ?? this.#upTo(astringEnd, 'a string');
  }

  /** NIL is undefined. */
  nstring(): string | undefined {
    return this.#stringIf() ?? (this.taken('NIL') ? undefined : this.#fail('a string or NIL'));
  }

  #stringIf(): string | undefined {
    if (this.peek() === '"') return this.#quoted();
    const literal = this.#raw.literals[this.#piece];
    if (this.#at < this.#text.length || literal === undefined) return undefined;
    this.#piece++;
    this.#at = 0;
    return literal;
  }

  #quoted(): string {
    const match = /^"((?:[^"\\\r\n\0]|\\["\\])*)"/.exec(this.#text.slice(this.#at));
    if (!match) throw this.wrong('a closing quote');
    this.#at += match[0].length;
    return match[1]!.replaceAll(/\\(["\\])/g, '$1');
  }

  #upTo(end: RegExp, what: string): string {
    end.lastIndex = this.#at;
    const found = this.#text.slice(this.#at, end.exec(this.#text)?.index);
    if (found === '') throw this.wrong(what);
    this.#at += found.length;
    return found;
  }

  #fail(what: string): never {
    throw this.wrong(what);
  }

  /** `(` entries `)`, parted by spaces; may be empty. */
  list<T>(entry: () => T, most: number = limits.listLength): T[] {
    this.expect('(');
    if (++this.#depth > limits.depth) throw bad('Too many parentheses', 'LIMIT');
    const entries: T[] = [];
    while (!this.taken(')')) {
      if (entries.length > 0) this.space();
      if (entries.length >= most) throw bad('The list is too long', 'LIMIT');
      entries.push(entry());
    }
    this.#depth--;
    return entries;
  }

  /** SASL initial response: base64, or `=` for an empty one (RFC 4959 §3). */
  saslText(): string {
    const text = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    return text === '=' ? '' : text;
  }

  sequenceSet(): SequenceSet {
    const match = /^[\d:,*]+/.exec(this.#text.slice(this.#at));
    if (!match) throw this.wrong('a sequence set');
    this.#at += match[0].length;
    return parseSequenceSet(match[0]);
  }

  /** A folder name as Unicode. */
  mailbox(utf8: boolean): string {
    return canonicalName(mailboxText(this.astring(), utf8));
  }

  /** A folder name that may hold the wildcards `%` and `*`. */
  listMailbox(utf8: boolean): string {
    return mailboxText(this.#stringIf() ?? this.#upTo(listEnd, 'a folder name'), utf8);
  }

  /** `flag`: a system flag that can be set, or a keyword. */
  flag(): string {
    const backslash = this.taken('\\') ? '\\' : '';
    const flag = canonicalFlag(backslash + this.atom());
    if (flag.length > limits.flagLength) throw bad('The flag is too long', 'LIMIT');
    return flag;
  }

  flagList(): string[] {
    return [...new Set(this.list(() => this.flag(), limits.flags))];
  }

  /** date-time, `"17-Jul-1996 02:44:25 -0700"`; ms since the Unix epoch. */
  dateTime(): number {
    const text = this.peek() === '"' ? this.#quoted() : '';
    const match = /^[ \d](\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
    const day = calendarDay(text.slice(0, 11));
    if (!match || day === undefined) throw this.wrong('a date and time');
    const [hour, minute, second, zoneHour, zoneMinute] = [4, 5, 6, 8, 9].map((group) => Number(match[group]));
    if (hour! > 23 || minute! > 59 || second! > 60) throw this.wrong('a date and time');
    const zone = (match[7] === '-' ? -1 : 1) * (zoneHour! * 60 + zoneMinute!);
    return day + ((hour! * 60 + minute! - zone) * 60 + second!) * 1000;
  }

  /** date, `1-Feb-1994` or quoted; ms of its start in UTC. */
  date(): number {
    const text = this.peek() === '"' ? this.#quoted() : this.atom();
    return calendarDay(text) ?? this.#fail('a date');
  }

  /** The literal of APPEND's message must come here. */
  message(): MessageLiteral {
    const { message } = this.#raw;
    const last = this.#piece === this.#raw.texts.length - 1 && this.#at >= this.#text.length;
    if (!message || !last) throw this.wrong('the message as a literal');
    return message;
  }
}

function mailboxText(octets: string, utf8: boolean): string {
  if (octets.length > limits.folderNameOctets) throw bad('The folder name is too long', 'LIMIT');
  const name = utf8 ? utf8Text(octets) : decodeMailboxName(octets);
  if (name === undefined) throw bad(`The folder name is not ${utf8 ? 'UTF-8' : 'modified UTF-7'}`);
  return name;
}

/** The text of a string that came as octets; undefined when it is not UTF-8. */
export function utf8Text(octets: string): string | undefined {
  const bytes = Buffer.from(octets, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function calendarDay(text: string): number | undefined {
  const match = /^ ?(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text);
  const month = months.indexOf(match?.[2]?.toLowerCase() ?? '');
  if (!match || month < 0) return undefined;
  const day = Date.UTC(Number(match[3]), month, Number(match[1]));
  return new Date(day).getUTCMonth() === month ? day : undefined;
}
