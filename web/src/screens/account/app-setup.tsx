import { useMemo, useState } from 'preact/hooks';
import qrcode from 'qrcode-generator';
import { change } from '../../api.ts';
import { useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Trouble } from '../../parts/notes.tsx';
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
        <QrCode text={begun.uri} />
        <p>
          {say('factor.or-type')} <code class="key">{begun.secret.replaceAll(/(.{4})(?!$)/g, '$1 ')}</code>
        </p>
        <TextField label={say('factor.code')} autocomplete="one-time-code" required value={code} set={setCode} />
        {act.error && <Trouble>{act.error}</Trouble>}
        <div class="actions">
          <button type="button" onClick={close}>
            {say('cancel')}
          </button>
          <button type="submit" class="first" disabled={act.busy}>
            {say('factor.confirm')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Drawn as one path: no style of its own, dark on light in every colour scheme, with the four modules of quiet around. */
function QrCode({ text }: { readonly text: string }) {
  const { size, path } = useMemo(() => {
    const code = qrcode(0, 'M');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    const squares = Array.from({ length: count * count }, (_, n) => [Math.floor(n / count), n % count] as const);
    const dark = squares.filter(([row, column]) => code.isDark(row, column));
    return { size: count + 8, path: dark.map(([row, column]) => `M${column + 4} ${row + 4}h1v1h-1z`).join('') };
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={say('factor.qr')}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
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
