import { useState } from 'preact/hooks';
import type { ImportedUser } from '../../../src/admin/views/account-views.ts';
import { change } from '../api.ts';
import { say } from '../words.ts';
import { useAct } from './act.tsx';
import { Good, Hint, Trouble } from './notes.tsx';
import { Table } from './table.tsx';

/** People from a list that is pasted or read from a file: first shown, then added. Passwords that were made are shown once. */
export function PeopleList({ done }: { readonly done: () => void }) {
  const [text, setText] = useState('');
  const [shown, setShown] = useState<readonly ImportedUser[]>();
  const act = useAct();
  const ask = (dryRun: boolean): Promise<boolean> =>
    act.start(async () => setShown(await change('userImport', { text, dryRun })));
  const add = async (): Promise<void> => {
    if (await ask(false)) done();
  };
  const added = shown?.filter((one) => one.added) ?? [];
  const ready = shown?.filter(({ problem }) => problem === '') ?? [];
  return (
    <div class="people-list">
      <label class="field">
        <span>{say('people.list')}</span>
        <textarea
          rows={6}
          value={text}
          placeholder={say('people.list-example')}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setShown(undefined);
          }}
        />
      </label>
      <Hint>{say('people.list-help')}</Hint>
      <label class="field">
        <span>{say('people.list-file')}</span>
        <input
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          onChange={async (event) => {
            const file = event.currentTarget.files?.[0];
            if (file) setText(await file.text());
            setShown(undefined);
          }}
        />
      </label>
      {act.error && <Trouble>{act.error}</Trouble>}
      {shown && (
        <Table
          label={say('people.list')}
          rows={shown}
          rowKey={({ line }) => String(line)}
          columns={[
            { title: say('people.list-line'), cell: ({ line }) => line, right: true },
            { title: say('people.address'), cell: ({ address }) => address },
            { title: say('people.name'), cell: ({ fullName }) => fullName },
            {
              title: say('faxes.result'),
              cell: ({ problem, added: isAdded }) => (
                <span class={problem ? 'wrong' : 'well'}>
                  {problem || say(isAdded ? 'people.list-added' : 'people.list-ready')}
                </span>
              ),
            },
            ...(added.length > 0
              ? [{ title: say('login.password'), cell: ({ password }: ImportedUser) => <code>{password}</code> }]
              : []),
          ]}
        />
      )}
      {added.length > 0 && <Good>{say('people.list-done', { count: added.length })}</Good>}
      <div class="actions">
        <button type="button" disabled={text.trim() === '' || act.busy} onClick={() => void ask(true)}>
          {say('people.list-look')}
        </button>
        {added.length === 0 && ready.length > 0 && (
          <button type="button" class="first" disabled={act.busy} onClick={() => void add()}>
            {say('people.list-add', { count: ready.length })}
          </button>
        )}
      </div>
    </div>
  );
}
