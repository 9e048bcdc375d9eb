import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { Trouble } from '../../parts/notes.tsx';
import { Page } from '../../parts/page.tsx';
import { say } from '../../words.ts';
import { BackUp } from './back-up.tsx';
import { Restore } from './restore.tsx';
import { Results } from './results.tsx';

/** Backups: made now or by schedule, looked into, and brought back whole or for one person. */
export function Backup() {
  const list = useAsked(() => ask('backupList', { to: '' }), ['backup.']);
  return (
    <Page title={say('system.backup')} actions={<a href="/settings/backup">{say('backup.settings')}</a>}>
      {list.error && <Trouble again={list.again}>{list.error}</Trouble>}
      <BackUp progress={list.value?.progress ?? -1} done={list.again} />
      {list.value && <Results results={list.value.results} />}
      <Restore />
    </Page>
  );
}
