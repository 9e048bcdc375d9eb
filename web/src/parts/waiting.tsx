import type { QueueRecipientView, QueueView } from '../../../src/admin/admin-api.ts';
import { say, sayBox, sayOr, time } from '../words.ts';
import { Empty } from './notes.tsx';
import { type Column, Table } from './table.tsx';

/** Messages chosen by their ids. */
export interface Chosen {
  readonly ids: ReadonlySet<string>;
  readonly set: (id: string, chosen: boolean) => void;
}

/** Messages that wait, and why. */
export function Waiting(props: { readonly messages: readonly QueueView[]; readonly chosen?: Chosen }) {
  const { messages, chosen } = props;
  if (messages.length === 0) return <Empty>{say('mail.none')}</Empty>;
  const choice: Column<QueueView> = {
    title: say('mail.choose'),
    cell: ({ id, reversePath }) => (
      <input
        type="checkbox"
        aria-label={say('mail.choose-from', { from: reversePath || say('mail.report') })}
        checked={chosen?.ids.has(id) ?? false}
        onChange={(event) => chosen?.set(id, event.currentTarget.checked)}
      />
    ),
  };
  return (
    <Table
      label={say('mail.waiting')}
      rows={messages}
      rowKey={({ id }) => id}
      columns={[
        ...(chosen ? [choice] : []),
        {
          title: say('mail.since'),
          cell: ({ id, acceptedAt }) => (
            <a class="keep" href={`/mail/${id}`}>
              {time(acceptedAt)}
            </a>
          ),
        },
        { title: say('mail.from'), cell: ({ reversePath }) => reversePath || say('mail.report') },
        {
          title: say('mail.to'),
          cell: ({ recipients }) =>
            openOf(recipients)
              .map(({ address }) => address)
              .join(', '),
        },
        { title: say('mail.why'), cell: (message) => whyOf(message) },
        { title: say('mail.next-attempt'), cell: (message) => <span class="keep">{nextOf(message)}</span> },
      ]}
    />
  );
}

/** Recipients that are not done with; all when there is none. */
function openOf(recipients: readonly QueueRecipientView[]): readonly QueueRecipientView[] {
  const open = recipients.filter(({ state }) => state !== 'delivered' && state !== 'failed');
  return open.length > 0 ? open : recipients;
}

function nextOf({ held, recipients }: QueueView): string {
  const times = recipients.map(({ nextAttempt }) => nextAttempt).filter((at) => at !== '');
  const next = times.toSorted()[0];
  return held || next === undefined ? '' : time(next);
}

export function whyOf({ held, recipients }: QueueView): string {
  const [first] = openOf(recipients);
  if (!first) return '';
  const reason = reasonOf(first);
  return held ? [say('mail.held'), first.text && reason].filter(Boolean).join(' · ') : reason;
}

/** Why a recipient waits, with the other side's own words. */
export function reasonOf({ state, text, host, reply }: QueueRecipientView): string {
  if (state === 'delivering') return say('state.delivering');
  const told = sayBox(text) || (state === 'waiting' ? say('mail.its-turn') : sayOr(`state.${state}`, state));
  return reply ? `${told} ${say('mail.said', { host: host || say('mail.other-side'), reply })}` : told;
}
