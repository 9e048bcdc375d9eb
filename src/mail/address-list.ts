import type { AddressEntry } from './mime-part.ts';

/**
 * Address lists of header fields (RFC 5322 §3.4 and §4.4): groups, comments, routes and other obsolete forms. Never
 * fails: what is not understood comes out as a mailbox without host, so that a reader still sees it.
 */

/** Addresses read from one field; the rest is left out. */
export const maxAddresses = 5000;
/** Characters of one field that are looked at. */
const maxListCharacters = 256 * 1024;
const maxCommentDepth = 50;

interface Token {
  readonly kind: 'atom' | 'quoted' | 'comment' | 'literal' | 'special';
  readonly text: string;
  /** White space stood before it. */
  readonly spaced: boolean;
}

/**
 * Reads an unfolded field value. Display names are without quotes, encoded-words are left as they are; a comment after
 * a bare address counts as its name.
 */
export function parseAddressList(value: string): AddressEntry[] {
  const entries: AddressEntry[] = [];
  let inGroup = false;
  let waiting: Token[] = [];
  let angle: Token[] | undefined;
  let atSeen = false;
  const finish = (): void => {
    const entry = angle ? angleEntry(waiting, angle) : bareEntry(waiting);
    if (entry) entries.push(entry);
    waiting = [];
    angle = undefined;
    atSeen = false;
  };
  let inAngle = false;
  for (const token of tokens(value.slice(0, maxListCharacters))) {
    if (entries.length >= maxAddresses) break;
    const special = token.kind === 'special' ? token.text : '';
    if (inAngle) {
      if (special === '>') inAngle = false;
      else angle?.push(token);
    } else if (special === '<') {
      inAngle = true;
      angle = [];
    } else if (special === ',') {
      finish();
    } else if (special === ':' && !inGroup && !atSeen) {
      entries.push({ mailbox: phrase(waiting) });
      waiting = [];
      inGroup = true;
    } else if (special === ';') {
      finish();
      if (inGroup) entries.push({});
      inGroup = false;
    } else {
      waiting.push(token);
      atSeen ||= special === '@';
    }
  }
  finish();
  if (inGroup) entries.push({});
  return entries;
}

/** `name <local@host>`; a source route before the address is dropped (RFC 5322 §4.4). */
function angleEntry(before: readonly Token[], inside: readonly Token[]): AddressEntry | undefined {
  const colon = inside.findIndex((token) => token.kind === 'special' && token.text === ':');
  const routed = inside[0]?.text === '@' && colon > 0;
  const name = phrase(before) || comments(inside);
  const spec = addrSpec(routed ? inside.slice(colon + 1) : inside);
  if (spec.mailbox === '' && spec.host === '' && name === '') return undefined;
  return name === '' ? spec : { name, ...spec };
}

function bareEntry(all: readonly Token[]): AddressEntry | undefined {
  if (!all.some((token) => token.kind !== 'comment')) return undefined;
  const name = comments(all);
  const spec = addrSpec(all);
  return name === '' ? spec : { name, ...spec };
}

function addrSpec(all: readonly Token[]): { mailbox: string; host: string } {
  const parts = all.filter((token) => token.kind !== 'comment');
  const at = parts.findLastIndex((token) => token.kind === 'special' && token.text === '@');
  if (at < 0) return { mailbox: joined(parts, ' '), host: '' };
  return { mailbox: joined(parts.slice(0, at), ''), host: joined(parts.slice(at + 1), '') };
}

function joined(parts: readonly Token[], space: string): string {
  return parts
    .map((token, index) => (index > 0 && token.spaced ? space : '') + token.text)
    .join('')
    .trim();
}

function phrase(all: readonly Token[]): string {
  const words = all.filter((token) => token.kind !== 'comment');
  return words.length > 0 ? joined(words, ' ') : comments(all);
}

function comments(all: readonly Token[]): string {
  return all
    .filter((token) => token.kind === 'comment')
    .map((token) => token.text)
    .join(' ')
    .trim();
}

function* tokens(text: string): Generator<Token> {
  let at = 0;
  let spaced = false;
  while (at < text.length) {
    const char = text[at]!;
    if (/[\s\x00]/.test(char)) {
      spaced = true;
      at++;
      continue;
    }
    const [token, end] = tokenAt(text, at, char, spaced);
    yield token;
    spaced = false;
    at = end;
  }
}

function tokenAt(text: string, at: number, char: string, spaced: boolean): [Token, number] {
  if (char === '"') {
    const [inner, end] = delimited(text, at, '"');
    return [{ kind: 'quoted', text: inner, spaced }, end];
  }
  if (char === '(') {
    const [inner, end] = comment(text, at);
    return [{ kind: 'comment', text: inner, spaced }, end];
  }
  if (char === '[') {
    const [inner, end] = delimited(text, at, ']');
    return [{ kind: 'literal', text: `[${inner}]`, spaced }, end];
  }
  if ('<>,;:@'.includes(char)) return [{ kind: 'special', text: char, spaced }, at + 1];
  atomEnd.lastIndex = at + 1;
  const end = atomEnd.exec(text)?.index ?? text.length;
  return [{ kind: 'atom', text: text.slice(at, end), spaced }, end];
}

/** A stray `)` or `]` or `\` is taken as part of an atom. */
const atomEnd = /[\s\x00"([<>,;:@]/g;

/** The text up to `close`, backslashes resolved; an unclosed one reaches to the end. */
function delimited(text: string, start: number, close: string): [string, number] {
  let inner = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === close) return [inner, at + 1];
    if (char === '\\' && at + 1 < text.length) inner += text[++at];
    else inner += char;
  }
  return [inner, text.length];
}

function comment(text: string, start: number): [string, number] {
  let inner = '';
  let depth = 1;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\' && at + 1 < text.length) {
      inner += text[++at];
      continue;
    }
    if (char === '(' && depth < maxCommentDepth) depth++;
    if (char === ')' && --depth === 0) return [inner, at + 1];
    inner += char;
  }
  return [inner, text.length];
}
