import { useEffect, useState } from 'preact/hooks';
import type { MailOutTrialView } from '../../../src/admin/views/mail-out-views.ts';
import { change } from '../api.ts';
import { say } from '../words.ts';
import { useAct } from './act.tsx';
import { Good, Hint, Trouble } from './notes.tsx';
import { TextField } from './text-field.tsx';

/** What is tried, as it was typed. */
export type MailOutTyped = Omit<Parameters<typeof change<'mailOutTest'>>[1], 'to'>;

const signs = { done: '✓', note: '!', failed: '✗' } as const;
const tones = { done: 'well', note: 'busy', failed: 'wrong' } as const;

/** Tries how mail would leave, and tells each step. An answer counts for what was typed then. */
export function MailOutTest({ wish }: { readonly wish: MailOutTyped }) {
  const [to, setTo] = useState('');
  const [trial, setTrial] = useState<MailOutTrialView>();
  const act = useAct();
  const asked = JSON.stringify([wish, to]);
  // What is told must be of what stands in the fields.
  useEffect(() => setTrial(undefined), [asked]);
  const isReady = wish.way === 'direct' ? to.trim() !== '' : wish.way === 'settings' || wish.host.trim() !== '';
  const start = (): Promise<boolean> =>
    act.start(async () => {
      setTrial(undefined);
      setTrial(await change('mailOutTest', { ...wish, to: to.trim() }));
    });
  return (
    <fieldset>
      <legend>{say('mail-out.test')}</legend>
      <TextField label={say('mail-out.to')} type="email" value={to} set={setTo} />
      <Hint>{say(wish.way === 'direct' ? 'mail-out.to-direct-help' : 'mail-out.to-help')}</Hint>
      <button type="button" disabled={act.busy || !isReady} onClick={() => void start()}>
        {act.busy ? say('mail-out.trying') : say('mail-out.try')}
      </button>
      {act.error && <Trouble>{act.error}</Trouble>}
      {trial && <Trial trial={trial} />}
    </fieldset>
  );
}

function Trial({ trial: { works, steps, advice } }: { readonly trial: MailOutTrialView }) {
  return (
    <>
      <ul class="plain checks">
        {steps.map(({ step, state, text }) => (
          <li key={step}>
            <span class={tones[state]} aria-hidden="true">
              {signs[state]}
            </span>
            <span class="hidden">{say(`mail-out.state.${state}`)}: </span>
            {text}
          </li>
        ))}
      </ul>
      {works ? <Good>{say('mail-out.works')}</Good> : <Trouble>{advice || say('mail-out.fails')}</Trouble>}
    </>
  );
}
