import papaparse from 'papaparse';
import { parseAddressList } from '../mail/address-list.ts';

/** One line of a pasted list of people. */
export interface PeopleLine {
  /** Counted from 1, with empty lines and the heading. */
  readonly line: number;
  /** May be a name without domain. */
  readonly address: string;
  readonly fullName: string;
  /** Empty where one is to be made. */
  readonly password: string;
  readonly fax: boolean;
}

/** Lines of one list. */
export const peopleLimit = 1000;

type Column = 'address' | 'fullName' | 'first' | 'last' | 'password' | 'fax';

/** What spreadsheets of offices have over their columns, in lower case. */
const headings: Readonly<Record<string, Column>> = {
  address: 'address',
  adresse: 'address',
  mail: 'address',
  email: 'address',
  'e-mail': 'address',
  'email address': 'address',
  'e-mail address': 'address',
  'mail address': 'address',
  'e-mail-adresse': 'address',
  mailadresse: 'address',
  name: 'fullName',
  'full name': 'fullName',
  'first name': 'first',
  vorname: 'first',
  'last name': 'last',
  surname: 'last',
  nachname: 'last',
  password: 'password',
  passwort: 'password',
  kennwort: 'password',
  fax: 'fax',
};

const noes = new Set(['no', 'nein', 'false', '0', 'off', '-']);

/**
 * Reads a list of people as it comes from a spreadsheet (RFC 4180, also with tabs or semicolons) or from a mail program
 * (`Alice Miller <alice@example.com>`). A first line of known headings names the columns; without one the column with an @ is the
 * address and the other one the name.
 * @throws RangeError when there are more lines than `peopleLimit`
 */
export function readPeople(text: string): readonly PeopleLine[] {
  const plain = text.replace(/^\uFEFF/, '');
  const { data } = papaparse.parse<string[]>(plain, { delimiter: delimiterOf(plain) });
  const rows = data
    .map((cells, index) => ({ line: index + 1, cells: cells.map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const named = columnsOf(rows[0]?.cells ?? []);
  const people = named ? rows.slice(1) : rows;
  if (people.length > peopleLimit) throw new RangeError(`the list has more than ${peopleLimit} people`);
  return people.map(({ line, cells }) => ({ line, ...(named ? byColumns(cells, named) : byLooks(cells)) }));
}

/** Empty lines would mislead the guess, and are kept for the counting of lines. */
function delimiterOf(text: string): string {
  const delimitersToGuess = [',', ';', '\t', '|'];
  return papaparse.parse(text, { delimitersToGuess, preview: 10, skipEmptyLines: 'greedy' }).meta.delimiter;
}

function columnsOf(cells: readonly string[]): readonly (Column | undefined)[] | undefined {
  const columns = cells.map((cell) => headings[cell.toLowerCase()]);
  return columns.includes('address') && !cells.some((cell) => cell.includes('@')) ? columns : undefined;
}

type Person = Omit<PeopleLine, 'line'>;

function byColumns(cells: readonly string[], columns: readonly (Column | undefined)[]): Person {
  const at = (column: Column): string => cells[columns.indexOf(column)] ?? '';
  const fullName = at('fullName') || [at('first'), at('last')].filter((part) => part !== '').join(' ');
  const fax = !noes.has(at('fax').toLowerCase());
  return { ...addressOf(at('address')), ...(fullName !== '' && { fullName }), password: at('password'), fax };
}

function byLooks(cells: readonly string[]): Person {
  const filled = cells.filter((cell) => cell !== '');
  const address = filled.find((cell) => cell.includes('@')) ?? filled[0] ?? '';
  const [fullName = ''] = filled.filter((cell) => cell !== address);
  return { ...addressOf(address), ...(fullName !== '' && { fullName }), password: '', fax: true };
}

/** `alice`, `alice@example.com`, `Alice Miller <alice@example.com>`. */
function addressOf(text: string): { readonly address: string; readonly fullName: string } {
  if (!text.includes('<')) return { address: text, fullName: '' };
  const [entry] = parseAddressList(text);
  if (entry?.mailbox === undefined) return { address: text, fullName: '' };
  return { address: entry.host ? `${entry.mailbox}@${entry.host}` : entry.mailbox, fullName: entry.name ?? '' };
}
