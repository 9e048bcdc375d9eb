import * as mailLog from '../../../admin/views/mail-log-views.ts';
import { ask, nothing, type Operations } from '../operation.ts';

/** What happened to mail and faxes. */
export const mailLogOperations = {
  today: ask('operator', 'Mail and faxes since midnight', [], nothing, mailLog.todayView),
} satisfies Partial<Operations>;
