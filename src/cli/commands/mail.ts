import type {
  MailLogView,
  MailStoryView,
  MailSummaryView,
  StoryStepView,
  SummaryPeriod,
} from '../../admin/views/mail-log-views.ts';
import { plural } from '../../lib/words.ts';
import { type Call, type Command, choiceOption, numberOption, textOption, UsageError } from '../command.ts';
import { localTime, printable, sizeText, table } from '../table.ts';

function logText({ entries, next }: MailLogView): string {
  if (entries.length === 0) return 'The log of mail has no such message.\n';
  const rows = entries.map(({ id, at, sender, recipients, recipientCount, outcome, subject }) => {
    const [first] = recipients;
    const more = recipientCount > 1 ? ` and ${recipientCount - 1} more` : '';
    return [localTime(at), id, outcome, sender || '<>', `${first?.address ?? ''}${more}`, subject].map(printable);
  });
  const text = table(['Time', 'Id', 'Outcome', 'From', 'To', 'Subject'], rows);
  return next ? `${text}There are older ones: --before ${next}\n` : text;
}

function storyText({ steps, leftOut, ...story }: MailStoryView): string {
  const facts: readonly (readonly [string, string])[] = [
    ['From', story.sender || '<>'],
    ['Subject', story.subject],
    ['Message-ID', story.messageId],
    ['Size', sizeText(story.sizeBytes)],
    ['Outcome', story.waits ? 'in the queue' : story.outcome],
  ];
  const head = facts.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padEnd(12)}${value}`);
  const lines = steps.map((step) => `${localTime(step.at)}  ${stepText(step, story)}`);
  const gap = leftOut > 0 ? [`(${plural(leftOut, 'step')} in the middle left out)`] : [];
  return printable(`${[...head, '', ...lines, ...gap].join('\n')}\n`);
}

/** One step as a sentence, with the other host's words below. */
function stepText(step: StoryStepView, story: Pick<MailStoryView, 'source' | 'account' | 'remote' | 'tls'>): string {
  const words = step.reply ? `\n    ${step.host || 'The other side'} said: ${step.reply}` : '';
  return `${sentence(step, story)}${words}`;
}

function sentence(step: StoryStepView, story: Pick<MailStoryView, 'source' | 'account' | 'remote' | 'tls'>): string {
  const { kind, recipient, to, text, status } = step;
  const reason = [status, text].filter(Boolean).join(' ');
  switch (kind) {
    case 'accepted':
      return entranceText(story);
    case 'refused':
      return `refused at the door, from ${story.remote}: ${text}`;
    case 'routed':
      return `${recipient} leads to ${to.join(', ')} (${step.by})`;
    case 'rerouted':
      return `sent to ${to.join(', ') || step.place} in place of ${recipient}, by hand`;
    case 'held':
      return 'put on hold';
    case 'released':
      return 'released, or its retry asked for';
    case 'deferred':
      return `${recipient}: not yet, ${reason} Next try ${localTime(step.nextAttempt)}`;
    case 'delivered':
      return `${recipient}: delivered (${step.place || step.agent}). ${text}`;
    case 'failed':
      return `${recipient}: failed, ${reason}`;
    case 'call':
      return `fax call on ${step.line} with ${step.number}, ${plural(step.pages, 'page')}, ${step.durationSeconds} s: ${text} (call ${step.call})`;
    case 'fax-received':
      return `received as a fax on ${step.line} from ${step.number}, ${plural(step.pages, 'page')} (call ${step.call})`;
    case 'report':
      return `report (${step.action}) to ${to.join(', ')} (message ${step.message})`;
    case 'report-about':
      return `a report (${step.action}) about message ${step.message}`;
    case 'report-dropped':
      return `nobody could be told: ${text}`;
  }
}

const sources: Readonly<Record<string, string>> = {
  local: 'made on this box',
  fax: 'made of a received fax',
  dsn: 'a delivery report of this box',
  web: 'written in the panel',
};

function entranceText({ source, account, remote, tls }: Pick<MailStoryView, 'source' | 'account' | 'remote' | 'tls'>) {
  const made = sources[source];
  if (made && remote === '') return made;
  const login = account ? `, logged in as ${account}` : '';
  return `taken from ${remote}${login}, ${tls ? `with ${tls}` : 'without TLS'}`;
}

function summaryText(summary: MailSummaryView): string {
  const { from, until, totals, before, slots, tops, lines } = summary;
  const row = (name: string, key: keyof typeof totals): string[] => [name, String(totals[key]), String(before[key])];
  const figures = table(
    [from === until ? from : `${from} to ${until}`, 'now', 'before'],
    [
      row('mail into mailboxes', 'mailIn'),
      row('mail to other hosts', 'mailOut'),
      row('refused at the door', 'mailRefused'),
      row('attempts put off', 'mailDeferred'),
      row('mail that failed', 'mailFailed'),
      ['volume taken', sizeText(totals.bytes), sizeText(before.bytes)],
      row('faxes received', 'faxIn'),
      row('pages received', 'pagesIn'),
      row('faxes sent', 'faxOut'),
      row('pages sent', 'pagesOut'),
      row('faxes that failed', 'faxFailed'),
      row('logins', 'logins'),
      row('logins refused', 'loginsRefused'),
    ],
  );
  const busy = slots.filter(({ sums }) => Object.values(sums).some((count) => count > 0));
  const spread = table(
    ['', 'in', 'out', 'refused', 'failed', 'fax pages'],
    busy.map(({ label, sums }) => [
      label,
      ...[sums.mailIn, sums.mailOut, sums.mailRefused, sums.mailFailed, sums.pagesIn + sums.pagesOut].map(String),
    ]),
  );
  const lists = Object.entries(tops)
    .filter(([, rows]) => rows.length > 0)
    .map(([list, rows]) =>
      table(
        [listTitles[list as keyof typeof tops], ''],
        rows.map(({ name, text, count }) => [text ? `${text} (${name})` : name, String(count)]),
      ),
    );
  const lineRows = lines.map((one) => [
    `${one.line}, ${one.direction}`,
    ...[one.calls, one.failed, one.pages, one.minutes].map(String),
  ]);
  const lineTable = lines.length > 0 ? [table(['line', 'calls', 'not completed', 'pages', 'minutes'], lineRows)] : [];
  return printable([figures, ...(busy.length > 0 ? [spread] : []), ...lists, ...lineTable].join('\n'));
}

const listTitles: Readonly<Record<keyof MailSummaryView['tops'], string>> = {
  sender: 'most mail from',
  recipient: 'most mail to',
  host: 'other hosts',
  'trouble-host': 'hosts with trouble',
  deferred: 'why put off',
  failed: 'why failed',
  refused: 'why refused',
  'refused-client': 'refused most often',
  client: 'most mail handed in by',
  login: 'most logins',
  'login-refused': 'logins refused from',
};

/** `--week` takes today's, `--week 2026-11-16` that of the day. */
function periodOf(call: Call): { period: SummaryPeriod; day: string } {
  const given = (['day', 'week', 'month', 'year'] as const).filter((one) => call.options[one] === true);
  if (given.length > 1) throw new UsageError('say one of --day, --week, --month and --year');
  return { period: given[0] ?? 'day', day: call.arguments[0] ?? '' };
}

export const mailCommands: readonly Command[] = [
  {
    name: 'mail log',
    usage: '[TEXT] [--from DAY] [--until DAY] [--outcome OUTCOME] [--limit N] [--before ID]',
    summary: 'search what happened to messages',
    help: `TEXT is part of an address or of a subject, or a whole Message-ID or queue id. Days are written as 2026-11-23;
