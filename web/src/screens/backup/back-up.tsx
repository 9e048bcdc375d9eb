import { useState } from 'preact/hooks';
import { ask, change, download } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton } from '../../parts/act.tsx';
import { Hint } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';

interface Schedule {
  readonly schedule: 'off' | 'daily' | 'weekly';
  readonly to: 'usb' | 'sftp' | 's3';
  readonly hour: number;
  readonly passphrase: string;
}

/** A backup now: into the browser's downloads, or to a destination. */
export function BackUp({ progress, done }: { readonly progress: number; readonly done: () => void }) {
  const settings = useAsked(() => ask('configGet', { path: 'system.backup' }), ['config.']);
  const [passphrase, setPassphrase] = useState('');
  const [config, setConfig] = useState(false);
  const kept = settings.value as Schedule | undefined;
  const hasPassphrase = passphrase !== '' || (kept !== undefined && kept.passphrase !== '');
  return (
    <Section title={say('backup.now')}>
      <div class="card">
        {kept && (
          <p>
            {kept.schedule === 'off'
              ? say('backup.no-schedule')
              : say(`backup.schedule-${kept.schedule}`, { hour: kept.hour, where: say(`backup.${kept.to}`) })}
          </p>
        )}
        <TextField
          label={say('backup.passphrase')}
          type="password"
          autocomplete="new-password"
          value={passphrase}
          set={setPassphrase}
        />
        <Hint>{say(kept?.passphrase ? 'backup.passphrase-kept' : 'backup.passphrase-help')}</Hint>
        <label class="switch">
          <input type="checkbox" checked={config} onChange={(event) => setConfig(event.currentTarget.checked)} />
          <span>{say('backup.config-only')}</span>
        </label>
        {progress >= 0 && <progress value={progress} max={100} aria-label={say('system.backup')} />}
        <div class="actions">
          <button
            type="button"
            class="first"
            disabled={!hasPassphrase}
            onClick={() => download('backupCreate', { config, passphrase })}
          >
            {say('backup.download')}
          </button>
          {(['usb', 'sftp', 's3'] as const).map((to) => (
            <ActButton key={to} work={() => change('backupRun', { to, config, passphrase })} done={done}>
              {say(`backup.run-${to}`)}
            </ActButton>
          ))}
        </div>
      </div>
    </Section>
  );
}
