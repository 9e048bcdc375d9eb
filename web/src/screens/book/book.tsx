import { useState } from 'preact/hooks';
import type { BookEntryView } from '../../../../src/admin/views/desk-views.ts';
import { ask, change, download, upload } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Empty, Good, Hint, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { useMay, useSession } from '../../session.ts';
import { say } from '../../words.ts';
import { EditEntry } from './edit-entry.tsx';

const most = 500;

/** Fax numbers and mail addresses of the office and the own ones, in groups. */
export function Book() {
  const { account = '' } = useSession();
  const operates = useMay('operator');
  const [search, setSearch] = useState('');
  const [group, setGroup] = useState('');
  const [editing, setEditing] = useState<BookEntryView | 'new'>();
  const book = useAsked(
    () => ask('bookList', { account, search, group, limit: most }),
    ['book.'],
    JSON.stringify([search, group]),
  );
  const mayChange = ({ owner }: BookEntryView): boolean => (owner === '' ? operates : owner === account);
  const groups = book.value?.groups ?? [];
  const isSearch = search !== '' || group !== '';
  return (
    <Page
      title={say('book.title')}
      actions={
        <button type="button" class="first" onClick={() => setEditing('new')}>
          {say('book.add')}
        </button>
      }
    >
      {book.error && <Trouble again={book.again}>{book.error}</Trouble>}
      <search class="fax-search">
        <label class="field wide">
          <span>{say('search')}</span>
          <input type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        </label>
        {groups.length > 0 && (
          <label class="field">
            <span>{say('book.group')}</span>
            <select value={group} onChange={(event) => setGroup(event.currentTarget.value)}>
              <option value="">{say('book.all-groups')}</option>
              {groups.map(({ name, entries }) => (
                <option key={name} value={name}>
                  {name} ({entries})
                </option>
              ))}
            </select>
          </label>
        )}
      </search>
      {book.value?.entries.length === 0 && <Empty>{say(isSearch ? 'book.none-found' : 'book.none')}</Empty>}
      {book.value && book.value.entries.length > 0 && (
        <Table
          label={say('book.title')}
          rows={book.value.entries}
          rowKey={({ id }) => id}
          columns={[
            { title: say('book.name'), cell: ({ name, company }) => [name, company].filter(Boolean).join(', ') },
            {
              title: say('book.fax'),
              cell: ({ fax }) => fax && <a href={`/send?to=${encodeURIComponent(fax)}`}>{fax}</a>,
            },
            { title: say('book.mail'), cell: ({ mail }) => mail },
            { title: say('book.groups'), cell: ({ groups: own }) => own.join(', ') },
            { title: say('book.owner'), cell: ({ owner }) => say(owner === '' ? 'book.office' : 'book.own') },
            {
              title: say('actions'),
              cell: (entry) =>
                mayChange(entry) && (
                  <div class="actions">
                    <button type="button" onClick={() => setEditing(entry)}>
                      {say('book.change')}
                    </button>
                    <ActButton
                      danger
                      question={say('book.remove-question', { who: entry.name || entry.company })}
                      work={() => change('bookRemove', { account: entry.owner, ids: [entry.id] })}
                      done={book.again}
                    >
                      {say('remove')}
                    </ActButton>
                  </div>
                ),
            },
          ]}
        />
      )}
      {book.value && book.value.entries.length >= most && <Hint>{say('book.too-many', { count: most })}</Hint>}
      <Exchange account={account} operates={operates} done={book.again} />
      {editing && (
        <EditEntry
          entry={editing === 'new' ? undefined : editing}
          groups={groups.map(({ name }) => name)}
          account={account}
          operates={operates}
          close={() => setEditing(undefined)}
          done={book.again}
        />
      )}
    </Page>
  );
}

/** Files of other programs. */
function Exchange(props: { readonly account: string; readonly operates: boolean; readonly done: () => void }) {
  const { account, operates, done } = props;
  const [office, setOffice] = useState(operates);
  const [told, setTold] = useState('');
  const [problems, setProblems] = useState<readonly { readonly line: number; readonly problem: string }[]>([]);
  const act = useAct();
  const whose = office ? '' : account;
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setTold('');
    await act.start(async () => {
      const { added, problems: found } = await upload('bookImport', { account: whose }, file);
      setTold(say('book.imported', { count: added }));
      setProblems(found);
    });
    done();
  };
  return (
    <Section title={say('book.exchange')}>
      <div class="card">
        {operates && account !== '' && (
          <label class="field">
            <span>{say('book.whose')}</span>
            <select
              value={office ? 'office' : 'own'}
              onChange={(event) => setOffice(event.currentTarget.value === 'office')}
            >
              <option value="office">{say('book.office')}</option>
              <option value="own">{say('book.own')}</option>
            </select>
          </label>
        )}
        <label class="field">
          <span>{say('book.import')}</span>
          <input
            type="file"
            accept=".csv,.vcf,.vcard,text/csv,text/vcard"
            disabled={act.busy}
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </label>
        <Hint>{say('book.import-help')}</Hint>
        {act.error && <Trouble>{act.error}</Trouble>}
        {told && <Good>{told}</Good>}
        {problems.length > 0 && (
          <ul>
            {problems.slice(0, 20).map(({ line, problem }) => (
              <li key={line}>{say('book.import-problem', { line, problem })}</li>
            ))}
          </ul>
        )}
        <div class="actions">
          <button type="button" onClick={() => download('bookExport', { account: whose, format: 'csv' })}>
            {say('book.export-csv')}
          </button>
          <button type="button" onClick={() => download('bookExport', { account: whose, format: 'vcard' })}>
            {say('book.export-vcard')}
          </button>
        </div>
      </div>
    </Section>
  );
}
