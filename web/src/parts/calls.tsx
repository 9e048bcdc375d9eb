import type { CallView } from '../../../src/admin/admin-api.ts';
import { say, sayOr, seconds, time } from '../words.ts';
import { Empty } from './notes.tsx';
import { Table } from './table.tsx';

/** Fax calls, newest first. */
export function Calls({ calls }: { readonly calls: readonly CallView[] }) {
  if (calls.length === 0) return <Empty>{say('faxes.none')}</Empty>;
  return (
    <Table
      label={say('faxes.calls')}
      rows={calls}
      rowKey={({ id }) => id}
      columns={[
        { title: say('faxes.time'), cell: ({ id, at }) => <a href={`/calls/${id}`}>{time(at)}</a> },
        { title: say('faxes.direction'), cell: ({ direction }) => sayOr(`direction.${direction}`, direction) },
        {
          title: say('faxes.with'),
          cell: ({ station, number }) => [station, number].filter(Boolean).join(', ') || say('unknown'),
        },
        { title: say('faxes.pages'), cell: ({ pages }) => pages, right: true },
        { title: say('faxes.took'), cell: ({ durationSeconds }) => seconds(durationSeconds), right: true },
        {
          title: say('faxes.result'),
          cell: ({ result }) => <span class={toneOf(result)}>{sayOr(`result.${result}`, result)}</span>,
        },
      ]}
    />
  );
}

export function toneOf(result: string): string {
  if (result === 'done') return 'well';
  return result === 'under-way' ? 'busy' : 'wrong';
}
