import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { SessionsTable } from '../../parts/sessions-table.tsx';
import { say } from '../../words.ts';
import { Audit } from './audit.tsx';

/** Who is logged in, and who did what. */
export function Security() {
  const sessions = useAsked(() => ask('sessionList', {}), ['panel.session']);
  return (
    <Page title={say('security.title')}>
      <Section title={say('sessions.all')}>
        {sessions.error && <Trouble again={sessions.again}>{sessions.error}</Trouble>}
        {sessions.value?.length === 0 && <Empty>{say('nothing')}</Empty>}
        {sessions.value && sessions.value.length > 0 && (
          <SessionsTable
            label={say('sessions.all')}
            withWho
            sessions={sessions.value}
            end={(id) => change('sessionEnd', { id })}
            done={sessions.again}
          />
        )}
      </Section>
      <Audit />
    </Page>
  );
}
