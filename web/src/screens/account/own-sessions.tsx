import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton } from '../../parts/act.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { SessionsTable } from '../../parts/sessions-table.tsx';
import { say } from '../../words.ts';

const self = { account: '' } as const;

/** Where one is logged in. */
export function OwnSessions() {
  const sessions = useAsked(() => ask('sessionOwn', self), ['panel.session']);
  const { value = [] } = sessions;
  return (
    <Section
      title={say('sessions.own')}
      actions={
        value.length > 1 && (
          <ActButton work={() => change('sessionEndOthers', self)} done={sessions.again}>
            {say('sessions.end-others')}
          </ActButton>
        )
      }
    >
      {sessions.error && <Trouble again={sessions.again}>{sessions.error}</Trouble>}
      {sessions.value && (
        <SessionsTable
          label={say('sessions.own')}
          sessions={value}
          end={(id) => change('sessionEndOwn', { ...self, id })}
          done={sessions.again}
        />
      )}
    </Section>
  );
}
