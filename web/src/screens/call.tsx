import { useRoute } from 'preact-iso';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { toneOf } from '../parts/calls.tsx';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { number, say, sayOr, seconds, time } from '../words.ts';

/** One call in plain words, and word for word for experts. */
export function Call() {
  const { id } = useRoute().params as { id: string };
  const call = useAsked(() => ask('faxShow', { id }), ['line.', 'fax.'], id);
  if (!call.value) return call.error ? <Trouble again={call.again}>{call.error}</Trouble> : null;
  const {
    at,
    line,
    direction,
    number: peer,
    station,
    pages,
    result,
    text,
    durationSeconds,
    bitRate,
    transcript,
  } = call.value;
  const facts: readonly (readonly [string, string])[] = [
    [say('faxes.time'), time(at)],
    [say('faxes.direction'), sayOr(`direction.${direction}`, direction)],
    [say('faxes.with'), [station, peer].filter(Boolean).join(', ') || say('unknown')],
    [say('faxes.line'), line],
    [say('faxes.pages'), number(pages)],
    [say('faxes.took'), seconds(durationSeconds)],
    [say('faxes.speed'), bitRate ? `${number(bitRate)} bit/s` : ''],
    [say('faxes.resolution'), call.value.resolution],
    [say('faxes.code'), call.value.hangupCode],
    [say('faxes.message'), call.value.message],
  ];
  return (
    <Page title={say('faxes.call')}>
      <p class={toneOf(result)}>{text || sayOr(`result.${result}`, result)}</p>
      <dl class="card facts">
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <>
              <dt key={name}>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
      </dl>
      {call.value.message && (
        <p>
          <a href={`/mail/log/${call.value.message}`}>{say('story.of-message')}</a>
        </p>
      )}
      <Section title={say('faxes.transcript')}>
        {transcript ? <pre class="card code">{transcript}</pre> : <Empty>{say('faxes.no-transcript')}</Empty>}
      </Section>
    </Page>
  );
}
