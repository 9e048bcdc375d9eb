import { change, download } from '../../api.ts';
import { ActButton } from '../../parts/act.tsx';
import { Section } from '../../parts/page.tsx';
import { say } from '../../words.ts';

/** What is done seldom, and asked about before. */
export function Seldom() {
  return (
    <Section title={say('system.seldom')}>
      <div class="actions">
        <button type="button" onClick={() => download('systemSupport', {})}>
          {say('system.support')}
        </button>
        <ActButton question={say('system.reboot-question')} work={() => change('systemReboot', {})}>
          {say('system.reboot')}
        </ActButton>
        <ActButton question={say('system.shutdown-question')} work={() => change('systemShutdown', {})}>
          {say('system.shutdown')}
        </ActButton>
        <ActButton danger question={say('system.reset-question')} work={() => change('systemFactoryReset', {})}>
          {say('system.reset')}
        </ActButton>
      </div>
    </Section>
  );
}
