import { useState } from 'preact/hooks';
import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { ForwardFields, tidyForward } from '../../parts/forward-fields.tsx';
import { Good, Hint, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { useSession } from '../../session.ts';
import { say } from '../../words.ts';
import { Factors } from './factors.tsx';
import { OwnSessions } from './own-sessions.tsx';

/** The box puts the own address here, whatever is sent. */
const self = { account: '' } as const;

type Own = Awaited<ReturnType<typeof ask<'ownAccount'>>>;

/** What everybody looks after alone: name, password, forwarding, second factors, logins. */
export function Account() {
  const own = useAsked(() => ask('ownAccount', self), ['account.']);
  return (
    <Page title={say('account.title')}>
      {own.error && <Trouble again={own.again}>{own.error}</Trouble>}
      {own.value && <You own={own.value} done={own.again} />}
      <Password />
      {own.value && own.value.address !== '' && <Forwarding own={own.value} done={own.again} />}
      <Factors />
      <OwnSessions />
    </Page>
  );
}

function You({ own, done }: { readonly own: Own; readonly done: () => void }) {
  const [fullName, setFullName] = useState(own.fullName);
  const [saved, setSaved] = useState(false);
  const act = useAct();
  if (own.address === '')
    return (
      <Section title={say('account.you')}>
        <p class="card">{say('account.box-administrator')}</p>
      </Section>
    );
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('ownName', { ...self, fullName })))) return;
    setSaved(true);
    done();
  };
  return (
    <Section title={say('account.you')}>
      <form class="card" onSubmit={(event) => void submit(event)}>
        <p>
          {say('account.address')}: <strong>{own.address}</strong>
        </p>
        <TextField label={say('account.name')} value={fullName} set={setFullName} />
        {act.error && <Trouble>{act.error}</Trouble>}
        {saved && !act.busy && <Good>{say('account.saved')}</Good>}
        <div class="actions">
          <button type="submit" disabled={act.busy}>
            {say('account.save')}
          </button>
        </div>
      </form>
    </Section>
  );
}

function Password() {
  const { account } = useSession();
  const [given, setGiven] = useState({ old: '', fresh: '', again: '' });
  const [done, setDone] = useState(false);
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setDone(false);
    const right = await act.start(async () => {
      if (given.fresh !== given.again) throw new Error(say('account.password-differs'));
      await change('ownPassword', { ...self, oldPassword: given.old, newPassword: given.fresh });
    });
    if (!right) return;
    setGiven({ old: '', fresh: '', again: '' });
    setDone(true);
  };
  return (
    <Section title={say('account.password')}>
      <form class="card" onSubmit={(event) => void submit(event)}>
        <TextField
          label={say('account.password-old')}
          type="password"
          autocomplete="current-password"
          required
          value={given.old}
          set={(old) => setGiven({ ...given, old })}
        />
        <TextField
          label={say('account.password-new')}
          type="password"
          autocomplete="new-password"
          required
          value={given.fresh}
          set={(fresh) => setGiven({ ...given, fresh })}
        />
        <TextField
          label={say('account.password-again')}
          type="password"
          autocomplete="new-password"
          required
          value={given.again}
          set={(again) => setGiven({ ...given, again })}
        />
        <Hint>{say(account ? 'account.password-help' : 'account.password-help-box')}</Hint>
        {act.error && <Trouble>{act.error}</Trouble>}
        {done && <Good>{say('account.password-done')}</Good>}
        <div class="actions">
          <button type="submit" disabled={act.busy}>
            {say('account.password-change')}
          </button>
        </div>
      </form>
    </Section>
  );
}

function Forwarding({ own, done }: { readonly own: Own; readonly done: () => void }) {
  const [forward, setForward] = useState(own.forward);
  const [saved, setSaved] = useState(false);
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('ownForward', { ...self, ...tidyForward(forward) })))) return;
    setSaved(true);
    done();
  };
  return (
    <Section title={say('forward.title')}>
      <form class="card" onSubmit={(event) => void submit(event)}>
        <ForwardFields forward={forward} set={setForward} />
        {act.error && <Trouble>{act.error}</Trouble>}
        {saved && !act.busy && <Good>{say('forward.saved')}</Good>}
        <div class="actions">
          <button type="submit" disabled={act.busy}>
            {say('forward.save')}
          </button>
        </div>
      </form>
    </Section>
  );
}
