import papaparse from 'papaparse';
import type { Contact } from '../accounts/address-book.ts';
import { readContactCards } from './contact-cards.ts';

/** Address books as spreadsheets (RFC 4180) and mail programs (vCard, RFC 6350) write them. Pure. */

/** Contacts of one file. */
export const importLimit = 10_000;

type Column = Exclude<keyof Contact, 'groups'> | 'groups' | 'first' | 'last';

/** Headings of spreadsheets, Outlook and Google, in lower case. */
const headings: Readonly<Record<string, Column>> = {
  name: 'name',
  'full name': 'name',
  'display name': 'name',
  anzeigename: 'name',
  'first name': 'first',
  'given name': 'first',
  vorname: 'first',
  'last name': 'last',
  'family name': 'last',
  surname: 'last',
  nachname: 'last',
  company: 'company',
  organization: 'company',
  organisation: 'company',
  'organization name': 'company',
  firma: 'company',
  fax: 'fax',
  'fax number': 'fax',
  'business fax': 'fax',
  'work fax': 'fax',
  'fax (work)': 'fax',
  faxnummer: 'fax',
  'fax geschäftlich': 'fax',
  mail: 'mail',
  email: 'mail',
  'e-mail': 'mail',
  'e-mail address': 'mail',
  'email address': 'mail',
  'primary email': 'mail',
  'e-mail-adresse': 'mail',
  note: 'note',
  notes: 'note',
  notiz: 'note',
  notizen: 'note',
  group: 'groups',
  groups: 'groups',
  categories: 'groups',
  gruppen: 'groups',
  kategorien: 'groups',
};

export interface ReadContact {
  /** Counted from 1: of the card, or of the line. */
  readonly line: number;
  readonly contact: Contact;
}

/** @throws RangeError in words when nothing can be made of it, or there is too much */
export function readContacts(text: string): readonly ReadContact[] {
  const plain = text.replace(/^\uFEFF/, '');
  const found = /^\s*BEGIN:VCARD/i.test(plain) ? readContactCards(plain) : readTable(plain);
  if (found.length > importLimit) throw new RangeError(`the file has more than ${importLimit} entries`);
  return found;
}

function readTable(text: string): ReadContact[] {
  const delimitersToGuess = [',', ';', '\t', '|'];
  const { delimiter } = papaparse.parse(text, { delimitersToGuess, preview: 10, skipEmptyLines: 'greedy' }).meta;
  const { data } = papaparse.parse<string[]>(text, { delimiter });
  const rows = data.map((cells, index) => ({ line: index + 1, cells: cells.map((cell) => cell.trim()) }));
  const [head, ...filled] = rows.filter(({ cells }) => cells.some(Boolean));
  if (!head) return [];
  const columns = head.cells.map((cell) => headings[cell.toLowerCase()]);
  if (!columns.includes('fax') && !columns.includes('mail'))
    throw new RangeError('the first line must name the columns: Name, Company, Fax, Mail, Note, Groups');
  return filled.map(({ line, cells }) => ({ line, contact: contactOf(cells, columns) }));
}

function contactOf(cells: readonly string[], columns: readonly (Column | undefined)[]): Contact {
  // Of several columns of one kind the first that says something counts.
  const at = (column: Column): string => cells.find((cell, index) => columns[index] === column && cell !== '') ?? '';
  return {
    name: at('name') || [at('first'), at('last')].filter(Boolean).join(' '),
    company: at('company'),
    fax: at('fax'),
    mail: at('mail'),
    note: at('note'),
    groups: at('groups')
      .split(/[;,]/)
      .map((group) => group.trim())
      .filter(Boolean),
  };
}

/** With a mark at its beginning, by which spreadsheets know UTF-8. */
export function writeTable(contacts: readonly Contact[], first: boolean): string {
  const rows = contacts.map(({ name, company, fax, mail, note, groups }) => [
    ...[name, company, fax, mail, note, groups.join('; ')],
  ]);
  const head = first ? [['Name', 'Company', 'Fax', 'Mail', 'Note', 'Groups']] : [];
  const text = papaparse.unparse([...head, ...rows], { newline: '\r\n', escapeFormulae: /^[=@\t\r]/ });
  return `${first ? '\uFEFF' : ''}${text}\r\n`;
}
