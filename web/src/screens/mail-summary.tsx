import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { useAct } from '../parts/act.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { DialogButtons } from '../parts/dialog-buttons.tsx';
import { MailTabs } from '../parts/mail-tabs.tsx';
import { Empty, Good, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Plot } from '../parts/plot.tsx';
import { Table } from '../parts/table.tsx';
import { TextField } from '../parts/text-field.tsx';
import { useMay } from '../session.ts';
import { bytes, currentLanguage, number, say, sayOr } from '../words.ts';

type Summary = Awaited<ReturnType<typeof ask<'mailSummary'>>>;
type Sums = Summary['totals'];
type Period = Summary['period'];

const periods = ['day', 'week', 'month', 'year'] as const;

/** Mail and faxes of a day, a week, a month or a year: figures, plots, and who and why most. */
export function MailSummary() {
  const { query } = useLocation();
  const [period, setPeriod] = useState<Period>(periods.find((one) => one === query.period) ?? 'day');
  const [day, setDay] = useState(query.day ?? '');
  const [mailing, setMailing] = useState(false);
  const [mailed, setMailed] = useState(false);
  const summary = useAsked(
    () => ask('mailSummary', { period, day }),
    ['queue.delivered', 'queue.failed', 'smtp.refused', 'call.ended', 'fax.received'],
    `${period} ${day}`,
  );
  const shown = summary.value;
  const isAdministrator = useMay('administrator');
  return (
    <Page
      title={say('summary.title')}
      actions={
        <>
          {isAdministrator && <a href="/settings/records">{say('summary.schedule')}</a>}
          <button type="button" onClick={() => setMailing(true)}>
            {say('summary.mail')}
          </button>
        </>
      }
    >
      <MailTabs />
      <div class="inline filter">
        <label class="field short">
          <span>{say('summary.period')}</span>
          <select
            value={period}
            onChange={(event) => setPeriod(periods.find((one) => one === event.currentTarget.value) ?? 'day')}
          >
            {periods.map((one) => (
              <option key={one} value={one}>
                {say(`period.${one}`)}
              </option>
            ))}
          </select>
        </label>
        {shown && (
          <div class="actions">
            <button type="button" onClick={() => setDay(moved(shown.from, -1))}>
              {say('summary.earlier')}
            </button>
            <button
              type="button"
              disabled={shown.until >= localDay(new Date())}
              onClick={() => setDay(moved(shown.until, 1))}
            >
              {say('summary.later')}
            </button>
          </div>
        )}
      </div>
      {summary.error && <Trouble again={summary.again}>{summary.error}</Trouble>}
      {mailed && <Good>{say('summary.mailed')}</Good>}
      {shown && <Shown summary={shown} />}
      {mailing && shown && <MailIt summary={shown} close={() => setMailing(false)} done={() => setMailed(true)} />}
    </Page>
  );
}

function Shown({ summary }: { readonly summary: Summary }) {
  const { period, from, until, first, slots, hours, tops, lines } = summary;
  const labels = slots.map(({ label }) => labelOf(period, label));
  const of = (key: keyof Sums, title: string) => ({ title, values: slots.map(({ sums }) => sums[key]) });
  const ofHours = (key: keyof Sums, title: string) => ({ title, values: hours.map((sums) => sums[key]) });
  return (
    <>
      <h2>{from === until ? dateText(from) : say('summary.span', { from: dateText(from), until: dateText(until) })}</h2>
      {first === '' || first > until ? <Empty>{say('summary.none')}</Empty> : <Figures summary={summary} />}
      <div class="plots">
        <Plot
          title={say('summary.mail-plot')}
          labels={labels}
          series={[of('mailIn', say('summary.in')), of('mailOut', say('summary.out'))]}
        />
        <Plot
          title={say('summary.trouble-plot')}
          labels={labels}
          series={[
            { ...of('mailFailed', say('summary.failed')), fill: 2 },
            { ...of('mailDeferred', say('summary.deferred')), fill: 1 },
            { ...of('mailRefused', say('summary.refused')), fill: 3 },
          ]}
        />
        <Plot
          title={say('summary.fax-plot')}
          labels={labels}
          series={[of('pagesIn', say('direction.in')), of('pagesOut', say('direction.out'))]}
        />
        {period !== 'day' && (
          <Plot
            title={say('summary.hours-plot')}
            labels={hours.map((_, hour) => labelOf('day', String(hour).padStart(2, '0')))}
            series={[ofHours('mailIn', say('summary.in')), ofHours('mailOut', say('summary.out'))]}
          />
        )}
      </div>
      <Lines lines={lines} />
      <div class="cards">
        {(Object.keys(tops) as (keyof Summary['tops'])[]).map((list) => (
          <TopList key={list} list={list} summary={summary} />
        ))}
      </div>
    </>
  );
}

