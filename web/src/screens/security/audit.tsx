import { useState } from 'preact/hooks';
import type { AuditEntryView } from '../../../../src/admin/views/access-views.ts';
import { ask, download } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { Empty, Good, Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { number, say, sayOr, time, type Word } from '../../words.ts';

const page = 100;

/** Who did what, newest first; searched, checked, and saved for a spreadsheet. */
export function Audit() {
  const [text, setText] = useState('');
  const [limit, setLimit] = useState(page);
  const [checked, setChecked] = useState<{ readonly entries: number; readonly problem: string }>();
  const act = useAct();
  const log = useAsked(
    () => ask('auditLog', { text, before: 0, limit }),
    ['panel.', 'config.changed', 'account.', 'login.refused'],
    `${text} ${limit}`,
  );
  const check = async (): Promise<void> => setChecked(await ask('auditCheck', {}));
  const { value = [] } = log;
  return (
    <Section
      title={say('audit.title')}
      actions={
        <>
          <label>
            <span class="hidden">{say('search')}</span>
            <input
              type="search"
              placeholder={say('search')}
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value);
                setLimit(page);
              }}
            />
          </label>
          <button type="button" disabled={act.busy} onClick={() => void act.start(check)}>
            {say('audit.check')}
          </button>
          <button type="button" onClick={() => download('auditExport', { text })}>
            {say('audit.export')}
          </button>
        </>
      }
    >
      {(act.error || log.error) && <Trouble again={log.again}>{act.error || log.error}</Trouble>}
      {checked && checked.problem !== '' && <Trouble>{say('audit.tampered', { problem: checked.problem })}</Trouble>}
      {checked?.problem === '' && <Good>{say('audit.whole', { count: number(checked.entries) })}</Good>}
      {log.value && value.length === 0 && <Empty>{say('audit.none')}</Empty>}
      {value.length > 0 && (
        <Table
          label={say('audit.title')}
          rows={value}
          rowKey={({ n }) => String(n)}
          columns={[
            { title: say('audit.time'), cell: ({ at }) => time(at) },
            { title: say('audit.who'), cell: whoOf },
            { title: say('audit.from'), cell: ({ remote }) => remote },
            {
              title: say('audit.what'),
              cell: ({ action, subject }) => [wordsOf(action), subject].filter(Boolean).join(': '),
            },
            {
              title: say('audit.about'),
              cell: ({ details, failed }) => (
                <>
                  {details.map((one) => (
                    <div key={one}>{one}</div>
                  ))}
                  {failed && <div class="bad">{say('audit.not-done', { reason: failed })}</div>}
                </>
              ),
            },
          ]}
        />
      )}
      {value.length === limit && limit < 500 && (
        <button type="button" onClick={() => setLimit(Math.min(limit + page, 500))}>
          {say('more')}
        </button>
      )}
    </Section>
  );
}

function whoOf({ account, via }: AuditEntryView): string {
  const face = say(`audit.via-${via.replaceAll(' ', '-')}` as Word);
  if (account === 'administrator') return say('administrator');
  return account || face;
}

/** `userRemove` as words: User remove. A translation may name it better. */
function wordsOf(action: string): string {
  const words = action.replaceAll(/([a-z])([A-Z])/g, (_whole, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return sayOr(`audit.action.${action}`, words.charAt(0).toUpperCase() + words.slice(1));
}
