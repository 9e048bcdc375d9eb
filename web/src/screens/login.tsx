import { useState } from 'preact/hooks';
import { logIn, type Session } from '../api.ts';
import { useAct } from '../parts/act.tsx';
import { Hint, Trouble } from '../parts/notes.tsx';
import { say } from '../words.ts';

/** The door: name and password. */
export function Login({ session, done }: { readonly session: Session; readonly done: () => void }) {
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const act = useAct();
  return (
    <main class="door">
      <h1>{session.name}</h1>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void act.start(() => logIn(account, password)).then((right) => right && done());
        }}
      >
        <label class="field">
          <span>{say('login.name')}</span>
          <input
            name="account"
            autocomplete="username"
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
        </div>
        <Hint>{say('login.hint')}</Hint>
      </form>
    </main>
  );
}
