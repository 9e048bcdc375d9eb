import { z } from 'zod';
import * as desk from '../../../admin/views/desk-views.ts';
import { list, view } from '../../../admin/views/view.ts';
import { address, ask, change, type Operations, short, upload } from '../operation.ts';

const own = { own: true } as const;
const whose = z.strictObject({ account: address.describe('Whose entries; empty for those of the office.') });

/** The address book: a person changes the own entries, operators those of the office. */
export const bookOperations = {
  bookList: {
    ...ask(
      'person',
      'The address book',
      ['book list'],
      whose.extend({ search: short, group: short, limit: z.int().min(1).max(20_000) }),
      desk.bookView,
    ),
    ...own,
  },
  bookSave: {
    ...change(
      'person',
      'Adds or changes an entry',
      ['book add'],
      whose.extend({ id: short, contact: desk.contact }),
      view({ id: z.string() }),
    ),
    ...own,
  },
  bookRemove: {
    ...change(
      'person',
      'Removes entries',
      ['book remove'],
      whose.extend({ ids: list(short) }),
      view({ removed: z.int() }),
    ),
    ...own,
  },
  bookImport: {
    ...upload('person', 'Adds the entries of a CSV or vCard file', ['book import'], whose, desk.bookImported),
    ...own,
  },
  bookExport: {
    kind: 'download',
    role: 'person',
    summary: 'The address book as CSV or vCard',
    verbs: ['book export'],
    input: whose.extend({ format: z.enum(['csv', 'vcard']) }),
    output: z.void(),
    file: { name: 'address-book', type: 'text/plain' },
    ...own,
  },
} satisfies Partial<Operations>;
