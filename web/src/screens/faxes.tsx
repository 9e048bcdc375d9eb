import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Calls } from '../parts/calls.tsx';
import { FaxLine } from '../parts/fax-line.tsx';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { say } from '../words.ts';

const directions = ['', 'in', 'out'] as const;
const step = 50;

/** Lines and calls. */
export function Faxes() {
  const [direction, setDirection] = useState<string>('');
  const [limit, setLimit] = useState(step);
  const lines = useAsked(() => ask('faxLines', {}), ['line.', 'config.']);
  const calls = useAsked(
    () => ask('faxCalls', { limit, line: '', direction }),
    ['line.', 'fax.'],
    `${direction} ${limit}`,
  );
  const error = lines.error || calls.error;
  return (
    <Page title={say('nav.faxes')}>
      {error && <Trouble again={calls.again}>{error}</Trouble>}
      <Section title={say('home.lines')}>
        {lines.value?.length === 0 && <Empty>{say('home.no-lines')}</Empty>}
        <div class="cards">
          {lines.value?.map((line) => (
            <FaxLine key={line.id} line={line} />
          ))}
        </div>
      </Section>
      <Section
        title={say('faxes.calls')}
        actions={
          <label>
            <span class="hidden">{say('faxes.direction')}</span>
            <select value={direction} onChange={(event) => setDirection(event.currentTarget.value)}>
              {directions.map((one) => (
                <option key={one} value={one}>
                  {one === '' ? say('faxes.both') : say(`direction.${one}`)}
                </option>
              ))}
            </select>
          </label>
        }
      >
        {calls.value && <Calls calls={calls.value} />}
        {calls.value?.length === limit && (
          <button type="button" onClick={() => setLimit(limit + step)}>
            {say('more')}
          </button>
        )}
      </Section>
    </Page>
  );
}
