import { useState } from 'preact/hooks';
import { change } from '../../api.ts';
import { useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { QrCode } from '../../parts/qr-code.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';

export interface Begun {
  readonly secret: string;
  readonly uri: string;
}

/** The key as a picture and as text, and the code that shows that the app has it. */
export function AppSetup(props: {
  readonly begun: Begun;
  readonly close: () => void;
  readonly done: (recoveryCodes: readonly string[]) => void;
}) {
  const { begun, close, done } = props;
  const [code, setCode] = useState('');
  const act = useAct();
  const submit = async (): Promise<void> =>
    done((await change('secondFactorConfirm', { account: '', code })).recoveryCodes);
  return (
    <Dialog title={say('factor.codes')} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act.start(submit);
        }}
      >
        <p>{say('factor.scan')}</p>
        <QrCode text={begun.uri} label={say('factor.qr')} />
        <p>
          {say('factor.or-type')} <code class="key">{begun.secret.replaceAll(/(.{4})(?!$)/g, '$1 ')}</code>
        </p>
        <TextField label={say('factor.code')} autocomplete="one-time-code" required value={code} set={setCode} />
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say('factor.confirm')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}

export function RecoveryCodes({ codes, close }: { readonly codes: readonly string[]; readonly close: () => void }) {
  return (
    <Dialog title={say('factor.recovery')} close={close}>
      <p>{say('factor.recovery-keep')}</p>
      <ul class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class="actions">
        {window.isSecureContext && (
          <button type="button" onClick={() => void navigator.clipboard.writeText(codes.join('\n'))}>
            {say('factor.copy')}
          </button>
        )}
        <button type="button" class="first" onClick={close}>
          {say('factor.recovery-kept')}
        </button>
      </div>
    </Dialog>
  );
}
