import { useState } from 'preact/hooks';
import type { UserView } from '../../../src/admin/admin-api.ts';
import { change, Refused } from '../api.ts';
import { say } from '../words.ts';
import { ActButton, useAct } from './act.tsx';
import { Dialog } from './dialog.tsx';
import { DialogButtons } from './dialog-buttons.tsx';
import { ForwardFields, isSameForward, tidyForward } from './forward-fields.tsx';
import { Hint, Trouble } from './notes.tsx';
import { TextField } from './text-field.tsx';

const gigabyte = 2 ** 30;

/** Name, rights and quota of a person. */
export function ChangePerson(props: {
  readonly person: UserView;
  readonly close: () => void;
  readonly done: () => void;
}) {
  const { person, close, done } = props;
  const [fullName, setFullName] = useState(person.fullName);
  const [fax, setFax] = useState(person.fax);
  const [disabled, setDisabled] = useState(person.disabled);
  const [kind, setKind] = useState<'settings' | 'none' | 'own'>(
    person.quotaBytes === null ? 'settings' : person.quotaBytes === 0 ? 'none' : 'own',
  );
  const [size, setSize] = useState(person.quotaBytes ? String(person.quotaBytes / gigabyte) : '5');
  const [forward, setForward] = useState(person.forward);
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const right = await act.start(async () => {
      const own = Number(size.replace(',', '.'));
      if (kind === 'own' && !(own > 0)) throw new Refused(422, say('people.quota-wrong'));
      const quotaBytes = { settings: null, none: 0, own: Math.round(own * gigabyte) }[kind];
      await change('userUpdate', { address: person.address, fullName, fax, disabled, quotaBytes });
      if (!isSameForward(forward, person.forward))
        await change('userForward', { address: person.address, ...tidyForward(forward) });
    });
    if (!right) return;
    done();
    close();
  };
  return (
    <Dialog title={person.address} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField label={say('people.name')} value={fullName} set={setFullName} />
        <label class="switch">
          <input type="checkbox" role="switch" checked={fax} onChange={() => setFax(!fax)} />
          <span>{say('people.may-fax')}</span>
        </label>
        <label class="switch">
          <input type="checkbox" role="switch" checked={disabled} onChange={() => setDisabled(!disabled)} />
          <span>{say('people.disabled')}</span>
        </label>
        <label class="field">
          <span>{say('people.quota')}</span>
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value as typeof kind)}>
            {(['settings', 'none', 'own'] as const).map((one) => (
              <option key={one} value={one}>
                {say(`people.quota-${one}`)}
              </option>
            ))}
          </select>
        </label>
        {kind === 'own' && <TextField label={say('people.quota-size')} required value={size} set={setSize} />}
        <Hint>{say('people.quota-help')}</Hint>
        <ForwardFields forward={forward} set={setForward} />
        <div>
          <ActButton
            danger
            question={say('people.second-factor-question', { address: person.address })}
            work={() => change('secondFactorReset', { address: person.address })}
          >
            {say('people.second-factor-reset')}
          </ActButton>
        </div>
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say('people.save')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}
