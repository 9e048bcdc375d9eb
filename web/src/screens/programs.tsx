import { useLocation } from 'preact-iso';
import type { ClientView } from '../../../src/admin/views/client-views.ts';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Hint, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { QrCode } from '../parts/qr-code.tsx';
import { Table } from '../parts/table.tsx';
import { useSession } from '../session.ts';
import { say } from '../words.ts';

/** How mail programs get at a mailbox: own, or that of somebody who is helped. A sheet that can be printed. */
export function Programs() {
  const { of: address = '' } = useLocation().query;
  const { account = '' } = useSession();
  const setup = useAsked(() => ask('clientSetup', { account: address || account }), ['config.', 'account.'], address);
  return (
    <Page
      title={say('programs.title')}
      actions={
        <button type="button" onClick={() => window.print()}>
          {say('programs.print')}
        </button>
      }
    >
      {setup.error && <Trouble again={setup.again}>{setup.error}</Trouble>}
      {setup.value && <Sheet setup={setup.value} />}
    </Page>
  );
}

function Sheet({ setup }: { readonly setup: ClientView }) {
  const { address, fullName, services, applePath, ownAuthority } = setup;
  return (
    <>
      <p>{say('programs.for', { who: fullName ? `${fullName} <${address}>` : address })}</p>
      <Section title={say('programs.by-itself')}>
        <div class="card">
          <p>{say('programs.by-itself-how')}</p>
          {ownAuthority && <Hint>{say('programs.own-authority')}</Hint>}
        </div>
      </Section>
      {applePath && (
        <Section title={say('programs.apple')}>
          <div class="card beside">
            <QrCode text={`${location.origin}${applePath}`} label={say('programs.qr')} />
            <div>
              <p>{say('programs.apple-how')}</p>
              <p>
                <a class="button" href={applePath} download>
                  {say('programs.apple-profile')}
                </a>
              </p>
              <Hint>{say('programs.apple-then')}</Hint>
            </div>
          </div>
        </Section>
      )}
      <Section title={say('programs.by-hand')}>
        <Table
          label={say('programs.by-hand')}
          rows={services}
          rowKey={({ protocol, security }) => `${protocol} ${security}`}
          columns={[
            { title: say('programs.service'), cell: ({ protocol }) => say(`programs.${protocol}`) },
            { title: say('programs.server'), cell: ({ host }) => host },
            { title: say('programs.port'), cell: ({ port }) => String(port) },
            { title: say('programs.security'), cell: ({ security }) => (security === 'tls' ? 'SSL/TLS' : 'STARTTLS') },
          ]}
        />
        <Hint>{say('programs.user-name', { address })}</Hint>
      </Section>
    </>
  );
}
