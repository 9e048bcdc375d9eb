import { z } from 'zod';
import { instant, list, view } from './view.ts';

const account = z.string().max(320);
const short = z.string().max(1000);

export const addressed = z.strictObject({
  number: z.string().max(200).describe('As a person writes it.'),
  name: z.string().max(200).describe('Stands on the cover page; may be empty.'),
});

export const faxLetter = z.strictObject({
  subject: z.string().max(500),
  text: z.string().max(100_000).describe('Stands on the cover page.'),
  cover: z.boolean().describe('Whether a cover page goes first.'),
  resolution: z.enum(['fine', 'normal']),
});

export const draftView = view({
  id: z.string(),
  files: list(view({ key: z.int(), name: z.string(), type: z.string(), sizeBytes: z.int() })),
  limitBytes: z.number().describe('Octets that the files may have together.'),
});
export type DraftView = z.infer<typeof draftView>;

export const numberView = view({
  accepted: z.boolean(),
  dialled: z.string().describe('What the modem is told; empty when nothing is.'),
  reason: z.string().describe('Why it cannot be called; empty when it can.'),
});
export type NumberView = z.infer<typeof numberView>;

export const recipientsView = view({
  recipients: list(view({ number: z.string(), name: z.string(), dialled: z.string() })),
  problems: list(
    view({
      line: z.int().describe('Of the pasted list, counted from 1; 0 for the address book.'),
      text: z.string(),
      problem: z.string(),
    }),
  ),
  duplicates: z.int().describe('Left out, because another one dials the same number.'),
});
export type RecipientsView = z.infer<typeof recipientsView>;

export const previewView = view({
  id: z.string(),
  pages: z.int(),
  coverPages: z.int(),
  problem: z.string().describe('Why it cannot be sent; empty when it can.'),
});

export const order = z.strictObject({
  account,
  draft: short,
  sender: account.describe(
    'Account that it is sent for; another one than the own is for the administrator of the box.',
  ),
  letter: faxLetter,
  at: short.describe('ISO 8601; empty for now.'),
});

export const sendOrder = order.extend({
  recipients: list(addressed),
  report: z.boolean().describe('A mail for each number that was reached, too.'),
});
export type SendOrder = z.infer<typeof sendOrder>;

export const previewOrder = order.extend({ to: addressed });
export type PreviewOrder = z.infer<typeof previewOrder>;

const sendingShape = {
  id: z.string(),
  account: z.string(),
  sender: z.string(),
  createdAt: instant,
  notBefore: instant.describe('When it is to be sent; empty when that was at once.'),
  subject: z.string(),
  files: list(z.string()),
  pages: z.int().describe('As far as it was looked at before it was sent; 0 otherwise.'),
  to: z.string().describe('The first number, or the name of who has it.'),
  waiting: z.int(),
  sending: z.int(),
  sent: z.int(),
  failed: z.int(),
  cancelled: z.int(),
};

export const sendingView = view(sendingShape);
export type SendingView = z.infer<typeof sendingView>;

export const sendingDetail = view({
  ...sendingShape,
  recipients: list(
    view({
      number: z.string(),
      name: z.string(),
      dialled: z.string(),
      state: z.enum(['waiting', 'sending', 'sent', 'failed', 'cancelled']),
      text: z.string(),
      nextAttempt: instant,
      finishedAt: instant,
      message: z.string().describe('Id in queue and log of mail.'),
    }),
  ),
});
export type SendingDetail = z.infer<typeof sendingDetail>;

// The address book

export const contact = z.strictObject({
  name: z.string().max(200),
  company: z.string().max(200),
  fax: z.string().max(80),
  mail: z.string().max(320),
  note: z.string().max(2000),
  groups: list(z.string().max(100)),
});

export const bookEntry = view({
  id: z.string(),
  owner: z.string().describe('Account that it belongs to; empty for the whole office.'),
  name: z.string(),
  company: z.string(),
  fax: z.string(),
  mail: z.string(),
  note: z.string(),
  groups: list(z.string()),
});
export type BookEntryView = z.infer<typeof bookEntry>;

export const bookView = view({
  entries: list(bookEntry),
  groups: list(view({ name: z.string(), entries: z.int(), faxes: z.int().describe('Entries with a fax number.') })),
});
export type BookView = z.infer<typeof bookView>;

export const bookImported = view({
  added: z.int(),
  problems: list(view({ line: z.int(), problem: z.string() })),
});
export type BookImported = z.infer<typeof bookImported>;
