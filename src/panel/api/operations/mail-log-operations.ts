import { z } from 'zod';
import * as mailLog from '../../../admin/views/mail-log-views.ts';
import { address, ask, change, done, id, nothing, type Operations, short } from '../operation.ts';

const day = z.string().max(10);

/** What happened to mail and faxes. */
export const mailLogOperations = {
  today: ask('operator', 'Mail and faxes since midnight', [], nothing, mailLog.todayView),
  mailLog: ask(
    'operator',
    'Messages of the log, newest first',
    ['mail log'],
    z.strictObject({
      text: short,
      from: day,
      until: day,
      outcome: z.enum(['', 'waiting', 'delivered', 'failed', 'refused']),
      limit: z.int().min(1).max(1000),
      before: short,
    }),
    mailLog.mailLogView,
  ),
  mailStory: ask('operator', 'What happened to one message', ['mail story'], id, mailLog.mailStoryView),
  mailSummary: ask(
    'operator',
    'What mail and faxes did in a day, week, month or year',
    ['mail summary'],
    z.strictObject({ period: mailLog.summaryPeriod, day }),
    mailLog.mailSummaryView,
  ),
  mailSummarySend: change(
    'operator',
    'Mails a summary; to the postmaster without an address',
    ['mail summary'],
    z.strictObject({ period: mailLog.summaryPeriod, day, to: address }),
    done,
  ),
} satisfies Partial<Operations>;
