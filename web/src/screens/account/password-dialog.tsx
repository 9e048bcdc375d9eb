import { useState } from 'preact/hooks';
import { useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';

/** Asks for the password once more before something that opens or shuts a door; with a name where that needs one. */
export function PasswordDialog(props: {
  readonly title: string;
  readonly close: () => void;
  /** Label of a name that is asked for as well. */
  readonly name?: string;
  readonly work: (password: string, name: string) => Promise<void>;
}) {
  const [password, setPassword] = useState('');
  const [name, setName] = useState('');
  const act = useAct();
  return (
    <Dialog title={props.title} close={props.close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act.start(() => props.work(password, name)).then((right) => right && props.close());
        }}
      >
        {props.name && <TextField label={props.name} required value={name} set={setName} />}
        <TextField
          label={say('account.your-password')}
          type="password"
          autocomplete="current-password"
          required
          value={password}
          set={setPassword}
        />
        <Hint>{say('account.your-password-why')}</Hint>
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={props.close} off={act.busy}>
          {say('account.go-on')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}
