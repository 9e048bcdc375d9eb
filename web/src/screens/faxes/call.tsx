import { useRoute } from 'preact-iso';
import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { toneOf } from '../../parts/calls.tsx';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Page } from '../../parts/page.tsx';
import { number, say, sayBox, sayOr, seconds, time } from '../../words.ts';
import './faxes.css';

/** One call in plain words, and word for word for experts. */
export function Call() {
  const { id } = useRoute().params as { id: string };
  const call = useAsked(() => ask('faxShow', { id }), ['line.', 'call.ended', 'fax.'], id);
  if (!call.value) return call.error ? <Trouble again={call.again}>{call.error}</Trouble> : null;
  const { text, result } = call.value;
  return (
    <Page title={say('faxes.call')}>
      <p class={`what-happened ${toneOf(result)}`}>{sayBox(text) || sayOr(`result.${result}`, result)}</p>
      <div class="card">
        <CallFacts id={id} />
      </div>
    </Page>
  );
}

/** When, with whom, how fast and how long; what box and modem said is folded away. */
export function CallFacts({ id }: { readonly id: string }) {
  const call = useAsked(() => ask('faxShow', { id }), ['call.ended'], id);
  if (!call.value) return call.error ? <Trouble again={call.again}>{call.error}</Trouble> : null;
  const { at, line, direction, station, pages, result, durationSeconds, bitRate, resolution, hangupCode, transcript } =
    call.value;
  const facts: readonly (readonly [string, string])[] = [
    [say('faxes.time'), time(at)],
    [say('faxes.direction'), sayOr(`direction.${direction}`, direction)],
    [say('faxes.with'), [station, call.value.number].filter(Boolean).join(', ') || say('unknown')],
    [say('faxes.line'), line],
    [say('fax.pages-confirmed'), number(pages)],
    [say('faxes.took'), seconds(durationSeconds)],
    [say('faxes.speed'), bitRate ? `${number(bitRate)} bit/s` : ''],
    [say('faxes.resolution'), resolution && sayOr(`fax.resolution-${resolution}`, resolution)],
    [say('faxes.result'), sayOr(`result.${result}`, result)],
    [say('faxes.code'), hangupCode],
  ];
  return (
    <>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== '')
          .flatMap(([name, value]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
      </dl>
      {call.value.message && (
        <p>
          <a href={`/mail/log/${call.value.message}`}>{say('story.of-message')}</a>
        </p>
      )}
      <details class="transcript">
        <summary>{say('faxes.transcript')}</summary>
        {transcript ? <pre class="code">{transcript}</pre> : <Empty>{say('faxes.no-transcript')}</Empty>}
      </details>
    </>
  );
}
