import { z } from 'zod';
import { callView } from './fax-views.ts';
import { instant, list, view } from './view.ts';

const faxShape = {
  id: z.string(),
  direction: z.enum(['in', 'out']),
  state: z
    .enum(['waiting', 'held', 'crossing', 'sent', 'failed', 'received', 'partial'])
    .describe('waiting, held and crossing are under way; of a partial fax the caller did not send the rest.'),
  at: instant,
  number: z.string().describe('Number dialled, or caller id; empty when not known.'),
  station: z.string().describe('What the far machine calls itself.'),
  people: list(z.string()).describe('Who sent it, or got it.'),
  subject: z.string(),
  pages: z.int().describe('0 while they are not known.'),
  confirmed: z.int().describe('Pages that the far side confirmed, or we did.'),
  text: z.string().describe('What became of it so far.'),
  durationSeconds: z.int().describe('Of its calls together.'),
};

export const faxView = view(faxShape);
export type FaxView = z.infer<typeof faxView>;

export const faxPageView = view({
  page: z.int(),
  widthPx: z.int(),
  lines: z.int(),
  resolution: z.enum(['normal', 'fine']).describe('98 or 196 lines an inch.'),
  badLines: z.int().describe('Lines that were lost on the way.'),
});
export type FaxPageView = z.infer<typeof faxPageView>;

export const faxInfo = view({
  ...faxShape,
  sender: z.string(),
  line: z.string(),
  message: z.string(),
  endedAt: instant,
  nextAttempt: instant,
  /** Other recipients wait in the same message: holding it holds them too. */
  others: z.int().describe('Other recipients of the same message that are not done with.'),
  bitRate: z.int(),
  sizeBytes: z.int(),
  pageList: list(faxPageView),
  calls: list(callView),
});
export type FaxInfo = z.infer<typeof faxInfo>;

export const faxSubmitted = view({ message: z.string().describe('Id of the message in the queue.') });
export type FaxSubmitted = z.infer<typeof faxSubmitted>;
