import type { QueueView } from '../../../src/admin/admin-api.ts';
import { bytes, say, sayOr, time } from '../words.ts';
import { Empty } from './notes.tsx';
import { Table } from './table.tsx';

/** Messages that wait, and why. */
export function Waiting({ messages }: { readonly messages: readonly QueueView[] }) {
  if (messages.length === 0) return <Empty>{say('mail.none')}</Empty>;
  return (
    <Table
      label={say('mail.waiting')}
      rows={messages}
      rowKey={({ id }) => id}
      columns={[
        { title: say('mail.since'), cell: ({ id, acceptedAt }) => <a href={`/mail/${id}`}>{time(acceptedAt)}</a> },
        { title: say('mail.from'), cell: ({ reversePath }) => reversePath || say('mail.report') },
        { title: say('mail.to'), cell: ({ recipients }) => recipients.map(({ address }) => address).join(', ') },
        { title: say('mail.size'), cell: ({ sizeBytes }) => bytes(sizeBytes), right: true },
        { title: say('mail.why'), cell: (message) => whyOf(message) },
      ]}
    />
  );
}

export function whyOf({ held, recipients }: QueueView): string {
  if (held) return say('mail.held');
  const waiting = recipients.find(({ state }) => state === 'waiting') ?? recipients[0];
  if (!waiting) return '';
  const next = waiting.nextAttempt ? say('mail.next', { time: time(waiting.nextAttempt) }) : '';
  return [waiting.text || sayOr(`state.${waiting.state}`, waiting.state), next].filter(Boolean).join(' · ');
}
