import type { Clock } from '../lib/clock.ts';
import type { IdSource } from '../lib/ids.ts';
import type { Database } from '../lib/sqlite.ts';
import { dayOf, dayText, readDay } from '../mail-log/local-day.ts';
import type { MailLog } from '../mail-log/mail-log.ts';
import {
  type LogEntry,
  type LogRecipient,
  logRecipients,
  type Outcome,
  outcomeOf,
  recipientCount,
  searchLog,
} from '../mail-log/search.ts';
import { readStory, type StoryStep } from '../mail-log/story.ts';
import { firstDay, type Summary, summarize } from '../mail-log/summary.ts';
import { type Letter, summaryLetter } from '../mail-log/summary-mail.ts';
import { AdminError, exitCodes, type Finding } from './admin-api.ts';
import type {
  LoggedMailView,
  MailLogView,
  MailStoryView,
  MailSummaryView,
  StoryStepView,
  SummaryPeriod,
  TodayView,
} from './views/mail-log-views.ts';

/** What happened to mail and faxes. Days are local ones, `2026-11-23`; empty where any will do, or for today. */
export interface MailLogAdmin {
  /** Counted since midnight, local time. */
  today(): Promise<TodayView>;
  /** Messages of the log, newest first. `text` is part of an address or subject, or a whole Message-ID or queue id. */
  mailLog(filter: {
    text: string;
    from: string;
    until: string;
    outcome: Outcome | '';
    limit: number;
    before: string;
  }): Promise<MailLogView>;
  mailStory(what: { id: string }): Promise<MailStoryView>;
  mailSummary(what: { period: SummaryPeriod; day: string }): Promise<MailSummaryView>;
  /** Mails a summary now; to the postmaster when `to` is empty. */
  mailSummarySend(what: { period: SummaryPeriod; day: string; to: string }): Promise<void>;
}

export interface MailLogAdminParts {
  readonly log: MailLog;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly name: () => string;
  /** Whether a message is in the queue. */
  readonly waits: (id: string) => boolean;
  readonly write: (letter: Letter, about: string, id: string, to?: string) => Promise<'sent' | 'dropped' | 'no-room'>;
}

/** Recipients shown of one message in a list. */
const listedRecipients = 10;

export function mailLogAdmin(parts: MailLogAdminParts): MailLogAdmin {
  const { log } = parts;
  const written = async (): Promise<Database> => {
    await log.flush();
    if (!log.db) throw new AdminError(exitCodes.unavailable, 'the log of mail cannot be used: see caselli system log');
    return log.db;
  };
  const summary = async (period: SummaryPeriod, day: string): Promise<Summary> =>
    summarize(await written(), period, dayFrom(day) ?? dayOf(parts.clock.now()));
  return {
    today: async () => {
      const { mailIn, mailOut, mailRefused, mailFailed, faxIn, faxOut, faxFailed, pagesIn, pagesOut } = log.today();
      return { mailIn, mailOut, mailRefused, mailFailed, faxIn, faxOut, faxFailed, pagesIn, pagesOut };
    },
    mailLog: async ({ from, until, ...filter }) => {
      const db = await written();
      const found = await searchLog(db, { ...filter, from: dayFrom(from), until: dayFrom(until) });
      const next = found.length === filter.limit ? (found.at(-1)?.id ?? '') : '';
      return { entries: found.map((entry) => entryView(db, entry)), next };
    },
    mailStory: async ({ id }) => {
      const db = await written();
      const story = readStory(db, id);
      if (!story) throw new AdminError(exitCodes.noInput, `the log knows no message ${id}: see caselli mail log`);
      const { entry, recipients, steps, leftOut } = story;
      return {
        ...entryView(db, entry),
        remote: entry.remote,
        tls: entry.tls,
        waits: parts.waits(id),
        recipients: recipients.map(recipientView),
        steps: steps.map(stepView),
        leftOut,
      };
    },
    mailSummary: async ({ period, day }) => {
      const { from, until, lines, ...sums } = await summary(period, day);
      const first = firstDay(log.db!);
      return {
        ...sums,
        from: dayText(from),
        until: dayText(until),
        first: first === undefined ? '' : dayText(first),
        lines: lines.map(({ durationMs, ...line }) => ({ ...line, minutes: Math.round(durationMs / 6000) / 10 })),
      };
    },
    mailSummarySend: async ({ period, day, to }) => {
      const letter = summaryLetter(await summary(period, day), parts.name());
      const result = await parts.write(letter, 'summary', parts.ids(), to || undefined);
      if (result === 'dropped')
        throw new AdminError(
          exitCodes.unavailable,
          'it was not mailed: name a postmaster in the settings, or an address',
        );
      if (result === 'no-room') throw new AdminError(exitCodes.tempFail, 'the disk is full: it was not mailed');
    },
  };
}

/** For the doctor. */
export function mailLogFindings(log: Pick<MailLog, 'trouble'>): Finding[] {
  if (log.trouble === '') return [];
  const sentence = `The log of mail is not written: ${log.trouble}. Mail goes on.`;
  return [{ id: 'mail-log', level: 'wrong', sentence, advice: 'Make room on the disk; it goes on by itself.' }];
}

function dayFrom(text: string): number | undefined {
  if (text === '') return undefined;
  const day = readDay(text);
  if (day === undefined) throw new AdminError(exitCodes.data, `${text} is no day: write it as 2026-11-23`);
  return day;
}

function entryView(db: Database, entry: LogEntry): LoggedMailView {
  const { id, at, source, sender, account, sizeBytes, messageId, subject } = entry;
  return {
    ...{ id, at: instant(at), source, sender, account, sizeBytes, messageId, subject },
    outcome: outcomeOf(db, entry),
    recipientCount: recipientCount(db, id),
    recipients: logRecipients(db, id, listedRecipients).map(recipientView),
  };
}

function recipientView({ address, state, at, status, text }: LogRecipient): LoggedMailView['recipients'][number] {
  return { address, state, at: instant(at), status, text };
}

function stepView({ at, kind, fields }: StoryStep): StoryStepView {
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  const count = (name: string): number => (typeof fields[name] === 'number' ? fields[name] : 0);
  const next = count('nextAttempt');
  return {
    at: instant(at),
    kind,
    recipient: text('recipient'),
    to: [fields.to ?? []].flat().map(String),
    by: text('by'),
    agent: text('agent'),
    place: text('place'),
    attempt: count('attempt'),
    status: text('status'),
    text: text('text'),
    host: text('host'),
    reply: text('reply'),
    nextAttempt: next > 0 ? instant(next) : '',
    action: text('action'),
    message: text('message'),
    call: text('call'),
    line: text('line'),
    number: [text('station'), text('number') || text('from')].filter(Boolean).join(', '),
    pages: count('pages'),
    durationSeconds: Math.round(count('durationMs') / 1000),
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
