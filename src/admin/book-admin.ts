import { type AddressBook, type Contact, entriesLimit } from '../accounts/address-book.ts';
import { DirectoryError } from '../accounts/directory-error.ts';
import type { Content } from '../lib/durable.ts';
import type { IdSource } from '../lib/ids.ts';
import { AdminError, exitCodes, type Output } from './admin-api.ts';
import { writeContactCard } from './contact-cards.ts';
import { readContacts, writeTable } from './contact-files.ts';
import type { BookEntryView, BookImported, BookView } from './views/desk-views.ts';

/** The address book. `account` is whose entries are changed, and seen beside those of the office; empty for the office. */
export interface BookAdmin {
  bookList(what: { account: string; search: string; group: string; limit: number }): Promise<BookView>;
  /** A new entry without an id. */
  bookSave(what: { account: string; id: string; contact: Contact }): Promise<{ readonly id: string }>;
  bookRemove(what: { account: string; ids: readonly string[] }): Promise<{ readonly removed: number }>;
  /** CSV or vCard; entries are added, those that are there already in the same words are not. */
  bookImport(what: { account: string }, content: Content): Promise<BookImported>;
  bookExport(what: { account: string; format: 'csv' | 'vcard' }, output: Output): Promise<void>;
}

/** Octets of a file that is imported. */
const importBytes = 20 * 2 ** 20;
/** Entries written in one go. */
const batch = 500;

export function bookAdmin(book: AddressBook, ids: IdSource): BookAdmin {
  return {
    bookList: async ({ account, search, group, limit }) => ({
      entries: book.list({ account, search, group, limit }) as readonly BookEntryView[],
      groups: book.groups(account),
    }),
    bookSave: ({ account, id, contact }) =>
      told(async () => {
        if (id !== '') {
          await book.change(account, id, contact);
          return { id };
        }
        const made = ids();
        await book.add(account, [{ ...contact, id: made }]);
        return { id: made };
      }),
    bookRemove: async ({ account, ids: which }) => ({ removed: await book.remove(account, which) }),
    bookImport: ({ account }, content) => told(async () => imported(book, ids, account, await textOf(content))),
    bookExport: async ({ account, format }, output) => {
      if (format === 'csv') await output(Buffer.from(writeTable([], true)));
      for (const entry of book.ofOwner(account))
        await output(Buffer.from(format === 'csv' ? writeTable([entry], false) : writeContactCard(entry)));
      // An answer begins with its first octets.
      if (format === 'vcard') await output(Buffer.from(''));
    },
  };
}

async function imported(book: AddressBook, ids: IdSource, account: string, text: string): Promise<BookImported> {
  const known = new Set([...book.ofOwner(account)].map(keyOf));
  const problems: { line: number; problem: string }[] = [];
  let waiting: { line: number; contact: Contact }[] = [];
  let added = 0;
  const write = async (): Promise<void> => {
    try {
      await book.add(
        account,
        waiting.map(({ contact }) => ({ ...contact, id: ids() })),
      );
      added += waiting.length;
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
      // One of them cannot be kept: the others are.
      for (const { line, contact } of waiting) {
        try {
          await book.add(account, [{ ...contact, id: ids() }]);
          added++;
        } catch (reason) {
          if (!(reason instanceof DirectoryError)) throw reason;
          problems.push({ line, problem: reason.message });
        }
      }
    }
    waiting = [];
  };
  for (const one of readContacts(text)) {
    const key = keyOf(one.contact);
    if (known.has(key)) continue;
    known.add(key);
    waiting.push(one);
    if (waiting.length >= batch) await write();
  }
  await write();
  return { added, problems };
}

function keyOf({ name, company, fax, mail }: Contact): string {
  return JSON.stringify([name, company, fax, mail].map((text) => text.trim().toLowerCase()));
}

async function textOf(content: Content): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const source =
    typeof content === 'string' || content instanceof Uint8Array ? [Buffer.from(content as string)] : content;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > importBytes) throw new RangeError(`the file is larger than ${importBytes / 2 ** 20} MB`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // What spreadsheets of old write.
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

async function told<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError) throw new AdminError(exitCodes.data, error.message);
    if (!(error instanceof DirectoryError)) throw error;
    throw new AdminError(error.kind === 'missing' ? exitCodes.noInput : exitCodes.data, error.message);
  }
}

/** Fax numbers of entries and groups, for sending. */
export function bookNumbers(
  book: AddressBook,
  account: string,
  entries: readonly string[],
  groups: readonly string[],
): { readonly found: { number: string; name: string }[]; readonly without: string[] } {
  const members = groups.flatMap((group) => book.list({ account, group, limit: entriesLimit }));
  const all = new Map([...book.get(account, entries), ...members].map((entry) => [entry.id, entry]));
  const found: { number: string; name: string }[] = [];
  const without: string[] = [];
  for (const { name, company, fax, mail } of all.values()) {
    if (fax === '') without.push(name || company || mail);
    else found.push({ number: fax, name: [name, company].filter(Boolean).join(', ').slice(0, 100) });
  }
  return { found, without };
}
