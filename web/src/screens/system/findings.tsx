import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { FindingText } from '../../parts/finding.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { say } from '../../words.ts';

/** Everything that was looked at, with advice. */
export function Findings() {
  const findings = useAsked(() => ask('doctor', {}), ['health.', 'config.', 'backup.', 'update.']);
  if (!findings.value) return findings.error ? <Trouble again={findings.again}>{findings.error}</Trouble> : null;
  const signs = { ok: '✓', note: '·', wrong: '✗' } as const;
  return (
    <Section title={say('system.findings')}>
      <ul class="plain card">
        {findings.value.map((finding) => {
          const { id, level } = finding;
          return (
            <li key={id}>
              <span class={level === 'ok' ? 'well' : level === 'wrong' ? 'wrong' : 'quiet'} aria-hidden="true">
                {signs[level]}
              </span>{' '}
              <span class="hidden">{say(`finding.${level}`)}: </span>
              <FindingText finding={finding} />
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
