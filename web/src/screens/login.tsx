import { useState } from 'preact/hooks';
import { logIn, logInCode, logInPasskey, Refused, type SecondStep, type Session } from '../api.ts';
import { type Act, useAct } from '../parts/act.tsx';
import { Hint, Trouble } from '../parts/notes.tsx';
import { TextField } from '../parts/text-field.tsx';
import { say } from '../words.ts';

/** Passkeys need a name and a safe connection; where the browser has none of it, they are not offered. */
const hasPasskeys = window.isSecureContext && 'PublicKeyCredential' in window;

/** What the browser says of a passkey that was not used is nothing for people; what the box says is. */
async function withPasskey(asked?: SecondStep): Promise<void> {
  await logInPasskey(asked).catch((error: Error) => {
    throw error instanceof Refused ? error : new Error(say('login.no-passkey'));
  });
}

/** The door: name and password, then the second factor; or a passkey alone. */
export function Login({ session, done }: { readonly session: Session; readonly done: () => void }) {
  const [second, setSecond] = useState<SecondStep>();
  return (
    <main class="door">
      <h1>{session.name}</h1>
      {second ? (
        <Second asked={second} back={() => setSecond(undefined)} done={done} />
      ) : (
        <First more={setSecond} done={done} />
      )}
    </main>
  );
}

function First(props: { readonly more: (asked: SecondStep) => void; readonly done: () => void }) {
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const act = useAct();
  const submit = async (): Promise<void> => {
    const answer = await logIn(account, password);
    if ('second' in answer) props.more(answer.second);
    else props.done();
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void act.start(submit);
      }}
    >
      <label class="field">
        <span>{say('login.name')}</span>
        <input
          name="account"
          autocomplete="username webauthn"
          autocapitalize="off"
          placeholder="administrator"
          value={account}
          onInput={(event) => setAccount(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{say('login.password')}</span>
        <input
          name="password"
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      {act.error && <Trouble>{act.error}</Trouble>}
      <div class="actions">
        <button type="submit" class="first" disabled={act.busy}>
          {say('log-in')}
        </button>
        {hasPasskeys && <PasskeyButton act={act} done={props.done} />}
      </div>
      <Hint>{say('login.hint')}</Hint>
    </form>
  );
}

function Second(props: { readonly asked: SecondStep; readonly back: () => void; readonly done: () => void }) {
  const { asked, back, done } = props;
  const [code, setCode] = useState('');
  const act = useAct();
  const submit = async (): Promise<void> => {
    await logInCode(asked.ticket, code).catch((error: Error) => {
      setCode('');
      throw error;
    });
    done();
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void act.start(submit);
      }}
    >
      <h2>{say('login.second')}</h2>
      <TextField label={say('login.code')} autocomplete="one-time-code" required value={code} set={setCode} />
      <Hint>{say('login.code-help')}</Hint>
      {act.error && <Trouble>{act.error}</Trouble>}
      <div class="actions">
        <button type="button" onClick={back}>
          {say('login.back')}
        </button>
        {hasPasskeys && asked.passkey && <PasskeyButton act={act} asked={asked} done={done} />}
        <button type="submit" class="first" disabled={act.busy}>
          {say('log-in')}
        </button>
      </div>
    </form>
  );
}

function PasskeyButton(props: { readonly act: Act; readonly asked?: SecondStep; readonly done: () => void }) {
  const { act, asked, done } = props;
  return (
    <button
      type="button"
      disabled={act.busy}
      onClick={() => void act.start(() => withPasskey(asked)).then((right) => right && done())}
    >
      {say(asked ? 'login.passkey-second' : 'login.passkey')}
    </button>
  );
}
