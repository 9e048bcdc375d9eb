import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { QueueRecipientView } from '../../../src/admin/admin-api.ts';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton } from '../parts/act.tsx';
import { MailTabs } from '../parts/mail-tabs.tsx';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Reroute } from '../parts/reroute.tsx';
import { Table } from '../parts/table.tsx';
import { reasonOf } from '../parts/waiting.tsx';
import { bytes, say, sayOr, time } from '../words.ts';

/** One message that waits: for whom, why, and what can be done with it. */
export function Message() {
  const { id } = useRoute().params as { id: string };
  const { route } = useLocation();
  const [moving, setMoving] = useState('');
  const message = useAsked(() => ask('queueShow', { id }), ['queue.', 'message.'], id);
  if (message.error) return <Gone id={id} error={message.error} again={message.again} />;
  if (!message.value) return null;
  const { held, reversePath, acceptedAt, expiresAt, sizeBytes, recipients, header } = message.value;
  const waits = ({ state }: QueueRecipientView): boolean => state === 'waiting' || state === 'held';
  return (
    <Page
      title={say('mail.message')}
      actions={
        <>
          <ActButton work={() => change('queueRetry', { id })} done={message.again}>
            {say('mail.retry')}
          </ActButton>
          <ActButton work={() => change(held ? 'queueRelease' : 'queueHold', { id })} done={message.again}>
            {say(held ? 'mail.release' : 'mail.hold')}
          </ActButton>
          <ActButton
            danger
            question={say('mail.cancel-question')}
            work={() => change('queueCancel', { id, reason: '' })}
            done={() => route('/mail')}
          >
            {say('mail.cancel')}
          </ActButton>
        </>
      }
    >
      <MailTabs />
      <dl class="card facts">
        <dt>{say('mail.from')}</dt>
        <dd>{reversePath || say('mail.report')}</dd>
        <dt>{say('mail.since')}</dt>
        <dd>{time(acceptedAt)}</dd>
        <dt>{say('mail.until')}</dt>
        <dd>{time(expiresAt)}</dd>
        <dt>{say('mail.size')}</dt>
        <dd>{bytes(sizeBytes)}</dd>
        {held && (
          <>
            <dt>{say('mail.state')}</dt>
            <dd>{say('mail.held')}</dd>
          </>
        )}
      </dl>
      <p>
        <a href={`/mail/log/${id}`}>{say('story.read')}</a>
      </p>
      <Section title={say('mail.to')}>
        <Table
          label={say('mail.to')}
          rows={recipients}
          rowKey={({ address }) => address}
          columns={[
            {
              title: say('mail.to'),
              cell: ({ address, original }) => (
                <>
                  {address}
                  {original && original !== address && <span class="quiet"> {say('mail.written', { original })}</span>}
                </>
              ),
            },
            { title: say('mail.state'), cell: ({ state }) => sayOr(`state.${state}`, state) },
            { title: say('mail.attempts'), cell: ({ attempts }) => attempts, right: true },
            { title: say('mail.next-attempt'), cell: ({ nextAttempt }) => time(nextAttempt) },
            { title: say('mail.why'), cell: (recipient) => reasonOf(recipient) },
            {
              title: say('actions'),
              cell: (recipient) =>
                waits(recipient) && (
                  <button type="button" onClick={() => setMoving(recipient.address)}>
                    {say('reroute.title')}
                  </button>
                ),
            },
          ]}
        />
      </Section>
      {moving && (
        <Reroute waiters={[{ id, recipient: moving }]} close={() => setMoving('')} done={() => message.again()} />
      )}
      <Section title={say('mail.header')}>
        <pre class="card code">{header}</pre>
      </Section>
    </Page>
  );
}

/** It has left the queue: the log knows how. */
function Gone(props: { readonly id: string; readonly error: string; readonly again: () => void }) {
  const known = useAsked(() => ask('mailStory', { id: props.id }), [], props.id);
  return (
    <Page title={say('mail.message')}>
      <MailTabs />
      {known.value ? (
        <Empty>
          {say('mail.gone')} <a href={`/mail/log/${props.id}`}>{say('story.read')}</a>
        </Empty>
      ) : (
        <Trouble again={props.again}>{props.error}</Trouble>
      )}
    </Page>
  );
}
