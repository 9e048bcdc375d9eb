import { z } from 'zod';
import { view } from './view.ts';

export const todayView = view({
  mailIn: z.int().describe('Deliveries into mailboxes, without faxes and reports.'),
  mailOut: z.int().describe('Recipients handed to other hosts.'),
  mailRefused: z.int().describe('Refused at the door.'),
  mailFailed: z.int(),
  faxIn: z.int(),
  faxOut: z.int(),
  faxFailed: z.int(),
  pagesIn: z.int(),
  pagesOut: z.int(),
});
export type TodayView = z.infer<typeof todayView>;
