import { useState } from 'preact/hooks';
import { change } from '../../api.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Good, Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';

/** The password of the administrator, and SSH. */
export function Access() {
  const [password, setPassword] = useState('');
  const act = useAct();
  const [told, setTold] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('systemPassword', { password })))) return;
    setPassword('');
    setTold(say('access.password-set'));
  };
  return (
    <Section title={say('access.title')} actions={<a href="/settings/access">{say('access.settings')}</a>}>
      <form class="card inline" onSubmit={(event) => void submit(event)}>
        <TextField
          label={say('access.password')}
          type="password"
          autocomplete="new-password"
          required
          value={password}
          set={setPassword}
        />
        <button type="submit" disabled={act.busy}>
          {say('people.set-password')}
        </button>
        {act.error && <Trouble>{act.error}</Trouble>}
        {told && <Good>{told}</Good>}
      </form>
      <div class="actions">
        <ActButton work={() => change('systemSsh', { on: true })} question={say('access.ssh-question')}>
          {say('access.ssh-on')}
        </ActButton>
        <ActButton work={() => change('systemSsh', { on: false })}>{say('access.ssh-off')}</ActButton>
      </div>
    </Section>
  );
}
