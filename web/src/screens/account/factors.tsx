import { useState } from 'preact/hooks';
import { ask, change, Refused } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { Empty, Hint, Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { say, time } from '../../words.ts';
import { AppSetup, type Begun, RecoveryCodes } from './app-setup.tsx';
import { PasswordDialog } from './password-dialog.tsx';

const self = { account: '' } as const;

type Open = 'app' | 'off' | 'recovery' | 'passkey' | { readonly remove: string } | undefined;

/** Authenticator app, recovery codes and passkeys. */
export function Factors({ changed }: { readonly changed?: () => void }) {
  const factors = useAsked(() => ask('secondFactor', self), ['account.second-factor']);
  const [open, setOpen] = useState<Open>();
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<readonly string[]>([]);
  const { value } = factors;
  const show = (recoveryCodes: readonly string[]): void => {
    setCodes(recoveryCodes);
    factors.again();
    // With codes on the screen nothing may go on before they were read.
    if (recoveryCodes.length === 0) changed?.();
  };
  const close = (): void => setOpen(undefined);
  const kept = (): void => {
    setCodes([]);
    changed?.();
  };
  return (
    <>
      <Section title={say('factor.title')}>
        <div class="card">
          <Hint>{say('factor.why')}</Hint>
          {factors.error && <Trouble again={factors.again}>{factors.error}</Trouble>}
          {value && (
            <>
              <h3>{say('factor.codes')}</h3>
              <p>{say(value.codes ? 'factor.codes-on' : 'factor.codes-off')}</p>
              <div class="actions">
                <button type="button" onClick={() => setOpen('app')}>
                  {say(value.codes ? 'factor.another' : 'factor.set-up')}
                </button>
                {value.codes && (
                  <button type="button" class="danger" onClick={() => setOpen('off')}>
                    {say('factor.remove')}
                  </button>
                )}
              </div>
              {(value.codes || value.passkeys.length > 0) && (
                <>
                  <h3>{say('factor.recovery')}</h3>
                  <p>{say('factor.recovery-left', { count: value.recoveryLeft })}</p>
                  <div class="actions">
                    <button type="button" onClick={() => setOpen('recovery')}>
                      {say('factor.recovery-new')}
                    </button>
                  </div>
                </>
              )}
            </>
          )}
        </div>
      </Section>
      {value && (
        <Section
          title={say('passkey.title')}
          actions={
            value.passkeyProblem === '' && (
              <button type="button" onClick={() => setOpen('passkey')}>
                {say('passkey.add')}
              </button>
            )
          }
        >
          <Hint>{value.passkeyProblem || say('passkey.help')}</Hint>
          {value.passkeys.length === 0 ? (
            <Empty>{say('passkey.none')}</Empty>
          ) : (
            <Table
              label={say('passkey.title')}
              rows={value.passkeys}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: say('passkey.name'),
                  cell: ({ name, site }) => `${name}, ${say('passkey.for', { site })}`,
                },
                { title: say('passkey.added'), cell: ({ createdAt }) => time(createdAt) },
                { title: say('passkey.used'), cell: ({ usedAt }) => time(usedAt) || say('passkey.never') },
                {
                  title: say('actions'),
                  cell: ({ id }) => (
                    <button type="button" class="danger" onClick={() => setOpen({ remove: id })}>
                      {say('remove')}
                    </button>
                  ),
                },
              ]}
            />
          )}
        </Section>
      )}
      {open === 'app' && (
        <PasswordDialog
          title={say('factor.set-up')}
          close={close}
          work={async (password) => setBegun(await change('secondFactorBegin', { ...self, password }))}
        />
      )}
      {open === 'off' && (
        <PasswordDialog
          title={say('factor.remove')}
          close={close}
          work={async (password) => {
            await change('secondFactorRemove', { ...self, password });
            show([]);
          }}
        />
      )}
      {open === 'recovery' && (
        <PasswordDialog
          title={say('factor.recovery-new')}
          close={close}
          work={async (password) => show((await change('recoveryRenew', { ...self, password })).recoveryCodes)}
        />
      )}
      {open === 'passkey' && (
        <PasswordDialog
          title={say('passkey.add')}
          name={say('passkey.name')}
          close={close}
          work={async (password, name) => show(await addPasskey(password, name))}
        />
      )}
      {typeof open === 'object' && (
        <PasswordDialog
          title={say('remove')}
          close={close}
          work={async (password) => {
            await change('passkeyRemove', { ...self, id: open.remove, password });
            show([]);
          }}
        />
      )}
      {begun && (
        <AppSetup
          begun={begun}
          close={() => setBegun(undefined)}
          done={(made) => {
            setBegun(undefined);
            show(made);
          }}
        />
      )}
      {codes.length > 0 && <RecoveryCodes codes={codes} close={kept} />}
    </>
  );
}

async function addPasskey(password: string, name: string): Promise<readonly string[]> {
  const { options } = await change('passkeyOptions', { ...self, password });
  const { startRegistration } = await import('@simplewebauthn/browser');
  const answer = await startRegistration({ optionsJSON: options as never }).catch((error: Error) => {
    throw new Refused(0, error.name === 'InvalidStateError' ? error.message : say('login.no-passkey'));
  });
  return (await change('passkeyAdd', { ...self, name, answer: { ...answer } })).recoveryCodes;
}
