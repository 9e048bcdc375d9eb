import type { CertificateView } from '../../../../src/admin/views/certificate-views.ts';
import { Hint } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { day, say } from '../../words.ts';

const systems = ['windows', 'macos', 'ios', 'android', 'firefox'] as const;

/** How computers learn to trust the box's own authority. */
export function Trust({ view: { source, authority } }: { readonly view: CertificateView }) {
  return (
    <Section title={say('trust.title')}>
      <div class="card">
        <p>{say(source === 'own' ? 'trust.why' : 'trust.not-needed')}</p>
        <p>
          <a class="button" href="/ca.crt" download>
            {say('trust.download')}
          </a>
        </p>
        <Hint>{say('trust.fingerprint', { fingerprint: authority.fingerprint, day: day(authority.validUntil) })}</Hint>
        {systems.map((system) => (
          <details key={system}>
            <summary>{say(`trust.${system}`)}</summary>
            <p>{say(`trust.${system}-how`)}</p>
          </details>
        ))}
      </div>
    </Section>
  );
}
