import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const todayView = view({
  mailIn: z.int().describe('Deliveries into mailboxes, without faxes and reports.'),
  mailOut: z.int().describe('Recipients handed to other hosts.'),
  mailRefused: z.int().describe('Refused at the door.'),
  mailFailed: z.int(),
  faxIn: z.int(),
  faxOut: z.int(),
  faxFailed: z.int(),
  pagesIn: z.int(),
  pagesOut: z.int(),
});
export type TodayView = z.infer<typeof todayView>;

const loggedShape = {
  id: z.string(),
  at: instant,
  source: z.string().describe('esmtp, local, web, fax or dsn.'),
  sender: z.string().describe('Empty for reports and notices.'),
  account: z.string().describe('Who had logged in; empty for nobody.'),
  sizeBytes: z.int(),
  messageId: z.string(),
  subject: z.string(),
  outcome: z.enum(['waiting', 'delivered', 'failed', 'refused']),
  recipientCount: z.int(),
};

const loggedRecipient = view({
  address: z.string(),
  state: z.enum(['waiting', 'deferred', 'failed', 'delivered', 'refused', 'led-on']),
  at: instant,
  status: z.string(),
  text: z.string(),
});

export const loggedMailView = view({
  ...loggedShape,
  recipients: list(loggedRecipient).describe('The first ones.'),
});
export type LoggedMailView = z.infer<typeof loggedMailView>;

export const mailLogView = view({
  entries: list(loggedMailView),
  next: z.string().describe('For `before` of what is older; empty at the end.'),
});
export type MailLogView = z.infer<typeof mailLogView>;

export const storyStepView = view({
  at: instant,
  kind: z.enum([
    'accepted',
    'refused',
    'routed',
    'rerouted',
    'held',
    'released',
    'deferred',
    'delivered',
    'failed',
    'call',
    'fax-received',
    'report',
    'report-about',
    'report-dropped',
  ]),
  recipient: z.string(),
  to: list(z.string()).describe('Addresses that took the place of the recipient; whom a report went to.'),
  by: z.string().describe('alias or catch-all, of what was routed.'),
  agent: z.string(),
  place: z.string().describe('Mailbox and folder, number as dialled, or domain.'),
  attempt: z.int(),
  status: z.string(),
  text: z.string(),
  host: z.string().describe('The other host.'),
  reply: z.string().describe('Its words.'),
  nextAttempt: instant,
  action: z.string().describe('What a report tells.'),
  message: z.string().describe('Another message that it leads to: a report, or what it is about.'),
  call: z.string().describe('The fax call.'),
  line: z.string(),
  number: z.string().describe('Number or station of the other fax machine.'),
  pages: z.int(),
  durationSeconds: z.int(),
});
export type StoryStepView = z.infer<typeof storyStepView>;

export const mailStoryView = view({
  ...loggedShape,
  remote: z.string().describe('Address of the client that handed it in.'),
  tls: z.string().describe('Version and cipher; empty without TLS.'),
  waits: z.boolean().describe('It is in the queue.'),
  recipients: list(loggedRecipient),
  steps: list(storyStepView),
  leftOut: z.int().describe('Steps that are left out in the middle.'),
});
export type MailStoryView = z.infer<typeof mailStoryView>;

export const summaryPeriod = z.enum(['day', 'week', 'month', 'year']);
export type SummaryPeriod = z.infer<typeof summaryPeriod>;

const sumsView = view({
  accepted: z.int().describe('Messages taken, all together.'),
  bytes: z.int(),
  mailIn: z.int(),
  mailOut: z.int(),
  mailRefused: z.int(),
  mailDeferred: z.int(),
  mailFailed: z.int(),
  reports: z.int(),
  faxIn: z.int(),
  faxOut: z.int(),
  faxDeferred: z.int(),
  faxFailed: z.int(),
  pagesIn: z.int(),
  pagesOut: z.int(),
  logins: z.int(),
  loginsRefused: z.int(),
});
export type SumsView = z.infer<typeof sumsView>;

const topView = view({
  name: z.string(),
  text: z.string().describe('Of a reason: its words.'),
  count: z.int(),
  sizeBytes: z.int(),
});
export type TopView = z.infer<typeof topView>;

export const mailSummaryView = view({
  period: summaryPeriod,
  from: z.string().describe('First day, 2026-11-23.'),
  until: z.string().describe('Last day.'),
  first: z.string().describe('The first day that anything was counted on; empty when nothing was.'),
  totals: sumsView,
  before: sumsView.describe('Of the period before.'),
  slots: list(view({ label: z.string(), sums: sumsView })).describe('Hours, days or months of the period.'),
  hours: list(sumsView).describe('Of all days together, by hour.'),
  tops: view({
    sender: list(topView),
    recipient: list(topView),
    host: list(topView),
    'trouble-host': list(topView),
    deferred: list(topView),
    failed: list(topView),
    refused: list(topView),
    'refused-client': list(topView),
    client: list(topView).describe('Computers and hosts that handed mail in.'),
    login: list(topView),
    'login-refused': list(topView),
  }),
  lines: list(
    view({
      line: z.string(),
      direction: z.string(),
      calls: z.int(),
      failed: z.int(),
      pages: z.int(),
      minutes: z.number(),
    }),
  ),
});
export type MailSummaryView = z.infer<typeof mailSummaryView>;
