import { useState } from 'preact/hooks';
import { ask, change } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { Empty, Hint, Trouble } from '../../parts/notes.tsx';
import { PeopleList } from '../../parts/people-list.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** Everybody with a mailbox, and who of them is the postmaster. */
export function PeopleStep(step: StepProps) {
  const people = useAsked(() => ask('userList', {}), ['account.']);
  const domains = useAsked(() => ask('domainList', {}));
  const kept = useAsked(() => ask('configGet', { path: 'postmaster' }), ['config.']);
  const [chosen, setPostmaster] = useState<string>();
  const postmaster = chosen ?? ((kept.value as string | undefined) || (people.value?.[0]?.address ?? ''));
  const set = async (): Promise<void> => {
    if (postmaster !== '') await applyNow([{ path: 'postmaster', value: postmaster }]);
  };
  if (!people.value || !domains.value)
    return people.error ? <Trouble again={people.again}>{people.error}</Trouble> : null;
  if (domains.value.length === 0)
    return (
      <StepForm step={step} work={async () => {}} disabled>
        <Empty>
          {say('setup.people.no-domain')} <a href="/setup/name">{say('setup.name')}</a>
        </Empty>
      </StepForm>
    );
  return (
    <>
      {people.value.length > 0 && (
        <ul class="plain">
          {people.value.map(({ address, fullName }) => (
            <li key={address}>
              {fullName || address} {fullName && <span class="quiet">{address}</span>}
            </li>
          ))}
        </ul>
      )}
      <AddOne domain={domains.value[0]!.domain} done={people.again} />
      <details>
        <summary>{say('setup.people.many')}</summary>
        <PeopleList done={people.again} />
      </details>
      <StepForm step={step} work={set} disabled={people.value.length === 0}>
        {people.value.length > 0 && (
          <label class="field">
            <span>{say('setup.people.postmaster')}</span>
            <select value={postmaster} onChange={(event) => setPostmaster(event.currentTarget.value)}>
              {people.value.map(({ address }) => (
                <option key={address} value={address}>
                  {address}
                </option>
              ))}
            </select>
          </label>
        )}
        <Hint>{say('setup.people.postmaster-help')}</Hint>
      </StepForm>
    </>
  );
}

function AddOne({ domain, done }: { readonly domain: string; readonly done: () => void }) {
  const [fullName, setFullName] = useState('');
  const [address, setAddress] = useState('');
  const [password, setPassword] = useState('');
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('userAdd', { address, fullName, password, fax: true })))) return;
    setFullName('');
    setAddress('');
    setPassword('');
    done();
  };
  return (
    <form class="inline" onSubmit={(event) => void submit(event)}>
      <TextField label={say('people.name')} value={fullName} set={setFullName} />
      <TextField label={say('setup.people.address', { domain })} required value={address} set={setAddress} />
      <TextField
        label={say('people.new-password')}
        type="password"
        autocomplete="new-password"
        required
        value={password}
        set={setPassword}
      />
      <button type="submit" disabled={act.busy}>
        {say('add')}
      </button>
      {act.error && <Trouble>{act.error}</Trouble>}
    </form>
  );
}
