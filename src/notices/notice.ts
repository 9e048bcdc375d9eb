import type { BoxEvent, EventFields } from '../lib/events.ts';

/** A letter of the box to its postmaster, or to the person it is about. */
export interface Notice {
  /** Who gets it; missing for the postmaster. */
  readonly to?: string;
  readonly subject: string;
  /** Plain text with LF line ends. */
  readonly text: string;
  /** The same as HTML, for mail programs that show it. */
  readonly html?: string;
}

/** What somebody must hear of who looks at neither panel nor display; undefined for all other events. */
export function noticeOf({ name, fields }: BoxEvent): Notice | undefined {
  switch (name) {
    case 'update.rolled-back':
      return rolledBack(fields);
    case 'store.filling':
      return filling(fields);
    case 'certificate.failing':
      return certificateFailing(fields);
    default:
      return undefined;
  }
}

function certificateFailing({ reason, since }: EventFields<'certificate.failing'>): Notice {
  return {
    subject: 'The box gets no certificate from its authority',
    text: [
      `Since ${new Date(since).toISOString().slice(0, 10)} the certificate of the box cannot be had or renewed by ACME. The authority says:`,
      '',
      `    ${reason.replaceAll(/\s+/g, ' ')}`,
      '',
      'Mostly the name of the box does not lead to it from the internet, or port 80 is not passed on by the router.',
      'The box keeps trying, and uses the former certificate while it is good, then one of its own. This is said once;',
      'how it stands shows the panel under Certificate, or caselli system certificate show.',
      '',
    ].join('\n'),
  };
}

function filling({ account, sizeBytes, quotaBytes }: EventFields<'store.filling'>): Notice {
  const percent = Math.floor((sizeBytes / quotaBytes) * 100);
  return {
    to: account,
    subject: `Your mailbox is ${percent} % full`,
    text: [
      `The mailbox ${account} holds ${megabytes(sizeBytes)} of the ${megabytes(quotaBytes)} that it may hold.`,
      '',
      'When it is full, new mail waits on the box and is returned to its senders after some days. Please delete what',
      'is not needed any more, and empty the trash, or ask the postmaster for more room.',
      '',
    ].join('\n'),
  };
}

const megabytes = (count: number): string => `${Math.max(1, Math.round(count / 2 ** 20))} MB`;

function rolledBack({ version, running }: EventFields<'update.rolled-back'>): Notice {
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
