import { useState } from 'preact/hooks';
import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { Calls } from '../../parts/calls.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { Page } from '../../parts/page.tsx';
import { say } from '../../words.ts';

const directions = ['', 'in', 'out'] as const;
const step = 50;

/** All calls, also those that brought no fax. */
export function CallList() {
  const [direction, setDirection] = useState<string>('');
  const [limit, setLimit] = useState(step);
  const calls = useAsked(
    () => ask('faxCalls', { limit, line: '', direction }),
    ['call.started', 'call.ended'],
    `${direction} ${limit}`,
  );
  return (
    <Page
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
      {calls.error && <Trouble again={calls.again}>{calls.error}</Trouble>}
      {calls.value && <Calls calls={calls.value} />}
      {calls.value?.length === limit && (
        <button type="button" onClick={() => setLimit(limit + step)}>
          {say('more')}
        </button>
      )}
    </Page>
  );
}
