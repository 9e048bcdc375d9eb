import type { MailLog } from '../mail-log/mail-log.ts';
import type { TodayView } from './views/mail-log-views.ts';

/** What happened to mail and faxes. */
export interface MailLogAdmin {
  /** Counted since midnight, local time. */
  today(): Promise<TodayView>;
}

export function mailLogAdmin(log: MailLog): MailLogAdmin {
  return {
    today: async () => {
      const { mailIn, mailOut, mailRefused, mailFailed, faxIn, faxOut, faxFailed, pagesIn, pagesOut } = log.today();
      return { mailIn, mailOut, mailRefused, mailFailed, faxIn, faxOut, faxFailed, pagesIn, pagesOut };
    },
  };
}
