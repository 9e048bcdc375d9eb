import { z } from 'zod';
import * as fax from '../../../admin/views/fax-archive-views.ts';
import { list } from '../../../admin/views/view.ts';
import { address, ask, change, done, id, type Operations, short, text } from '../operation.ts';

/** A fax, and whose it must be. */
const which = { id: short, account: address };
const number = z.string().max(160);
const people = z.array(address).min(1).max(100).readonly();
/** 0 for the full size; a fax page is 1728 wide. */
const widthPx = z.int().min(0).max(1728);
/** Any number: with another one a browser asks anew. */
const at = z.int().min(0).optional();
const png = { name: 'page.png', type: 'image/png' };
const own = { own: true } as const;

/** The archive of faxes: a person sees and handles those that they sent or got. */
export const faxArchiveOperations = {
  faxList: {
    ...ask(
      'person',
      'Faxes sent, received and under way, newest first',
      ['fax list'],
      z.strictObject({
        account: address,
        text: short,
        direction: z.enum(['in', 'out', '']),
        state: z.enum(['under-way', 'sent', 'failed', 'received', 'partial', '']),
        since: short,
        until: short,
        before: short,
        limit: z.int().min(1).max(200),
      }),
      list(fax.faxView),
    ),
    ...own,
  },
  faxInfo: { ...ask('person', 'One fax', ['fax info'], z.strictObject(which), fax.faxInfo), ...own },
  faxPage: {
    ...ask(
      'person',
      'A page of a fax as a picture',
      ['fax page'],
      z.strictObject({ ...which, page: z.int(), widthPx }),
      done,
    ),
    ...own,
    kind: 'read',
    file: png,
  },
  faxPdf: {
    ...ask('person', 'A fax as PDF', ['fax pdf'], z.strictObject(which), done),
    ...own,
    kind: 'download',
    file: { name: 'fax.pdf', type: 'application/pdf' },
  },
  faxCrossing: {
    ...ask(
      'operator',
      'The page that crosses a line now, as far as it has come',
      ['fax crossing'],
      z.strictObject({ line: short, widthPx, at }),
      done,
    ),
    kind: 'read',
    file: png,
  },
  faxRemove: change('operator', 'Removes a fax from the archive', ['fax remove'], id, done),
  faxForward: {
    ...change(
      'person',
      'Mails a fax as PDF',
      ['fax forward'],
      z.strictObject({ ...which, to: people, note: text.max(20_000) }),
      fax.faxSubmitted,
    ),
    ...own,
  },
  faxResend: {
    ...change(
      'person',
      'Sends the pages of a fax once more, to the same number or another',
      ['fax resend'],
      z.strictObject({ ...which, number }),
      fax.faxSubmitted,
    ),
    ...own,
  },
  faxReroute: change(
    'operator',
    'Delivers a received fax to other people',
    ['fax reroute'],
    z.strictObject({ id: short, to: people }),
    fax.faxSubmitted,
  ),
  faxHold: {
    ...change('person', 'Makes no call for a fax for now', ['fax hold'], z.strictObject(which), done),
    ...own,
  },
  faxRelease: { ...change('person', 'Lets a held fax go', ['fax release'], z.strictObject(which), done), ...own },
  faxRetry: {
    ...change('person', 'Calls for a fax as soon as a line is free', ['fax retry'], z.strictObject(which), done),
    ...own,
  },
  faxCancel: {
    ...change(
      'person',
      'Cancels a fax under way; its sender is told',
      ['fax cancel'],
      z.strictObject({ ...which, reason: short }),
      done,
    ),
    ...own,
  },
  faxNumber: {
    ...change(
      'person',
      'Sends a fax under way to another number',
      ['fax number'],
      z.strictObject({ ...which, number: number.min(1) }),
      fax.faxSubmitted,
    ),
    ...own,
  },
} satisfies Partial<Operations>;
