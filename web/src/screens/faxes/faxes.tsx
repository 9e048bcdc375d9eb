import { useState } from 'preact/hooks';
import type { FaxView } from '../../../../src/admin/admin-api.ts';
import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { FaxLines } from '../../parts/fax-lines.tsx';
import { faxTitle, isUnderWay, toneOfFax, withOf } from '../../parts/fax-words.ts';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { PausedNote } from '../../parts/pause-faxing.tsx';
import { Table } from '../../parts/table.tsx';
import { useMay } from '../../session.ts';
import { say, sayBox, sayOr, time } from '../../words.ts';
import './faxes.css';

const step = 50;
const most = 200;
const none = { text: '', direction: '', state: '', since: '', until: '' } as const;
interface Wanted {
  readonly text: string;
  readonly direction: '' | 'in' | 'out';
  readonly state: '' | 'sent' | 'received' | 'failed' | 'partial';
  /** Days, as 2026-01-31. */
  readonly since: string;
  readonly until: string;
}

/** Faxes under way, and those that were sent and received. */
export function Faxes() {
  const operates = useMay('operator');
  const administers = useMay('administrator');
  const [wanted, setWanted] = useState<Wanted>(none);
  const [limit, setLimit] = useState(step);
  const all = { ...none, account: '', before: '' };
  const underWay = useAsked(
    () => ask('faxList', { ...all, state: 'under-way', limit: most }),
    ['fax.', 'call.', 'queue.held', 'queue.released'],
  );
  const faxes = useAsked(
    () => ask('faxList', { ...all, ...wanted, ...daysOf(wanted), limit }),
    ['fax.'],
    JSON.stringify([wanted, limit]),
  );
  const settled = faxes.value?.filter((fax) => !isUnderWay(fax)) ?? [];
  const isSearch = JSON.stringify(wanted) !== JSON.stringify(none);
  const error = underWay.error || faxes.error;
  return (
    <Page
      title={say('nav.faxes')}
      actions={
        <>
          {administers && <a href="/lines">{say('lines.set-up')}</a>}
          {operates && <a href="/calls">{say('faxes.all-calls')}</a>}
          <a href="/sendings">{say('sendings.title')}</a>
          <a class="button" href="/send">
            {say('send.title')}
          </a>
        </>
      }
    >
      {error && <Trouble again={faxes.again}>{error}</Trouble>}
      {operates && <Lines />}
      {underWay.value && underWay.value.length > 0 && (
        <Section title={say('faxes.under-way')}>
          <UnderWay faxes={underWay.value} />
        </Section>
      )}
      <Section title={say('faxes.archive')}>
        <Search wanted={wanted} set={setWanted} clear={() => setWanted(none)} isSearch={isSearch} />
        {faxes.value && settled.length === 0 && <Empty>{say(isSearch ? 'faxes.none-found' : 'faxes.none-kept')}</Empty>}
        {settled.length > 0 && <List faxes={settled} />}
        {faxes.value && faxes.value.length >= limit && limit < most && (
          <button type="button" onClick={() => setLimit(Math.min(limit + step, most))}>
            {say('more')}
          </button>
        )}
        {faxes.value && faxes.value.length >= most && <p class="quiet">{say('faxes.too-many', { count: most })}</p>}
      </Section>
    </Page>
  );
}

function Lines() {
  const lines = useAsked(() => ask('faxLines', {}), ['line.', 'call.', 'config.']);
  if (lines.error) return <Trouble again={lines.again}>{lines.error}</Trouble>;
  return (
    <>
      <PausedNote lines={lines.value ?? []} done={lines.again} />
      <FaxLines lines={lines} />
    </>
  );
}

function UnderWay({ faxes }: { readonly faxes: readonly FaxView[] }) {
  return (
    <ul class="under-way">
      {faxes.map((fax) => (
        <li key={fax.id} class="card">
          <p>
            <a href={`/faxes/${fax.id}`}>{faxTitle(fax)}</a>{' '}
            <span class={toneOfFax(fax)}>{say(`fax.${fax.state}`)}</span>
          </p>
          {fax.pages > 0 && fax.direction === 'out' && (
            <>
              <progress value={fax.confirmed} max={fax.pages} aria-label={pagesText(fax)} />
              <p class="quiet">{pagesText(fax)}</p>
            </>
          )}
          <p class="quiet">{[fax.subject, fax.people.join(', '), sayBox(fax.text)].filter(Boolean).join(' · ')}</p>
        </li>
      ))}
    </ul>
  );
}

function pagesText({ confirmed, pages }: FaxView): string {
  return say('fax.confirmed-of', { confirmed, pages });
}

function Search(props: {
  readonly wanted: Wanted;
  readonly set: (wanted: Wanted) => void;
  readonly clear: () => void;
  readonly isSearch: boolean;
}) {
  const { wanted, set } = props;
  const choice = <Key extends 'direction' | 'state'>(key: Key, values: readonly Wanted[Key][], all: string) => (
    <label class="field">
      <span>{say(`faxes.${key}`)}</span>
      <select value={wanted[key]} onChange={(event) => set({ ...wanted, [key]: event.currentTarget.value })}>
        {values.map((one) => (
          <option key={one} value={one}>
            {one === '' ? all : sayOr(key === 'direction' ? `direction.${one}` : `fax.${one}`, one)}
          </option>
        ))}
      </select>
    </label>
  );
  const day = (key: 'since' | 'until') => (
    <label class="field">
      <span>{say(`faxes.${key}`)}</span>
      <input
        type="date"
        value={wanted[key]}
        onChange={(event) => set({ ...wanted, [key]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <search class="fax-search">
      <label class="field wide">
        <span>{say('search')}</span>
        <input
          type="search"
          placeholder={say('faxes.search')}
          value={wanted.text}
          onInput={(event) => set({ ...wanted, text: event.currentTarget.value })}
        />
      </label>
      {choice('direction', ['', 'in', 'out'], say('faxes.both'))}
      {choice('state', ['', 'sent', 'received', 'failed', 'partial'], say('faxes.any-state'))}
      {day('since')}
      {day('until')}
      {props.isSearch && (
        <button type="button" onClick={props.clear}>
          {say('faxes.clear')}
        </button>
      )}
    </search>
  );
}

function List({ faxes }: { readonly faxes: readonly FaxView[] }) {
  return (
    <Table
      label={say('nav.faxes')}
      rows={faxes}
      rowKey={({ id }) => id}
      columns={[
        { title: say('faxes.time'), cell: ({ id, at }) => <a href={`/faxes/${id}`}>{time(at)}</a> },
        { title: say('faxes.with'), cell: (fax) => `${fax.direction === 'in' ? '↓' : '↑'} ${withOf(fax)}` },
        { title: say('faxes.people'), cell: ({ people }) => people.join(', ') },
        { title: say('faxes.subject'), cell: ({ direction, subject }) => (direction === 'out' ? subject : '') },
        { title: say('faxes.pages'), cell: ({ pages }) => pages, right: true },
        { title: say('faxes.result'), cell: (fax) => <span class={toneOfFax(fax)}>{say(`fax.${fax.state}`)}</span> },
      ]}
    />
  );
}

/** Days as instants of this place: to the end of the last one. */
function daysOf({ since, until }: Wanted): { since: string; until: string } {
  const at = (day: string, days: number): string => {
    if (day === '') return '';
    const [year, month, date] = day.split('-').map(Number) as [number, number, number];
    return new Date(year, month - 1, date + days).toISOString();
  };
  return { since: at(since, 0), until: at(until, 1) };
}
