import { useState } from 'preact/hooks';
import { ask } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** Who gets the faxes that come in. */
export function FaxesStep(step: StepProps) {
  const people = useAsked(() => ask('userList', {}), ['account.']);
  const kept = useAsked(() => ask('configGet', { path: 'fax.deliverTo' }), ['config.']);
  const [ticked, setTicked] = useState<readonly string[]>();
  const chosen = ticked ?? (kept.value as readonly string[] | undefined) ?? [];
  const toggle = (address: string): void =>
    setTicked(chosen.includes(address) ? chosen.filter((one) => one !== address) : [...chosen, address]);
  const set = (): Promise<void> => applyNow([{ path: 'fax.deliverTo', value: chosen }]);
  return (
    <StepForm step={step} work={set}>
      {people.error && <Trouble again={people.again}>{people.error}</Trouble>}
      {people.value?.length === 0 && <Empty>{say('setup.faxes.nobody')}</Empty>}
      <fieldset class="choices">
        <legend class="hidden">{say('setup.faxes')}</legend>
        {people.value?.map(({ address, fullName }) => (
          <label class="switch" key={address}>
            <input type="checkbox" checked={chosen.includes(address)} onChange={() => toggle(address)} />
            <span>
              {fullName || address} {fullName && <span class="quiet">{address}</span>}
            </span>
          </label>
        ))}
      </fieldset>
    </StepForm>
  );
}
