import type { BoxEvent } from '../lib/events.ts';

/** A letter of the box to its postmaster. */
export interface Notice {
  readonly subject: string;
  /** Plain text with LF line ends. */
  readonly text: string;
  /** The same as HTML, for mail programs that show it. */
  readonly html?: string;
}

/** What somebody must hear of who looks at neither panel nor display; undefined for all other events. */
export function noticeOf({ name, fields }: BoxEvent): Notice | undefined {
  if (name !== 'update.rolled-back') return undefined;
  const { version, running } = fields;
  return {
    subject: `Update ${version} did not come up, ${running} is running`,
    text: [
      `The update to version ${version} was installed and did not become healthy, so the box went back to version`,
      `${running} by itself. Mail and faxes are as they were, and nothing has to be done now.`,
      '',
      `Version ${version} is not installed again by itself. What happened is in the log (caselli system log) and in a`,
      'support bundle (caselli system support).',
      '',
    ].join('\n'),
  };
}
