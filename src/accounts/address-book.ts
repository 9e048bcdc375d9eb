import { ConflictError, type Database, type Statement } from '../lib/sqlite.ts';
import { DirectoryError } from './directory-error.ts';

/**
 * The address book, in `directory.db`: who is faxed and written to. An entry belongs to one person, or to the whole office;
 * a group is there as long as an entry is in it.
 */

/** What an entry says; all but one of the texts may be empty. */
export interface Contact {
  readonly name: string;
  readonly company: string;
  /** As it was written: the dial plan reads it when it is dialled. */
  readonly fax: string;
  readonly mail: string;
  readonly note: string;
  readonly groups: readonly string[];
}

export interface BookEntry extends Contact {
  readonly id: string;
  /** Account that it belongs to; empty for the whole office. */
  readonly owner: string;
}

/** Characters of a field. */
export const contactLimits = { name: 200, company: 200, fax: 80, mail: 320, note: 2000, group: 100 } as const;
/** Groups that one entry is in. */
export const groupsOfEntryLimit = 50;
/** Entries of one owner. */
export const entriesLimit = 20_000;

export const bookTables = `
  CREATE TABLE book_entries (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    company TEXT NOT NULL,
    fax TEXT NOT NULL,
    mail TEXT NOT NULL,
    note TEXT NOT NULL,
    sorted TEXT NOT NULL,
    found TEXT NOT NULL
  ) STRICT;
  CREATE INDEX book_by_owner ON book_entries (owner, sorted, id);
  CREATE TABLE book_groups (
    entry TEXT NOT NULL REFERENCES book_entries (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (entry, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX book_groups_by_name ON book_groups (name)`;

export interface BookQuery {
  /** Whose entries are seen beside those of the office; empty for none. */
  readonly account: string;
  /** Each word of it is in a name, company, number, address, note or group. */
  readonly search?: string;
  /** Exactly this group. */
  readonly group?: string;
  readonly limit: number;
}

/** Words of a search. */
const searchWords = 10;

export class AddressBook {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those of the office and of the account, by name. */
  list({ account, search = '', group = '', limit }: BookQuery): BookEntry[] {
    const words = searchText([search.slice(0, 200)])
      .split(' ')
      .filter(Boolean)
      .slice(0, searchWords);
    const found = words.map(() => 'AND instr(found, ?)').join(' ');
    const rows = this.#db.all(
      `SELECT * FROM book_entries WHERE owner IN ('', ?)
         AND (? = '' OR EXISTS (SELECT 1 FROM book_groups WHERE entry = id AND name = ?)) ${found}
       ORDER BY sorted, id LIMIT ?`,
      ...[account, group, group, ...words, limit],
    );
    return rows.map((row) => this.#entry(row));
  }

  /** @returns those of the ids that the account sees, in the order asked for. */
  get(account: string, ids: readonly string[]): BookEntry[] {
    const rows = this.#db.all(
      "SELECT * FROM book_entries WHERE owner IN ('', ?) AND id IN (SELECT value FROM json_each(?))",
      ...[account, JSON.stringify(ids)],
    );
    const known = new Map(rows.map((row) => [String(row.id), row]));
    return ids
      .map((id) => known.get(id))
      .filter((row) => row !== undefined)
      .map((row) => this.#entry(row));
  }

  /** Groups that the account sees, with how many entries of them have a fax number. */
  groups(account: string): { readonly name: string; readonly entries: number; readonly faxes: number }[] {
    return this.#db
      .all<{ name: string; entries: number; faxes: number }>(
        `SELECT book_groups.name, count(*) AS entries, sum(fax <> '') AS faxes
         FROM book_groups JOIN book_entries ON id = entry WHERE owner IN ('', ?)
         GROUP BY book_groups.name ORDER BY book_groups.name`,
        account,
      )
      .map((row) => ({ ...row }));
  }

