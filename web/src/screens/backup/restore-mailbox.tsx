import { useState } from 'preact/hooks';
import { ask, upload } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { Good, Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import type { Chosen } from './restore.tsx';

/** The missing messages of one person out of a backup, while everything runs. */
export function RestoreMailbox({ chosen }: { readonly chosen: Chosen }) {
  const people = useAsked(() => ask('userList', {}), ['account.']);
  const [address, setAddress] = useState('');
  const [folder, setFolder] = useState('');
  const [inPlace, setInPlace] = useState(true);
  const [told, setTold] = useState('');
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTold('');
    await act.start(async () => {
      const input = { ...chosen.from, address, folder, inPlace };
      const { restored, present, folders } = await upload('backupRestoreMailbox', input, chosen.content);
      setTold(say('backup.mailbox-done', { restored, present, folders: folders.join(', ') || say('nothing') }));
    });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h3>{say('backup.mailbox')}</h3>
      <Hint>{say('backup.mailbox-help')}</Hint>
      <label class="field">
        <span>{say('people.address')}</span>
        <select required value={address} onChange={(event) => setAddress(event.currentTarget.value)}>
          <option value="">{say('backup.whose')}</option>
          {people.value?.map((one) => (
            <option key={one.address} value={one.address}>
              {one.address}
            </option>
          ))}
        </select>
      </label>
      <TextField label={say('backup.folder')} value={folder} set={setFolder} />
      <label class="switch">
        <input type="checkbox" checked={inPlace} onChange={(event) => setInPlace(event.currentTarget.checked)} />
        <span>{say('backup.in-place')}</span>
      </label>
      {act.error && <Trouble>{act.error}</Trouble>}
      {told && <Good>{told}</Good>}
      <div class="actions">
        <button type="submit" disabled={act.busy}>
          {say('backup.mailbox-restore')}
        </button>
      </div>
    </form>
  );
}
