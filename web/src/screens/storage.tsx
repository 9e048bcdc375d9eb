import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Table } from '../parts/table.tsx';
import { bytes, number, say } from '../words.ts';

/** What takes room on the disk, and how full the mailboxes are. */
export function Storage() {
  const space = useAsked(() => ask('spaceUse', {}), ['account.', 'config.', 'backup.']);
  const { value } = space;
  if (!value)
    return (
      <Page title={say('storage.title')}>{space.error && <Trouble again={space.again}>{space.error}</Trouble>}</Page>
    );
  const mail = value.mailboxes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const parts = [
    ['storage.mail', mail],
    ['storage.faxes', value.faxes],
    ['storage.queue', value.queue],
    ['storage.log', value.log],
    ['storage.backups', value.backups],
  ] as const;
  return (
    <Page title={say('storage.title')} actions={<a href="/settings/mailboxes">{say('storage.settings')}</a>}>
      <Section title={say('storage.disk')}>
        <div class="card">
          <p>{say('system.free-of', { free: bytes(value.free), total: bytes(value.total) })}</p>
          <meter
            aria-label={say('storage.disk')}
            min={0}
            max={value.total}
            low={value.total * 0.8}
            high={value.total * 0.95}
            optimum={0}
            value={value.total - value.free}
          />
          <dl class="facts">
            {parts.flatMap(([word, size]) => [
              <dt key={`${word}-name`}>{say(word)}</dt>,
              <dd key={word}>{bytes(size)}</dd>,
            ])}
          </dl>
        </div>
      </Section>
      <Section title={say('storage.mailboxes')}>
        {value.mailboxes.length === 0 ? (
          <Empty>{say('people.none')}</Empty>
        ) : (
          <Table
            label={say('storage.mailboxes')}
            rows={value.mailboxes.toSorted((one, other) => other.sizeBytes - one.sizeBytes)}
            rowKey={({ address }) => address}
            columns={[
              { title: say('people.address'), cell: ({ address }) => address },
              { title: say('storage.messages'), cell: ({ messages }) => number(messages), right: true },
              { title: say('mail.size'), cell: ({ sizeBytes }) => bytes(sizeBytes), right: true },
              {
                title: say('storage.quota'),
                cell: ({ address, sizeBytes, quotaBytes }) =>
                  quotaBytes === 0 ? (
                    say('storage.unlimited')
                  ) : (
                    <>
                      <meter
                        aria-label={say('storage.full', { address })}
                        min={0}
                        max={quotaBytes}
                        low={quotaBytes * 0.9}
                        high={quotaBytes * 0.99}
                        optimum={0}
                        value={Math.min(sizeBytes, quotaBytes)}
                      />{' '}
                      {bytes(quotaBytes)}
                    </>
                  ),
                right: true,
              },
            ]}
          />
        )}
      </Section>
    </Page>
  );
}
