import { useState } from 'preact/hooks';
import type { UserView } from '../../../src/admin/admin-api.ts';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton, useAct } from '../parts/act.tsx';
import { ChangePerson } from '../parts/change-person.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { DialogButtons } from '../parts/dialog-buttons.tsx';
import { Empty, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { PeopleList } from '../parts/people-list.tsx';
import { Table } from '../parts/table.tsx';
import { TextField } from '../parts/text-field.tsx';
import { useMay } from '../session.ts';
import { say } from '../words.ts';

/** People, aliases and domains, and where an address leads. */
export function People() {
  const may = useMay('administrator');
  return (
    <Page title={say('nav.people')}>
      <Persons may={may} />
      <Aliases may={may} />
      <Domains may={may} />
      <WhereTo />
    </Page>
  );
}

interface Part {
  /** Whether this session may change things. */
  readonly may: boolean;
}

function Persons({ may }: Part) {
  const people = useAsked(() => ask('userList', {}), ['account.']);
  const [adding, setAdding] = useState(false);
  const [listing, setListing] = useState(false);
  const [changing, setChanging] = useState('');
  const [editing, setEditing] = useState<UserView>();
  return (
    <Section
      title={say('people.people')}
      actions={
        may && (
          <>
            <button type="button" onClick={() => setListing(true)}>
              {say('people.add-list')}
            </button>
            <button type="button" class="first" onClick={() => setAdding(true)}>
              {say('people.add')}
            </button>
          </>
        )
      }
    >
      {people.error && <Trouble again={people.again}>{people.error}</Trouble>}
      {people.value?.length === 0 && <Empty>{say('people.none')}</Empty>}
      {people.value && people.value.length > 0 && (
        <Table
          label={say('people.people')}
          rows={people.value}
          rowKey={({ address }) => address}
          columns={[
            { title: say('people.address'), cell: ({ address }) => address },
            { title: say('people.name'), cell: ({ fullName }) => fullName },
            {
              title: say('people.rights'),
              cell: ({ fax, disabled }) =>
                say(disabled ? 'people.disabled-short' : fax ? 'people.mail-fax' : 'people.mail-only'),
            },
            ...(may
              ? [
                  {
                    title: say('actions'),
                    cell: (person: UserView) => (
                      <div class="actions">
                        <a class="button second" href={`/programs?of=${encodeURIComponent(person.address)}`}>
                          {say('people.programs')}
                        </a>
                        <button type="button" onClick={() => setEditing(person)}>
                          {say('people.change')}
                        </button>
                        <button type="button" onClick={() => setChanging(person.address)}>
                          {say('people.password')}
                        </button>
                        <ActButton
                          danger
                          question={say('people.remove-question', { address: person.address })}
                          work={() => change('userRemove', { address: person.address, keepMail: false })}
                          done={people.again}
                        >
                          {say('remove')}
                        </ActButton>
                      </div>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {adding && <AddPerson close={() => setAdding(false)} done={people.again} />}
      {listing && (
        <Dialog title={say('people.add-list')} close={() => setListing(false)}>
          <PeopleList done={people.again} />
        </Dialog>
      )}
      {editing && <ChangePerson person={editing} close={() => setEditing(undefined)} done={people.again} />}
      {changing !== '' && <NewPassword address={changing} close={() => setChanging('')} />}
    </Section>
  );
}

function AddPerson({ close, done }: { readonly close: () => void; readonly done: () => void }) {
  const [person, setPerson] = useState({ address: '', fullName: '', password: '', fax: true });
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('userAdd', person)))) return;
    done();
    close();
  };
  return (
    <Dialog title={say('people.add')} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField
          label={say('people.address')}
          type="email"
          required
          value={person.address}
          set={(address) => setPerson({ ...person, address })}
        />
        <TextField
          label={say('people.name')}
          value={person.fullName}
          set={(fullName) => setPerson({ ...person, fullName })}
        />
        <TextField
          label={say('people.new-password')}
          type="password"
          autocomplete="new-password"
          required
          value={person.password}
          set={(password) => setPerson({ ...person, password })}
        />
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={person.fax}
            onChange={(event) => setPerson({ ...person, fax: event.currentTarget.checked })}
          />
          <span>{say('people.may-fax')}</span>
        </label>
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say('people.add')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}

function NewPassword({ address, close }: { readonly address: string; readonly close: () => void }) {
  const [password, setPassword] = useState('');
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act.start(() => change('userPassword', { address, password }))) close();
  };
  return (
    <Dialog title={say('people.password-of', { address })} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <TextField
          label={say('people.new-password')}
          type="password"
          autocomplete="new-password"
          required
          value={password}
          set={setPassword}
        />
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say('people.set-password')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}

function Aliases({ may }: Part) {
  const aliases = useAsked(() => ask('aliasList', {}), ['account.']);
  const [alias, setAlias] = useState({ name: '', targets: '' });
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const targets = alias.targets.split(/[\s,]+/).filter((one) => one !== '');
    if (!(await act.start(() => change('aliasSet', { name: alias.name, targets })))) return;
    setAlias({ name: '', targets: '' });
    aliases.again();
  };
  return (
    <Section title={say('people.aliases')}>
      {aliases.error && <Trouble again={aliases.again}>{aliases.error}</Trouble>}
      {aliases.value?.length === 0 && <Empty>{say('people.no-aliases')}</Empty>}
      {aliases.value && aliases.value.length > 0 && (
        <Table
          label={say('people.aliases')}
          rows={aliases.value}
          rowKey={({ name }) => name}
          columns={[
            { title: say('people.alias'), cell: ({ name }) => name },
            { title: say('people.leads-to'), cell: ({ targets }) => targets.join(', ') },
            ...(may
              ? [
                  {
                    title: say('actions'),
                    cell: ({ name }: { readonly name: string }) => (
                      <ActButton
                        danger
                        question={say('people.remove-alias-question', { name })}
                        work={() => change('aliasRemove', { name })}
                        done={aliases.again}
                      >
                        {say('remove')}
                      </ActButton>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {may && (
        <form class="card inline" onSubmit={(event) => void submit(event)}>
          <TextField
            label={say('people.alias')}
            required
            value={alias.name}
            set={(name) => setAlias({ ...alias, name })}
          />
          <TextField
            label={say('people.leads-to')}
            required
            value={alias.targets}
            set={(targets) => setAlias({ ...alias, targets })}
          />
          <button type="submit" disabled={act.busy}>
            {say('people.set-alias')}
          </button>
          {act.error && <Trouble>{act.error}</Trouble>}
        </form>
      )}
    </Section>
  );
}

function Domains({ may }: Part) {
  const domains = useAsked(() => ask('domainList', {}), ['account.']);
  const [domain, setDomain] = useState('');
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('domainAdd', { domain })))) return;
    setDomain('');
    domains.again();
  };
  return (
    <Section title={say('people.domains')}>
      {domains.error && <Trouble again={domains.again}>{domains.error}</Trouble>}
      {domains.value?.length === 0 && <Empty>{say('people.no-domains')}</Empty>}
      {domains.value && domains.value.length > 0 && (
        <Table
          label={say('people.domains')}
          rows={domains.value}
          rowKey={(one) => one.domain}
          columns={[
            { title: say('people.domain'), cell: (one) => one.domain },
            { title: say('people.people'), cell: ({ accounts }) => accounts, right: true },
            ...(may
              ? [
                  {
                    title: say('actions'),
                    cell: (one: { readonly domain: string; readonly accounts: number }) => (
                      <div class="actions">
                        {one.domain === domains.value![0]?.domain ? (
                          <span class="quiet">{say('people.default-domain')}</span>
                        ) : (
                          <ActButton work={() => change('domainDefault', { domain: one.domain })} done={domains.again}>
                            {say('people.make-default')}
                          </ActButton>
                        )}
                        <ActButton
                          danger
                          question={say('people.remove-domain-question', { domain: one.domain, count: one.accounts })}
                          work={() => change('domainRemove', { domain: one.domain, force: true })}
                          done={domains.again}
                        >
                          {say('remove')}
                        </ActButton>
                      </div>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {may && (
        <form class="card inline" onSubmit={(event) => void submit(event)}>
          <TextField label={say('people.domain')} required value={domain} set={setDomain} />
          <button type="submit" disabled={act.busy}>
            {say('people.add-domain')}
          </button>
          {act.error && <Trouble>{act.error}</Trouble>}
        </form>
      )}
    </Section>
  );
}

type Answer = Awaited<ReturnType<typeof ask<'route'>>>;

function WhereTo() {
  const [address, setAddress] = useState('');
  const [answer, setAnswer] = useState<Answer>();
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await act.start(async () => setAnswer(await ask('route', { address, relay: true, fax: true })));
  };
  return (
    <Section title={say('people.where')}>
      <form class="card inline" onSubmit={(event) => void submit(event)}>
        <TextField label={say('people.where-label')} required value={address} set={setAddress} />
        <button type="submit" disabled={act.busy}>
          {say('people.where-ask')}
        </button>
        {act.error && <Trouble>{act.error}</Trouble>}
        {answer && (
          <div class="answer" role="status">
            <p class={answer.accepted ? 'well' : 'wrong'}>{answer.accepted ? say('people.taken') : answer.reply}</p>
            <ol>
              {answer.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            <ul>
              {answer.recipients.map(({ address: to, agent, destination }) => (
                <li key={to}>
                  {to} → {agent} {destination}
                </li>
              ))}
            </ul>
          </div>
        )}
      </form>
    </Section>
  );
}
