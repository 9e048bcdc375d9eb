import type { Contact } from '../accounts/address-book.ts';
import type { ReadContact } from './contact-files.ts';

/**
 * vCards: read in the versions 2.1 (phones, old Outlook), 3.0 (RFC 2426) and 4.0 (RFC 6350), written as 3.0, which everything reads. Of a card are taken
 * FN (or N), ORG, the TEL that is a fax, EMAIL, NOTE and CATEGORIES; a card without a fax number is kept for its address.
 */

interface Property {
  readonly name: string;
  /** `TYPE=fax,work` and the bare words of version 2.1, in lower case. */
  readonly words: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Characters of one card that are looked at: pictures and keys are longer than all else. */
const lineLimit = 20_000;

export function readContactCards(text: string): ReadContact[] {
  const found: ReadContact[] = [];
  let card: Property[] | undefined;
  for (const line of unfolded(text)) {
    if (/^BEGIN:VCARD$/i.test(line.trim())) card = [];
    else if (/^END:VCARD$/i.test(line.trim())) {
      if (card) found.push({ line: found.length + 1, contact: contactOf(card) });
      card = undefined;
    } else if (card && line.length <= lineLimit) {
      const property = readProperty(line);
      if (property) card.push(property);
    }
  }
  return found;
}

/** RFC 6350 §3.2; quoted-printable of version 2.1 goes on after `=` at the end of a line. */
function unfolded(text: string): string[] {
  const lines: string[] = [];
  let quoted = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const last = lines.length - 1;
    const goesOn = quoted || (/^[ \t]/.test(line) && last >= 0);
    if (!goesOn) lines.push(line);
    // Of a picture no more is gathered than shows that it is one.
    else if (lines[last]!.length <= lineLimit)
      lines[last] = quoted ? lines[last]!.slice(0, -1) + line : lines[last] + line.slice(1);
    quoted = /;(ENCODING=)?QUOTED-PRINTABLE[;:]/i.test(lines.at(-1)!) && line.endsWith('=');
  }
  return lines;
}

function readProperty(line: string): Property | undefined {
  const [, head = '', value = ''] = /^((?:[^":]|"[^"]*")*):(.*)$/s.exec(line) ?? [];
  const [full = '', ...rest] = head.match(/(?:[^;"]|"[^"]*")+/g) ?? [];
  const name = full.replace(/^[^.]*\./, '').toUpperCase();
  if (name === '') return undefined;
  const parameters: Record<string, string> = {};
  const words: string[] = [];
  for (const parameter of rest) {
    const [key = '', ...given] = parameter.split('=');
    const text = given.join('=').replaceAll('"', '');
    if (given.length === 0) words.push(key.toLowerCase());
    else if (key.toUpperCase() === 'TYPE') words.push(...text.toLowerCase().split(','));
    else parameters[key.toUpperCase()] = text;
  }
  return { name, words, parameters, value: decoded(value, words, parameters) };
}

function decoded(
  value: string,
  words: readonly string[],
  { ENCODING = '', CHARSET = 'utf-8' }: Property['parameters'],
): string {
  if (ENCODING.toLowerCase() !== 'quoted-printable' && !words.includes('quoted-printable')) return value;
  const octets = value.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return new TextDecoder(CHARSET).decode(Buffer.from(octets, 'latin1'));
  } catch {
    return octets;
  }
}

function contactOf(card: readonly Property[]): Contact {
  const first = (name: string): string => plain(card.find((one) => one.name === name)?.value ?? '');
  const [family = '', given = ''] = parts(card.find(({ name }) => name === 'N')?.value ?? '', ';');
  const fax = card.find(({ name, words }) => name === 'TEL' && words.some((word) => /fax$/.test(word)));
  const company = parts(card.find(({ name }) => name === 'ORG')?.value ?? '', ';').filter(Boolean);
  return {
    name: first('FN') || [given, family].filter(Boolean).join(' '),
    company: company.join(', '),
    fax: plain(fax?.value ?? '').replace(/^tel:/i, ''),
    mail: first('EMAIL').replace(/^mailto:/i, ''),
    note: text(card.find(({ name }) => name === 'NOTE')?.value ?? ''),
    groups: card
      .filter(({ name }) => name === 'CATEGORIES')
      .flatMap(({ value }) => parts(value, ','))
      .filter(Boolean),
  };
}

/** RFC 6350 §3.4 */
function text(value: string): string {
  return value.replaceAll(/\\([nN,;:\\])/g, (_, char: string) => (/n/i.test(char) ? '\n' : char)).trim();
}

function plain(value: string): string {
  return text(value).replaceAll(/\s+/g, ' ');
}

function parts(value: string, separator: ',' | ';'): string[] {
  const found = value.match(
    separator === ',' ? /(?:[^,\\]|\\.)+|(?<=,)(?=,)|^(?=,)/gs : /(?:[^;\\]|\\.)+|(?<=;)(?=;)|^(?=;)/gs,
  );
  return (found ?? []).map(plain);
}

export function writeContactCard({ name, company, fax, mail, note, groups }: Contact): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:${escaped(name)};;;;`,
    `FN:${escaped(name || company || fax || mail)}`,
    ...(company ? [`ORG:${escaped(company)}`] : []),
    ...(fax ? [`TEL;TYPE=fax:${escaped(fax)}`] : []),
    ...(mail ? [`EMAIL:${escaped(mail)}`] : []),
    ...(note ? [`NOTE:${escaped(note)}`] : []),
    ...(groups.length > 0 ? [`CATEGORIES:${groups.map(escaped).join(',')}`] : []),
    'END:VCARD',
  ];
  return `${lines.map(folded).join('\r\n')}\r\n`;
}

function escaped(value: string): string {
  return value.replaceAll(/[\\,;]/g, '\\$&').replaceAll(/\r\n|\r|\n/g, '\\n');
}

/** RFC 6350 §3.2: 75 octets; between characters, as readers of old unfold octets. */
function folded(line: string): string {
  const lines = [''];
  for (const char of line) {
    const most = lines.length === 1 ? 75 : 74;
    if (Buffer.byteLength(lines.at(-1)! + char) > most) lines.push('');
    lines[lines.length - 1] += char;
  }
  return lines.join('\r\n ');
}
