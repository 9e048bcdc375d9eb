import { Page } from '../../parts/page.tsx';
import { useMay } from '../../session.ts';
import { say } from '../../words.ts';
import { Access } from './access.tsx';
import { Findings } from './findings.tsx';
import { Machine } from './machine.tsx';
import { Seldom } from './seldom.tsx';
import { Update } from './update.tsx';

/** Screens about the machine that are not in the menu. */
const further = [
  ['/backup', 'system.backup'],
  ['/storage', 'storage.title'],
  ['/front-panel', 'front-panel.title'],
  ['/certificate', 'certificate.title'],
  ['/dns', 'dns.title'],
  ['/log', 'log.title'],
  ['/setup', 'setup.title'],
] as const;

/** The machine: how it is, its version, and what is done seldom. */
export function System() {
  const may = useMay('administrator');
  return (
    <Page title={say('nav.system')}>
      {may && (
        <ul class="links">
          {further.map(([path, word]) => (
            <li key={path}>
              <a href={path}>{say(word)}</a>
            </li>
          ))}
        </ul>
      )}
      <Machine />
      <Findings />
      <Update may={may} />
      {may && <Access />}
      {may && <Seldom />}
    </Page>
  );
}
