import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { CallView, FaxInfo } from '../../../../src/admin/admin-api.ts';
import { ask, download } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { faxTitle, isUnderWay, toneOfFax, withOf } from '../../parts/fax-words.ts';
import { Empty, Hint, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { useMay } from '../../session.ts';
import { bytes, number, say, sayBox, sayOr, seconds, time } from '../../words.ts';
import { CallFacts } from './call.tsx';
import './faxes.css';
import { FaxActions, UnderWayActions } from './fax-actions.tsx';
import { Viewer } from './viewer.tsx';

/** One fax: what became of it, its pages, what can be done with it, and its calls. */
export function Fax() {
  const { id } = useRoute().params as { id: string };
  const { route } = useLocation();
  const asked = useAsked(() => ask('faxInfo', { id, account: '' }), ['fax.', 'call.', 'queue.'], id);
  const operates = useMay('operator');
  const fax = asked.value;
  if (!fax) return asked.error ? <Trouble again={asked.again}>{asked.error}</Trouble> : null;
  const under = isUnderWay(fax);
  return (
    <Page
      title={faxTitle(fax)}
      actions={
        <>
          {fax.pages > 0 && (
            <button type="button" onClick={() => download('faxPdf', { id, account: '' })}>
              {say('fax.pdf')}
            </button>
          )}
          {under && fax.direction === 'out' ? <UnderWayActions fax={fax} again={asked.again} /> : null}
          {fax.pages > 0 && !under && <FaxActions fax={fax} removed={() => route('/faxes')} />}
        </>
      }
    >
      {asked.error && <Trouble again={asked.again}>{asked.error}</Trouble>}
      <p class={`what-happened ${toneOfFax(fax)}`}>{sentence(fax)}</p>
      {fax.pageList.length > 0 ? (
        <Viewer key={id} id={id} pages={fax.pageList} />
      ) : (
        <Empty>{say(under ? 'fax.no-pages-yet' : 'fax.no-pages')}</Empty>
      )}
      <Section title={say('fax.facts')}>
        <Facts fax={fax} />
      </Section>
      <Section title={say('fax.calls')}>
        {fax.calls.length === 0 && <Empty>{say('fax.no-calls')}</Empty>}
        {fax.calls.map((call) => (
          <CallOfFax key={call.id} call={call} operates={operates} />
        ))}
      </Section>
    </Page>
  );
}

/** What happened, in one sentence. */
function sentence(fax: FaxInfo): string {
  const { state, pages, text, nextAttempt } = fax;
  const who = withOf(fax);
  switch (state) {
    case 'sent':
    case 'failed':
      return sayBox(text) || say(`fax.${state}`);
    case 'received':
      return say('fax.was-received', { pages, who });
    case 'partial':
      return say('fax.was-partial', { pages, who, why: sayBox(text) });
    case 'crossing':
      return say(fax.direction === 'in' ? 'fax.comes-in' : 'fax.is-sent', { who });
    case 'held':
      return say('fax.is-held');
    case 'waiting':
      return [sayBox(text) || say('fax.is-waiting'), nextAttempt && say('fax.next', { time: time(nextAttempt) })]
        .filter(Boolean)
        .join(' ');
  }
}

function Facts({ fax }: { readonly fax: FaxInfo }) {
  const out = fax.direction === 'out';
  const { pages, confirmed } = fax;
  const resolutions = [...new Set(fax.pageList.map(({ resolution }) => say(`fax.resolution-${resolution}`)))];
  const bad = fax.pageList.reduce((sum, { badLines }) => sum + badLines, 0);
  const facts: readonly (readonly [string, string])[] = [
    [say(out ? 'fax.handed-in' : 'fax.came'), time(fax.at)],
    [say(out ? 'fax.number-to' : 'fax.number-from'), withOf(fax)],
    [say(out ? 'fax.sender' : 'fax.delivered-to'), fax.people.join(', ')],
    [say('faxes.subject'), out ? fax.subject : ''],
    [say('faxes.pages'), out && pages > 0 ? say('fax.confirmed-of', { confirmed, pages }) : number(pages)],
    [say('faxes.resolution'), resolutions.join(', ')],
    [say('fax.bad-lines'), bad > 0 ? number(bad) : ''],
    [say('faxes.speed'), fax.bitRate ? `${number(fax.bitRate)} bit/s` : ''],
    [say('faxes.took'), fax.durationSeconds > 0 ? seconds(fax.durationSeconds) : ''],
    [say('fax.ended'), time(fax.endedAt)],
    [say('faxes.line'), fax.line],
    [say('fax.space'), fax.sizeBytes > 0 ? bytes(fax.sizeBytes) : ''],
  ];
  return (
    <dl class="card facts">
      {facts
        .filter(([, value]) => value !== '')
        .flatMap(([name, value]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}

function CallOfFax({ call, operates }: { readonly call: CallView; readonly operates: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="card call" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {time(call.at)} · {sayOr(`result.${call.result}`, call.result)} · {seconds(call.durationSeconds)}
      </summary>
      <p>{sayBox(call.text)}</p>
      {open && operates && <CallFacts id={call.id} />}
      {!operates && <Hint>{say('fax.call-pages', { pages: call.pages })}</Hint>}
    </details>
  );
}
