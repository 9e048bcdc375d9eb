import type { BackupResult } from '../../../../src/admin/views/backup-views.ts';
import { Empty } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { bytes, say, seconds, time } from '../../words.ts';

/** How the last backups went. */
export function Results({ results }: { readonly results: readonly BackupResult[] }) {
  return (
    <Section title={say('backup.last-results')}>
      {results.length === 0 ? (
        <Empty>{say('backup.none')}</Empty>
      ) : (
        <Table
          label={say('backup.last-results')}
          rows={results.toReversed()}
          rowKey={({ at }) => at}
          columns={[
            { title: say('faxes.time'), cell: ({ at }) => time(at) },
            {
              title: say('backup.what'),
              cell: ({ what }) => say(what === 'config' ? 'backup.what-config' : 'backup.what-all'),
            },
            {
              title: say('backup.to'),
              cell: ({ to }) => (to === 'usb' || to === 'sftp' || to === 's3' ? say(`backup.${to}`) : to),
            },
            { title: say('mail.size'), cell: ({ sizeBytes }) => bytes(sizeBytes), right: true },
            { title: say('faxes.took'), cell: ({ durationSeconds }) => seconds(durationSeconds), right: true },
            {
              title: say('faxes.result'),
              cell: ({ error }) => <span class={error ? 'wrong' : 'well'}>{error || say('result.done')}</span>,
            },
          ]}
        />
      )}
    </Section>
  );
}
