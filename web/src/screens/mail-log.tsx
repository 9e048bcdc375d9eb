import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { MailTabs } from '../parts/mail-tabs.tsx';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Table } from '../parts/table.tsx';
import { outcomeTone } from '../parts/timeline.tsx';
import { say, time } from '../words.ts';

type Logged = Awaited<ReturnType<typeof ask<'mailLog'>>>['entries'][number];

const step = 50;
const outcomes = ['', 'delivered', 'waiting', 'failed', 'refused'] as const;

/** What happened to messages: searched by address, subject, id, day and outcome. */
export function MailLog() {
  const { query } = useLocation();
  const [text, setText] = useState(query.text ?? '');
  const [from, setFrom] = useState(query.from ?? '');
  const [until, setUntil] = useState(query.until ?? '');
  const [outcome, setOutcome] = useState(outcomes.find((one) => one === query.outcome) ?? '');
  const [limit, setLimit] = useState(step);
  const log = useAsked(
    () => ask('mailLog', { text, from, until, outcome, limit, before: '' }),
    ['queue.', 'smtp.', 'dsn.'],
    `${text} ${from} ${until} ${outcome} ${limit}`,
  );
  return (
    <Page title={say('mail-log.title')}>
      <MailTabs />
      <search class="inline filter">
        <label class="field">
          <span>{say('mail-log.search')}</span>
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <label class="field short">
          <span>{say('mail-log.from')}</span>
          <input type="date" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </label>
        <label class="field short">
          <span>{say('mail-log.until')}</span>
          <input type="date" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
        </label>
        <label class="field short">
          <span>{say('mail-log.outcome')}</span>
          <select
            value={outcome}
            onChange={(event) => setOutcome(outcomes.find((one) => one === event.currentTarget.value) ?? '')}
          >
            {outcomes.map((one) => (
              <option key={one} value={one}>
                {one === '' ? say('mail-log.any') : say(`outcome.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </search>
      {log.error && <Trouble again={log.again}>{log.error}</Trouble>}
      <Section title={say('mail-log.found')}>
        {log.value && <Found entries={log.value.entries} />}
        {log.value?.next && (
          <button type="button" onClick={() => setLimit(Math.min(limit + step, 1000))}>
            {say('more')}
          </button>
        )}
      </Section>
    </Page>
  );
}

function Found({ entries }: { readonly entries: readonly Logged[] }) {
  if (entries.length === 0) return <Empty>{say('mail-log.none')}</Empty>;
  return (
    <Table
      label={say('mail-log.title')}
      rows={entries}
      rowKey={({ id }) => id}
      columns={[
        {
          title: say('mail-log.time'),
          cell: ({ id, at }) => (
            <a class="keep" href={`/mail/log/${id}`}>
              {time(at)}
            </a>
          ),
        },
        {
          title: say('mail.from'),
          cell: ({ sender, source }) => sender || (source === 'dsn' ? say('mail.report') : '–'),
        },
        { title: say('mail.to'), cell: (entry) => recipientsOf(entry) },
        { title: say('mail-log.subject'), cell: ({ subject }) => subject },
        {
          title: say('mail-log.outcome'),
          cell: ({ outcome }) => <span class={`keep ${outcomeTone(outcome)}`}>{say(`outcome.${outcome}`)}</span>,
        },
      ]}
    />
  );
}

const shown = 3;

function recipientsOf({ recipients, recipientCount }: Logged): string {
  const names = recipients.slice(0, shown).map(({ address }) => address);
  const more = recipientCount - names.length;
  return [...names, ...(more > 0 ? [say('mail-log.more', { count: more })] : [])].filter(Boolean).join(', ');
}
