import { useState } from 'preact/hooks';
import type { QueueView } from '../../../src/admin/admin-api.ts';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton } from '../parts/act.tsx';
import { MailTabs } from '../parts/mail-tabs.tsx';
import { Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { FaxingPaused } from '../parts/pause-faxing.tsx';
import { Reroute } from '../parts/reroute.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { say } from '../words.ts';

const step = 100;
const states = ['', 'waiting', 'held', 'delivering'] as const;

/** The queue: what waits, why, and what can be done about it, for one message or several. */
export function Mail() {
  const [address, setAddress] = useState('');
  const [state, setState] = useState<(typeof states)[number]>('');
  const [limit, setLimit] = useState(step);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const queue = useAsked(
    () => ask('queueList', { address, limit, ...(state && { state }) }),
    ['queue.', 'message.', 'dsn.'],
    `${address} ${limit} ${state}`,
  );
  const messages = queue.value ?? [];
  const picked = messages.filter(({ id }) => chosen.has(id));
  const set = (id: string, isChosen: boolean): void => {
    const ids = new Set(chosen);
    if (isChosen) ids.add(id);
    else ids.delete(id);
    setChosen(ids);
  };
  return (
    <Page
      title={say('nav.mail')}
      actions={
        <ActButton work={() => change('queueRetry', { id: '' })} done={queue.again}>
          {say('mail.retry-all')}
        </ActButton>
      }
    >
      <MailTabs />
      <FaxingPaused />
      {queue.error && <Trouble again={queue.again}>{queue.error}</Trouble>}
      <Section
        title={say('mail.waiting')}
        actions={
          <>
            <label>
              <span class="hidden">{say('mail.state')}</span>
              <select
                value={state}
                onChange={(event) => setState(states.find((one) => one === event.currentTarget.value) ?? '')}
              >
                {states.map((one) => (
                  <option key={one} value={one}>
                    {one === '' ? say('mail.all-states') : say(`state.${one}`)}
                  </option>
                ))}
              </select>
            </label>
            <label>
              <span class="hidden">{say('mail.search')}</span>
              <input
                type="search"
                placeholder={say('mail.search')}
                value={address}
                onInput={(event) => setAddress(event.currentTarget.value)}
              />
            </label>
          </>
        }
      >
        {messages.length > 0 && (
          <Together
            messages={messages}
            picked={picked}
            choose={(all) => setChosen(new Set(all ? messages.map(({ id }) => id) : []))}
            again={queue.again}
          />
        )}
        {queue.value && <Waiting messages={queue.value} chosen={{ ids: chosen, set }} />}
        {queue.value?.length === limit && (
          <button type="button" onClick={() => setLimit(limit + step)}>
            {say('more')}
          </button>
        )}
      </Section>
    </Page>
  );
}

/** What can be done with the messages that were chosen. */
function Together(props: {
  readonly messages: readonly QueueView[];
  readonly picked: readonly QueueView[];
  readonly choose: (all: boolean) => void;
  readonly again: () => void;
}) {
  const { messages, picked, choose, again } = props;
  const [moving, setMoving] = useState(false);
  const done = (): void => {
    choose(false);
    again();
  };
  const each = (work: (id: string) => Promise<unknown>) => () => forEach(picked, work);
  const waiters = picked.flatMap(({ id, recipients }) =>
    recipients
      .filter(({ state }) => state === 'waiting' || state === 'held')
      .map(({ address }) => ({ id, recipient: address })),
  );
  return (
    <div class="together">
      <label>
        <input
          type="checkbox"
          checked={picked.length === messages.length}
          onChange={(event) => choose(event.currentTarget.checked)}
        />{' '}
        {say('mail.choose-all')}
      </label>
      {picked.length > 0 && (
        <div class="actions">
          <span role="status">{say('mail.chosen', { count: picked.length })}</span>
          <ActButton work={each((id) => change('queueRetry', { id }))} done={done}>
            {say('mail.retry')}
          </ActButton>
          <ActButton work={each((id) => change('queueHold', { id }))} done={done}>
            {say('mail.hold')}
          </ActButton>
          <ActButton work={each((id) => change('queueRelease', { id }))} done={done}>
            {say('mail.release')}
          </ActButton>
          {waiters.length > 0 && (
            <button type="button" onClick={() => setMoving(true)}>
              {say('reroute.title')}
            </button>
          )}
          <ActButton
            danger
            question={say('mail.cancel-several', { count: picked.length })}
            work={each((id) => change('queueCancel', { id, reason: '' }))}
            done={done}
          >
            {say('mail.cancel')}
          </ActButton>
        </div>
      )}
      {moving && <Reroute waiters={waiters} close={() => setMoving(false)} done={done} />}
    </div>
  );
}

/** One after the other; a message that has left meanwhile keeps none of the others. @throws Error of the first that failed */
async function forEach(messages: readonly QueueView[], work: (id: string) => Promise<unknown>): Promise<void> {
  const results = [];
  for (const { id } of messages) results.push(...(await Promise.allSettled([work(id)])));
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed[0]) throw failed[0].reason;
}