  /**
   * Makes entries, in one go; durable when it resolves.
   * @throws DirectoryError when one of them cannot be kept, or there are too many
   */
  async add(owner: string, entries: readonly (Contact & { readonly id: string })[]): Promise<void> {
    const kept = Number(this.#db.get('SELECT count(*) AS n FROM book_entries WHERE owner = ?', owner)!.n);
    if (kept + entries.length > entriesLimit)
      throw new DirectoryError('invalid', `an address book has ${entriesLimit} entries at most`);
    await this.#db.write(entries.flatMap((entry) => insert(owner, entry.id, checked(entry))));
  }

  /** @throws DirectoryError when it is not the owner's, or cannot be kept */
  async change(owner: string, id: string, contact: Contact): Promise<void> {
    const remove = { sql: 'DELETE FROM book_entries WHERE id = ? AND owner = ?', params: [id, owner], changes: 1 };
    try {
      await this.#db.write([remove, ...insert(owner, id, checked(contact))]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      throw new DirectoryError('missing', 'this entry is not there any more, or belongs to somebody else');
    }
  }

  /** @returns how many there were; those of others stay. */
  async remove(owner: string, ids: readonly string[]): Promise<number> {
    const sql = 'DELETE FROM book_entries WHERE owner = ? AND id IN (SELECT value FROM json_each(?))';
    const [result] = await this.#db.write([{ sql, params: [owner, JSON.stringify(ids)] }]);
    return result!.changes;
  }

  /** All that one owner has, one by one. */
  *ofOwner(owner: string): Generator<BookEntry> {
    // Read in steps: what is handed out may take long to be fetched.
    for (let after = ''; ; ) {
      const rows = this.#db.all(
        'SELECT * FROM book_entries WHERE owner = ? AND id > ? ORDER BY id LIMIT 500',
        owner,
        after,
      );
      yield* rows.map((row) => this.#entry(row));
      if (rows.length < 500) return;
      after = String(rows.at(-1)!.id);
    }
  }

  #entry(row: Readonly<Record<string, unknown>>): BookEntry {
    const text = (name: string): string => String(row[name]);
    const groups = this.#db.all<{ name: string }>(
      'SELECT name FROM book_groups WHERE entry = ? ORDER BY name',
      text('id'),
    );
    return {
      id: text('id'),
      owner: text('owner'),
      name: text('name'),
      company: text('company'),
      fax: text('fax'),
      mail: text('mail'),
      note: text('note'),
      groups: groups.map(({ name }) => name),
    };
  }
}

function insert(owner: string, id: string, contact: Contact): Statement[] {
  const { name, company, fax, mail, note, groups } = contact;
  // A number is found however its digits are parted.
  const found = searchText([name, company, fax, fax.replaceAll(/[^0-9+]/g, ''), mail, note, ...groups]);
  return [
    {
      sql: 'INSERT INTO book_entries (id, owner, name, company, fax, mail, note, sorted, found) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      params: [id, owner, name, company, fax, mail, note, searchText([name || company || fax || mail]), found],
    },
    ...groups.map((group) => ({ sql: 'INSERT INTO book_groups (entry, name) VALUES (?, ?)', params: [id, group] })),
  ];
}

/** Without case and accents, so that `muller` finds Müller. */
function searchText(texts: readonly string[]): string {
  return texts.join(' ').normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/\s+/g, ' ').trim();
}

/** @throws DirectoryError with a sentence */
function checked(contact: Contact): Contact {
  const line = (field: keyof typeof contactLimits, text: string): string => {
    const plain = text.trim();
    if (plain.length > contactLimits[field] || (field !== 'note' && /\p{Cc}/u.test(plain)))
      throw new DirectoryError(
        'invalid',
        `the ${field} is longer than ${contactLimits[field]} characters or not one line`,
      );
    return plain;
  };
  const groups = [...new Set(contact.groups.map((group) => line('group', group)).filter(Boolean))];
  if (groups.length > groupsOfEntryLimit)
    throw new DirectoryError('invalid', `an entry is in ${groupsOfEntryLimit} groups at most`);
  const { name, company, fax, mail, note } = contact;
  const plain = {
    name: line('name', name),
    company: line('company', company),
    fax: line('fax', fax),
    mail: line('mail', mail),
    note: line('note', note),
    groups,
  };
  if (!plain.name && !plain.company && !plain.fax && !plain.mail)
    throw new DirectoryError('invalid', 'an entry needs a name, a company, a fax number or an address');
  return plain;
}
