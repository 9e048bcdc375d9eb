import { useId, useState } from 'preact/hooks';
import type { BookEntryView } from '../../../../src/admin/views/desk-views.ts';
import { change } from '../../api.ts';
import { useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';

const blank = { name: '', company: '', fax: '', mail: '', note: '', groups: '' };

/** One entry of the address book, new or changed. */
export function EditEntry(props: {
  readonly entry: BookEntryView | undefined;
  /** Names of groups that there are. */
  readonly groups: readonly string[];
  readonly account: string;
  readonly operates: boolean;
  readonly close: () => void;
  readonly done: () => void;
}) {
  const { entry, account, operates, close, done } = props;
  const [fields, setFields] = useState(entry ? { ...entry, groups: entry.groups.join(', ') } : blank);
  const [owner, setOwner] = useState(entry?.owner ?? (operates ? '' : account));
  const act = useAct();
  const listId = useId();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { name, company, fax, mail, note } = fields;
    const groups = fields.groups.split(/[,;]/).flatMap((one) => one.trim() || []);
    const contact = { name, company, fax, mail, note, groups };
    if (!(await act.start(() => change('bookSave', { account: owner, id: entry?.id ?? '', contact })))) return;
    done();
    close();
  };
  const field = (key: 'name' | 'company' | 'fax' | 'mail' | 'note') => (
    <TextField label={say(`book.${key}`)} value={fields[key]} set={(value) => setFields({ ...fields, [key]: value })} />
  );
  return (
    <Dialog title={say(entry ? 'book.change-entry' : 'book.add')} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        {field('name')}
        {field('company')}
        {field('fax')}
        {field('mail')}
        <label class="field">
          <span>{say('book.groups')}</span>
          <input
            type="text"
            list={listId}
            value={fields.groups}
            onInput={(event) => setFields({ ...fields, groups: event.currentTarget.value })}
          />
        </label>
        <datalist id={listId}>
          {props.groups.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Hint>{say('book.groups-help')}</Hint>
        {field('note')}
        {!entry && operates && account !== '' && (
          <label class="field">
            <span>{say('book.whose')}</span>
            <select value={owner} onChange={(event) => setOwner(event.currentTarget.value)}>
              <option value="">{say('book.office')}</option>
              <option value={account}>{say('book.own')}</option>
            </select>
          </label>
        )}
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say('book.save')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}
