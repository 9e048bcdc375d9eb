import type { MimePart } from '../mail/mime-part.ts';
import { bad } from './imap-error.ts';
import { limits } from './limits.ts';
import type { Cursor } from './parse.ts';

/** What BODY[…] names (RFC 9051 §6.4.5.1). */
export interface Section {
  readonly path: readonly number[];
  readonly what: 'all' | 'header' | 'fields' | 'notFields' | 'text' | 'mime';
  /** Field names of HEADER.FIELDS, as written. */
  readonly fields: readonly string[];
}

export const wholeMessage: Section = { path: [], what: 'all', fields: [] };

/** A stretch of the message, end exclusive; `fields` says which header fields of it are wanted. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Reads `section-spec` up to `]`. @throws ImapError */
export function readSection(cursor: Cursor): Section {
  const path: number[] = [];
  while (/\d/.test(cursor.peek())) {
    if (path.length >= limits.depth) throw bad('The part lies too deep', 'LIMIT');
    path.push(cursor.nzNumber());
    if (!cursor.taken('.')) return closed(cursor, { path, what: 'all', fields: [] });
    if (cursor.peek() === ']') throw cursor.wrong('a part');
  }
  if (cursor.taken('HEADER.FIELDS')) {
    const what = cursor.taken('.NOT') ? 'notFields' : 'fields';
    const fields = cursor.space().list(() => cursor.astring());
    if (fields.length === 0) throw bad('Names of fields are missing');
    return closed(cursor, { path, what, fields });
  }
  const what = cursor.taken('HEADER') ? 'header' : cursor.taken('TEXT') ? 'text' : mime(cursor, path);
  return closed(cursor, { path, what, fields: [] });
}

function mime(cursor: Cursor, path: readonly number[]): Section['what'] {
  if (path.length === 0) return 'all';
  cursor.expect('MIME');
  return 'mime';
}

function closed(cursor: Cursor, section: Section): Section {
  cursor.expect(']');
  return section;
}

/** `BODY[…]` as responses repeat it. */
export function formatSection({ path, what, fields }: Section): string {
  const names = {
    all: '',
    header: 'HEADER',
    text: 'TEXT',
    mime: 'MIME',
    fields: `HEADER.FIELDS (${fields.map(fieldName).join(' ')})`,
    notFields: `HEADER.FIELDS.NOT (${fields.map(fieldName).join(' ')})`,
  };
  return `BODY[${[...path.map(String), names[what]].filter((one) => one !== '').join('.')}]`;
}

function fieldName(name: string): string {
  return /^[\x21\x23-\x27\x2b-\x5a\x5c\x5e-\x7a\x7c-\x7e]+$/.test(name)
    ? name
    : `"${name.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Where a section lies in the message; undefined when there is no such part. */
export function sectionExtent(root: MimePart, { path, what }: Section): Extent | undefined {
  const part = path.length === 0 ? root : partAt(root, path);
  if (!part) return undefined;
  if (what === 'mime') return { start: part.headerStart, end: part.bodyStart };
  if (what === 'all') {
    return { start: path.length === 0 ? part.headerStart : part.bodyStart, end: part.bodyEnd };
  }
  const message = path.length === 0 ? part : messageIn(part);
  if (!message) return undefined;
  return what === 'text'
    ? { start: message.bodyStart, end: message.bodyEnd }
    : { start: message.headerStart, end: message.bodyStart };
}

/** The part that a path such as 2.1 names (RFC 9051 §6.4.5.1): a message without multipart has its body as part 1. */
export function partAt(root: MimePart, path: readonly number[]): MimePart | undefined {
  let choices = bodyParts(root);
  let part: MimePart | undefined;
  for (const number of path) {
    part = choices[number - 1];
    if (!part) return undefined;
    const message = messageIn(part);
    choices = message ? bodyParts(message) : part.type === 'multipart' && part !== root ? part.parts : [];
  }
  return part;
}

function bodyParts(message: MimePart): readonly MimePart[] {
  return message.type === 'multipart' && message.parts.length > 0 ? message.parts : [message];
}

function messageIn(part: MimePart): MimePart | undefined {
  return part.type === 'message' ? part.parts[0] : undefined;
}
