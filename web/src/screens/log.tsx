import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { say } from '../words.ts';

const lines = 1000;

/** The last lines of the log that is kept. */
export function Log() {
  const [wanted, setWanted] = useState('');
  const log = useAsked(() => ask('systemLog', { lines }));
  const shown = log.value?.lines.filter((line) => line.toLowerCase().includes(wanted.toLowerCase())) ?? [];
  return (
    <Page
      title={say('log.title')}
      actions={
        <>
          <label>
            <span class="hidden">{say('search')}</span>
            <input
              type="search"
              placeholder={say('search')}
              value={wanted}
              onInput={(event) => setWanted(event.currentTarget.value)}
            />
          </label>
          <button type="button" onClick={log.again}>
            {say('log.newer')}
          </button>
        </>
      }
    >
      {log.error && <Trouble again={log.again}>{log.error}</Trouble>}
      {log.value && shown.length === 0 && <Empty>{say('log.none')}</Empty>}
      {shown.length > 0 && <pre class="card code">{shown.join('\n')}</pre>}
    </Page>
  );
}
