import { useLocation, useRoute } from 'preact-iso';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton } from '../parts/act.tsx';
import { Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Table } from '../parts/table.tsx';
import { bytes, say, sayOr, time } from '../words.ts';

/** One message that waits: for whom, why, and what can be done with it. */
export function Message() {
  const { id } = useRoute().params as { id: string };
  const { route } = useLocation();
  const message = useAsked(() => ask('queueShow', { id }), ['queue.', 'message.'], id);
  if (!message.value) return message.error ? <Trouble again={message.again}>{message.error}</Trouble> : null;
  const { held, reversePath, acceptedAt, expiresAt, sizeBytes, recipients, header } = message.value;
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
      <Section title={say('mail.to')}>
        <Table
          label={say('mail.to')}
          rows={recipients}
          rowKey={({ address }) => address}
          columns={[
            { title: say('mail.to'), cell: ({ address }) => address },
            { title: say('mail.state'), cell: ({ state }) => sayOr(`state.${state}`, state) },
            { title: say('mail.attempts'), cell: ({ attempts }) => attempts, right: true },
            { title: say('mail.next-attempt'), cell: ({ nextAttempt }) => time(nextAttempt) },
            { title: say('mail.why'), cell: ({ status, text }) => [status, text].filter(Boolean).join(' ') },
          ]}
        />
      </Section>
      <Section title={say('mail.header')}>
        <pre class="card code">{header}</pre>
      </Section>
    </Page>
  );
}
