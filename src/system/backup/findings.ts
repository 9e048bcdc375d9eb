import type { Finding } from '../findings.ts';
import type { BackupSettings } from './destinations/destination.ts';
import type { BackupState } from './records.ts';

const dayMs = 24 * 60 * 60_000;
const placeNames = { usb: 'a USB stick', sftp: 'the SFTP server', s3: 'the S3 store' } as const;
/** Days after which the last good backup is too old. */
const oldDays = { daily: 3, weekly: 15 } as const;

/** How the backups of a box stand, in sentences. Pure. */
export function judgeBackups(settings: BackupSettings, { records, running }: BackupState, now: number): Finding {
  const id = 'backup';
  const well = records.findLast(({ error }) => error === '');
  const last = records.at(-1);
  if (settings.schedule === 'off') {
    if (well && now - well.at < oldDays.weekly * dayMs)
      return { id, level: 'ok', sentence: `The last backup was made on ${day(well.at)}.`, advice: '' };
    const advice =
      'Set a passphrase and where backups go (caselli config get system.backup), then: caselli config set system.backup.schedule daily';
    return { id, level: 'note', sentence: 'No backups are made by themselves.', advice };
  }
  if (last && last.error !== '') {
    const since = well ? ` The last good one is of ${day(well.at)}.` : ' There is no good one yet.';
    const advice = `Mend that; then try it: caselli system backup --to ${settings.to}`;
    return { id, level: 'wrong', sentence: `The backup of ${day(last.at)} failed: ${last.error}${since}`, advice };
  }
  if (!well) {
    const sentence = running ? 'The first backup is being made.' : 'No backup was made yet.';
    return {
      id,
      level: 'note',
      sentence,
      advice: running ? '' : `Make one now: caselli system backup --to ${settings.to}`,
    };
  }
  const sentence = `The last backup went to ${placeNames[well.to]} on ${day(well.at)}.`;
  if (now - well.at > oldDays[settings.schedule] * dayMs)
    return {
      id,
      level: 'wrong',
      sentence: `${sentence} That is too long ago.`,
      advice: 'Is the box off at night? Choose another hour: system.backup.hour',
    };
  return { id, level: 'ok', sentence, advice: '' };
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
