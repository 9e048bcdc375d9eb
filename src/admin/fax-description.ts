import type { FaxRecord } from '../fax-archive/fax-record.ts';
import { durationText, plural } from '../lib/words.ts';
import { formatDate } from '../mail/date.ts';

/** What is known of a fax out, as the text of a mail. */
export function sentDescription(fax: FaxRecord): string {
  const { station, number, sender, subject, startedAt, durationMs, pages, bitRate, state, text } = fax;
  const rows: readonly (readonly [string, string])[] = [
    ['To', [number, station && `(${station})`].filter(Boolean).join(' ')],
    ['From', sender],
    ['Subject', subject],
    ['Handed in', formatDate(startedAt)],
    ['Duration', durationMs > 0 ? durationText(durationMs) : ''],
    ['Pages', String(pages)],
    ['Speed', bitRate > 0 ? `${bitRate.toLocaleString('en-US')} bit/s` : ''],
  ];
  const heads = {
    sent: `A fax of ${plural(pages, 'page')} was sent.`,
    failed: `A fax of ${plural(pages, 'page')} could not be sent.\n${text}`,
  };
  const head =
    state === 'sent' || state === 'failed' ? heads[state] : `A fax of ${plural(pages, 'page')} is under way.`;
  const table = rows.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padEnd(12)}${value}`);
  return `${head}\n\n${table.join('\n')}\n`;
}