const figures = [
  'mailIn',
  'mailOut',
  'mailRefused',
  'mailDeferred',
  'mailFailed',
  'faxIn',
  'faxOut',
  'faxFailed',
  'pagesIn',
  'pagesOut',
  'bytes',
  'logins',
  'loginsRefused',
] as const;

function Figures({ summary: { totals, before, period } }: { readonly summary: Summary }) {
  const shown = (key: (typeof figures)[number], sums: Sums): string =>
    key === 'bytes' ? bytes(sums.bytes) : number(sums[key]);
  return (
    <dl class="figures">
      {figures.map((key) => (
        <div key={key} class="card">
          <dt>{say(`figure.${key}`)}</dt>
          <dd>
            <strong>{shown(key, totals)}</strong>
            <span class="quiet">{say(`summary.before-${period}`, { value: shown(key, before) })}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Lines({ lines }: Pick<Summary, 'lines'>) {
  if (lines.length === 0) return null;
  return (
    <Section title={say('summary.lines')}>
      <Table
        label={say('summary.lines')}
        rows={lines}
        rowKey={({ line, direction }) => `${line} ${direction}`}
        columns={[
          { title: say('faxes.line'), cell: ({ line }) => line },
          { title: say('faxes.direction'), cell: ({ direction }) => sayOr(`direction.${direction}`, direction) },
          { title: say('summary.calls'), cell: ({ calls }) => number(calls), right: true },
          { title: say('summary.not-completed'), cell: ({ failed }) => number(failed), right: true },
          { title: say('faxes.pages'), cell: ({ pages }) => number(pages), right: true },
          { title: say('summary.minutes'), cell: ({ minutes }) => number(minutes, 1), right: true },
        ]}
      />
    </Section>
  );
}

/** Names that the log of mail can be searched for. */
const searched: readonly string[] = ['sender', 'recipient'];

function TopList(props: { readonly list: keyof Summary['tops']; readonly summary: Summary }) {
  const { list, summary } = props;
  const rows = summary.tops[list];
  if (rows.length === 0) return null;
  const { from, until } = summary;
  const link = (name: string): string => `/mail/log?${new URLSearchParams({ text: name, from, until })}`;
  return (
    <section>
      <h2>{say(`top.${list}`)}</h2>
      <ol class="card ranking">
        {rows.map(({ name, text, count }) => (
          <li key={name}>
            <span>
              {text ? (
                <>
                  {sayOr(`reason.${name.replace(/^(\w+) \d/, '$1')}`, text)}{' '}
                  <span class="quiet">{name.split(' ')[1]}</span>
                </>
              ) : searched.includes(list) && name.includes('@') ? (
                <a href={link(name)}>{name}</a>
              ) : (
                name
              )}
            </span>
            <span>{number(count)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function MailIt(props: { readonly summary: Summary; readonly close: () => void; readonly done: () => void }) {
  const { summary, close, done } = props;
  const [to, setTo] = useState('');
  const act = useAct();
  const send = async (): Promise<void> => {
    const { period, from } = summary;
    if (!(await act.start(() => change('mailSummarySend', { period, day: from, to: to.trim() })))) return;
    done();
    close();
  };
  return (
    <Dialog title={say('summary.mail')} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <TextField label={say('summary.to')} type="email" value={to} set={setTo} />
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say('summary.mail')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}

/** `2026-11-23`, as the box counts days. */
function localDay(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function moved(day: string, count: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return localDay(new Date(year, month - 1, date + count));
}

function dateText(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const format = { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' } as const;
  return new Date(year, month - 1, date).toLocaleDateString(currentLanguage(), format);
}

/** Of a slot: an hour, a day, a month. */
function labelOf(period: Period, label: string): string {
  if (period === 'day') return `${label}:00`;
  const [year = 0, month = 1, date = 1] = label.split('-').map(Number);
  const format: Intl.DateTimeFormatOptions =
    period === 'year' ? { month: 'short' } : { day: 'numeric', month: 'short' };
  return new Date(year, month - 1, date).toLocaleDateString(currentLanguage(), format);
}