outcomes are waiting, delivered, failed and refused.
`,
    options: {
      from: { type: 'string' },
      until: { type: 'string' },
      outcome: { type: 'string' },
      limit: { type: 'string' },
      before: { type: 'string' },
    },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const filter = {
        text: call.arguments[0] ?? '',
        from: textOption(call, 'from'),
        until: textOption(call, 'until'),
        outcome: choiceOption(call, 'outcome', ['waiting', 'delivered', 'failed', 'refused']),
        limit: numberOption(call, 'limit', 50),
        before: textOption(call, 'before'),
      };
      call.report(await (await call.api()).mailLog(filter), logText);
      return 0;
    },
  },
  {
    name: 'mail story',
    usage: 'ID',
    summary: 'tell what happened to one message, from its entrance to its exit',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).mailStory({ id: call.arguments[0]! }), storyText);
      return 0;
    },
  },
  {
    name: 'mail summary',
    usage: '[DAY] [--day | --week | --month | --year] [--send [--to ADDRESS]]',
    summary: 'count mail and faxes of a day, a week, a month or a year',
    help: 'DAY is any day of the period, today when it is left out. --send mails it, to the postmaster without --to.\n',
    options: {
      day: { type: 'boolean' },
      week: { type: 'boolean' },
      month: { type: 'boolean' },
      year: { type: 'boolean' },
      send: { type: 'boolean' },
      to: { type: 'string' },
    },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const what = periodOf(call);
      const api = await call.api();
      if (call.options.send === true) {
        await api.mailSummarySend({ ...what, to: textOption(call, 'to') });
        call.terminal.out('The summary was mailed.\n');
      } else call.report(await api.mailSummary(what), summaryText);
      return 0;
    },
  },
];
