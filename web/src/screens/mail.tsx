import { useState } from 'preact/hooks';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton } from '../parts/act.tsx';
import { Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { say } from '../words.ts';

const step = 100;

/** The queue: what waits and why. */
export function Mail() {
  const [address, setAddress] = useState('');
  const [limit, setLimit] = useState(step);
  const queue = useAsked(
    () => ask('queueList', { address, limit }),
    ['queue.', 'message.', 'dsn.'],
    `${address} ${limit}`,
  );
  return (
    <Page
      title={say('nav.mail')}
      actions={
        <ActButton work={() => change('queueRetry', { id: '' })} done={queue.again}>
          {say('mail.retry-all')}
        </ActButton>
      }
    >
      {queue.error && <Trouble again={queue.again}>{queue.error}</Trouble>}
      <Section
        title={say('mail.waiting')}
        actions={
          <label>
            <span class="hidden">{say('mail.search')}</span>
            <input
              type="search"
              placeholder={say('mail.search')}
              value={address}
              onInput={(event) => setAddress(event.currentTarget.value)}
            />
          </label>
        }
      >
        {queue.value && <Waiting messages={queue.value} />}
        {queue.value?.length === limit && (
          <button type="button" onClick={() => setLimit(limit + step)}>
            {say('more')}
          </button>
        )}
      </Section>
    </Page>
  );
}
