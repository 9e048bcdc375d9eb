import { useMemo, useState } from 'preact/hooks';
import { ask } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { Hint } from '../../parts/notes.tsx';
import { currentLanguage, say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** Where the box stands: times on faxes, in mail and of schedules. */
export function TimeStep(step: StepProps) {
  const clock = useAsked(() => ask('systemTime', {}), ['clock.', 'config.']);
  const [chosen, setZone] = useState<string>();
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone')], []);
  const kept = clock.value?.zone ?? '';
  // The browser most likely stands in the same office.
  const likely = step.state === 'done' ? kept : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = chosen ?? (kept === '' ? '' : likely);
  const set = (): Promise<void> => applyNow([{ path: 'system.time.zone', value: zone }]);
  return (
    <StepForm step={step} work={set} disabled={zone === ''}>
      <label class="field">
        <span>{say('setup.time.zone')}</span>
        <select value={zone} onChange={(event) => setZone(event.currentTarget.value)}>
          {zones.includes(zone) ? null : <option value={zone}>{zone}</option>}
          {zones.map((one) => (
            <option key={one} value={one}>
              {one.replaceAll('_', ' ')}
            </option>
          ))}
        </select>
      </label>
      {clock.value && zone !== '' && <Hint>{say('setup.time.there', { time: clockAt(clock.value.now, zone) })}</Hint>}
      {clock.value?.problem && <Hint>{clock.value.problem}</Hint>}
    </StepForm>
  );
}

function clockAt(iso: string, timeZone: string): string {
  return new Date(iso).toLocaleString(currentLanguage(), { dateStyle: 'full', timeStyle: 'short', timeZone });
}
