import { z } from 'zod';
import * as desk from '../../../admin/views/desk-views.ts';
import { list, view } from '../../../admin/views/view.ts';
import { address, ask, change, done, type Operations, short, upload } from '../operation.ts';

const own = { own: true } as const;
const draft = z.strictObject({ account: address, draft: short });
const sending = z.strictObject({ account: address, id: short });

/** Faxes sent from the panel. */
export const deskOperations = {
  faxUpload: {
    ...upload(
      'person',
      'Takes a file for a fax; makes a draft when none is named',
      [],
      z.strictObject({ account: address, draft: short, name: short, type: short }),
      desk.draftView,
    ),
    ...own,
  },
  faxDraft: { ...change('person', 'A new draft', [], z.strictObject({ account: address }), desk.draftView), ...own },
  faxDraftFiles: {
    ...change(
      'person',
      'Orders the files of a draft, and drops what is not named',
      [],
      draft.extend({ keys: list(z.int()) }),
      desk.draftView,
    ),
    ...own,
  },
  faxDraftDiscard: { ...change('person', 'Drops a draft', [], draft, done), ...own },
  faxNumberCheck: ask(
    'person',
    'What would be dialled for a number, or why nothing is',
    [],
    z.strictObject({ number: short }),
    desk.numberView,
  ),
  faxRecipients: {
    ...change(
      'person',
      'A pasted list, and what is chosen in the address book, as numbers',
      [],
      z.strictObject({
        account: address,
        text: z.string().max(500_000),
        entries: list(short),
        groups: list(short),
        others: list(desk.addressed),
      }),
      desk.recipientsView,
    ),
    ...own,
  },
  faxPreview: {
    ...change('person', 'Renders a fax as it will be sent', [], desk.previewOrder, desk.previewView),
    ...own,
  },
  faxPreviewPage: {
    kind: 'read',
    role: 'person',
    summary: 'A page of a preview',
    verbs: [],
    input: draft.extend({ preview: short, page: z.int().min(1) }),
    output: done,
    file: { name: 'page.png', type: 'image/png' },
    ...own,
  },
  faxSend: {
    ...change('person', 'Sends a fax, to one number or many', ['fax send'], desk.sendOrder, view({ id: z.string() })),
    ...own,
  },
  faxSendings: {
    ...ask(
      'person',
      'What was sent, newest first',
      ['fax broadcasts'],
      z.strictObject({ account: address, limit: z.int().min(1).max(1000) }),
      list(desk.sendingView),
    ),
    ...own,
  },
  faxSending: { ...ask('person', 'One fax number by number', ['fax broadcast'], sending, desk.sendingDetail), ...own },
  faxSendingRetry: {
    ...change(
      'person',
      'Tries the numbers that failed again',
      ['fax broadcast-retry'],
      sending,
      view({ recipients: z.int() }),
    ),
    ...own,
  },
  faxSendingCancel: {
    ...change('person', 'Does not send what is not sent yet', ['fax broadcast-cancel'], sending, done),
    ...own,
  },
  faxSendingSchedule: {
    ...change(
      'person',
      'Gives a fax another time; sends it now without one',
      ['fax broadcast-schedule'],
      sending.extend({ at: short }),
      done,
    ),
    ...own,
  },
} satisfies Partial<Operations>;
