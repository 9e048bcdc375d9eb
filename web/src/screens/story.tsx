import { useRoute } from 'preact-iso';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { MailTabs } from '../parts/mail-tabs.tsx';
import { Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { outcomeTone, Timeline } from '../parts/timeline.tsx';
import { bytes, say, time } from '../words.ts';

/** What happened to one message, from its entrance to its exit. */
export function Story() {
  const { id } = useRoute().params as { id: string };
  const asked = useAsked(() => ask('mailStory', { id }), ['queue.', 'dsn.', 'call.ended', 'fax.received'], id);
  const story = asked.value;
  if (!story)
    return (
      <Page title={say('story.title')}>
        <MailTabs />
        {asked.error && <Trouble again={asked.again}>{asked.error}</Trouble>}
      </Page>
    );
  const facts: readonly (readonly [string, string])[] = [
    [say('mail.from'), story.sender || (story.source === 'dsn' ? say('mail.report') : '')],
    [say('mail-log.subject'), story.subject],
    [say('mail-log.time'), time(story.at)],
    [say('mail.size'), story.sizeBytes > 0 ? bytes(story.sizeBytes) : ''],
    [say('story.message-id'), story.messageId],
    [say('story.id'), story.id],
  ];
  return (
    <Page
      title={story.subject || say('story.title')}
      actions={story.waits && <a href={`/mail/${id}`}>{say('story.in-queue')}</a>}
    >
      <MailTabs />
      <p class={`verdict ${outcomeTone(story.outcome)}`}>{say(`outcome.${story.outcome}`)}</p>
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
      <Section title={say('story.recipients')}>
        <ul class="plain card">
          {story.recipients.map(({ address, state }) => (
            <li key={address}>
              {address || say('story.no-recipient')} <span class={outcomeTone(state)}>{say(`ended.${state}`)}</span>
            </li>
          ))}
          {story.recipientCount > story.recipients.length && (
            <li>{say('mail-log.more', { count: story.recipientCount - story.recipients.length })}</li>
          )}
        </ul>
      </Section>
      <Section title={say('story.steps')}>
        <Timeline story={story} />
      </Section>
    </Page>
  );
}
