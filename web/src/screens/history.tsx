import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton } from '../parts/act.tsx';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Table } from '../parts/table.tsx';
import { say, time } from '../words.ts';

/** Former settings, and the way back to them. */
export function History() {
  const former = useAsked(() => ask('configHistory', {}), ['config.changed']);
  if (!former.value) return former.error ? <Trouble again={former.again}>{former.error}</Trouble> : null;
  if (former.value.length === 0) return <Empty>{say('history.none')}</Empty>;
  return (
    <Table
      label={say('settings.history')}
      rows={former.value}
      rowKey={({ version }) => String(version)}
      columns={[
        { title: say('history.version'), cell: ({ version }) => version },
        { title: say('history.until'), cell: ({ until }) => time(until) },
        { title: say('history.differs'), cell: ({ changes }) => changes.join(', ') || say('nothing') },
        {
          title: say('actions'),
          cell: ({ version }) => (
            <ActButton question={say('history.question', { version })} work={() => change('configUndo', { version })}>
              {say('history.back')}
            </ActButton>
          ),
        },
      ]}
    />
  );
}
