import { decodeCharset } from './charset.ts';
import { decodeWords } from './encoded-word.ts';
import type { MimePart } from './mime-part.ts';

/** Values with parameters: Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183, extended by RFC 2231). */
export interface ParameterizedValue {
  /** The value before the first `;`, lower case, without comments. */
  readonly value: string;
  /** Names in lower case. Of a name given twice the first counts. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Parameters of one field, continuations counted; further ones are left out. */
const maxParameters = 200;

interface Piece {
  readonly name: string;
  readonly section: number | undefined;
  readonly extended: boolean;
  readonly text: string;
}

export function parseParameters(field: string): ParameterizedValue {
  const [value, ...rest] = segments(field);
  const pieces = rest.map(readPiece).filter((piece) => piece !== undefined);
  const plain = pieces.filter((piece) => piece.section === undefined && !piece.extended);
  const found = new Map<string, string>();
  // RFC 2231 forms are the better ones: a plain value beside them is for old programs.
  for (const [name, text] of continued(pieces)) if (!found.has(name)) found.set(name, text);
  for (const piece of plain) if (!found.has(piece.name)) found.set(piece.name, piece.text);
  return { value: (value ?? '').trim().toLowerCase(), parameters: Object.fromEntries(found) };
}

/** Cuts at `;` outside of quoted-strings, and drops comments. */
function segments(field: string): string[] {
  const cut: string[] = [];
  let current = '';
  let quoted = false;
  let depth = 0;
  for (let at = 0; at < field.length; at++) {
    const char = field[at]!;
    const pair = char === '\\' && at + 1 < field.length;
    if (pair && (quoted || depth > 0)) {
      if (quoted) current += char + field[at + 1];
      at++;
    } else if (depth === 0 && char === '"') {
      quoted = !quoted;
      current += char;
    } else if (!quoted && char === '(' && (depth > 0 || /(^|[\s;])$/.test(current.slice(-1)))) {
      depth++;
    } else if (!quoted && depth > 0) {
      if (char === ')') depth--;
    } else if (!quoted && char === ';') {
      cut.push(current);
      current = '';
      if (cut.length > maxParameters) return cut;
    } else {
      current += char;
    }
  }
  cut.push(current);
  return cut;
}

function readPiece(segment: string): Piece | undefined {
  const equals = segment.indexOf('=');
  if (equals < 0) return undefined;
  const key = segment.slice(0, equals).trim().toLowerCase();
  const [, name, section, star] = /^([^\s*'"]+)(?:\*(\d{1,3}))?(\*)?$/.exec(key) ?? [];
  if (name === undefined) return undefined;
  const raw = segment.slice(equals + 1).trim();
  return {
    name,
    section: section === undefined ? undefined : Number(section),
    extended: star !== undefined,
    text: raw.startsWith('"') ? unquote(raw) : raw,
  };
}

function unquote(raw: string): string {
  const body = raw.slice(1);
  const end = /^(?:[^"\\]|\\.)*/s.exec(body)![0];
  return end.replaceAll(/\\(.)/gs, '$1');
}

/** Puts the sections of each name together (RFC 2231 §3, §4). */
function continued(pieces: readonly Piece[]): Map<string, string> {
  const found = new Map<string, string>();
  const special = pieces.filter((piece) => piece.section !== undefined || piece.extended);
  for (const name of new Set(special.map((piece) => piece.name))) {
    const mine = special.filter((piece) => piece.name === name).toSorted((a, b) => (a.section ?? 0) - (b.section ?? 0));
    const inOrder = mine.filter((piece, index) => (piece.section ?? 0) === index);
    if (inOrder.length > 0) found.set(name, joinSections(inOrder));
  }
  return found;
}

function joinSections(sections: readonly Piece[]): string {
  const first = sections[0]!;
  const [, charset = '', start = first.text] = (first.extended && /^([^']*)'[^']*'(.*)$/s.exec(first.text)) || [];
  const octets = sections.map((piece, index) => {
    const text = index === 0 ? start : piece.text;
    return piece.extended ? percentOctets(text) : Buffer.from(text);
  });
  return decodeCharset(Buffer.concat(octets), charset);
}

function percentOctets(text: string): Uint8Array {
  const parts = text.split(/%([0-9a-f]{2})/i);
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? 'hex' : 'utf8')));
}

/** The media type of a Content-Type field; undefined when it is not one (RFC 2045 §5.2 then says text/plain). */
export function parseContentType(
  field: string,
):
  | { readonly type: string; readonly subtype: string; readonly parameters: Readonly<Record<string, string>> }
  | undefined {
  const { value, parameters } = parseParameters(field);
  const [, type, subtype] = /^([^\s/()<>@,;:\\"[\]?=]+)\s*\/\s*([^\s/()<>@,;:\\"[\]?=]+)/.exec(value) ?? [];
  return type === undefined || subtype === undefined ? undefined : { type, subtype, parameters };
}

/** The name a part wants to be saved as, encoded-words decoded and folders cut off; undefined when it has none. */
export function fileName(part: Pick<MimePart, 'parameters' | 'disposition'>): string | undefined {
  const raw = part.disposition?.parameters.filename ?? part.parameters.name;
  const base =
    raw === undefined
      ? undefined
      : decodeWords(raw)
          .split(/[/\\]/)
          .at(-1)!
          .replaceAll(/[\x00-\x1f\x7f]/g, '')
          .trim();
  return base || undefined;
}

/** Writes a value with parameters, each on its own folded line; other text than ASCII by RFC 2231. */
export function formatParameters(value: string, parameters: Readonly<Record<string, string>>): string {
  const written = Object.entries(parameters).flatMap(([name, text]) => formatParameter(name, text));
  return [value, ...written].join(';\r\n ');
}

/** Longest value written in one section, so that lines stay under 78 characters. */
const maxSectionCharacters = 50;

function formatParameter(name: string, text: string): string[] {
  if (/^[A-Za-z0-9!#$&+.^_`{|}~-]{1,70}$/.test(text)) return [`${name}=${text}`];
  if (/^[\x20-\x7e]{0,60}$/.test(text)) return [`${name}="${text.replaceAll(/["\\]/g, '\\$&')}"`];
  const sections = [''];
  for (const octet of Buffer.from(text.toWellFormed())) {
    const character = String.fromCharCode(octet);
    const unit = /[A-Za-z0-9!#$&+.^_`{|}~-]/.test(character)
      ? character
      : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    if (sections.at(-1)!.length + unit.length > maxSectionCharacters) sections.push('');
    sections[sections.length - 1] += unit;
  }
  if (sections.length === 1) return [`${name}*=utf-8''${sections[0]}`];
  return sections.map((section, index) => `${name}*${index}*=${index === 0 ? "utf-8''" : ''}${section}`);
}
