import { useState } from 'preact/hooks';
import { ask, change } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { DialPlace, firstPlace, type Place } from '../../parts/dial-place.tsx';
import { LineTest } from '../../parts/line-test.tsx';
import { ModemFinder, type ModemPlace } from '../../parts/modem-finder.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

const firstLine = 'fax1';

/** The modem, the own number, and how numbers are dialled from here. */
export function LineStep(step: StepProps) {
  const lines = useAsked(() => ask('faxLines', {}), ['config.']);
  const plan = useAsked(() => ask('dialPlan', {}));
  const [modem, setModem] = useState<ModemPlace>({ port: '', baud: 0 });
  const [typedNumber, setNumber] = useState<string>();
  const [typedPlace, setPlace] = useState<Place>();
  if (!lines.value || !plan.value) {
    const error = lines.error || plan.error;
    return error ? <Trouble again={lines.error ? lines.again : plan.again}>{error}</Trouble> : null;
  }
  const [line] = lines.value;
  const number = typedNumber ?? line?.number ?? '';
  const place = typedPlace ?? firstPlace(plan.value);
  const keep = async (): Promise<void> => {
    // First what can be refused without harm.
    const made = place.country === '' ? undefined : await ask('dialPlanMake', place);
    if (line) await change('lineSet', { line: line.id, number: number.trim() });
    else
      await change('lineSet', {
        line: firstLine,
        port: modem.port,
        number: number.trim(),
        ...(modem.port.startsWith('serial:') && modem.baud > 0 && { baud: modem.baud }),
      });
    if (made) await applyNow([{ path: 'fax.dialPlan', value: made.plan }]);
  };
  return (
    <StepForm step={step} work={keep} disabled={!line && modem.port === ''}>
      {line ? <Hint>{say('setup.line.there', { line: line.id })}</Hint> : <ModemFinder chosen={modem} set={setModem} />}
      <LineTest {...(line ? { line: line.id } : { port: modem.port })} />
      <TextField label={say('lines.number')} value={number} set={setNumber} />
      <Hint>{say('lines.number-help')}</Hint>
      <DialPlace place={place} set={setPlace} countries={plan.value.countries} />
    </StepForm>
  );
}
