import { useState } from 'preact/hooks';
import { change, logIn, Refused } from '../../api.ts';
import { Hint } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { useSession } from '../../session.ts';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** The administrator's own password in place of the one that the box shows. */
export function PasswordStep(step: StepProps) {
  const session = useSession();
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const set = async (): Promise<void> => {
    if (step.state === 'done' && password === '') return;
    if (password !== repeated) throw new Refused(422, say('setup.password.differ'));
    await change('systemPassword', { password });
    // Every login with the former password has ended, this one too.
    if (session.guarded) {
      await logIn('', password);
      session.again();
    }
  };
  return (
    <StepForm step={step} work={set}>
      {step.state === 'done' && <Hint>{say('setup.password.set')}</Hint>}
      <TextField
        label={say('people.new-password')}
        type="password"
        autocomplete="new-password"
        required={step.state !== 'done'}
        value={password}
        set={setPassword}
      />
      <TextField
        label={say('setup.password.again')}
        type="password"
        autocomplete="new-password"
        required={password !== ''}
        value={repeated}
        set={setRepeated}
      />
    </StepForm>
  );
}
