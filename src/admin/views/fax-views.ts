import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const lineView = view({
  id: z.string(),
  number: z.string(),
  port: z.string(),
  state: z.string(),
  peer: z.string().describe('Number spoken with, while there is a call.'),
  page: z.int().describe('Page that crosses now; 0 when not known.'),
  pages: z.int().describe('How many there are; 0 when not known.'),
  modem: z.string(),
  send: z.boolean(),
  receive: z.boolean(),
  paused: z
    .enum(['no', 'sending', 'all'])
    .describe('Whether faxing rests: sending waits; calls are not answered either.'),
  fault: z.string().describe('What is wrong, when something is.'),
});
export type LineView = z.infer<typeof lineView>;

const callShape = {
  id: z.string(),
  at: instant,
  line: z.string(),
  direction: z.string(),
  number: z.string(),
  station: z.string(),
  pages: z.int(),
  result: z.string(),
  text: z.string(),
  durationSeconds: z.int(),
};

export const callView = view(callShape);
export type CallView = z.infer<typeof callView>;

export const callDetail = view({
  ...callShape,
  message: z.string(),
  bitRate: z.int(),
  resolution: z.string(),
  hangupCode: z.string(),
  pageFiles: list(z.string()),
  transcript: z.string(),
});
export type CallDetail = z.infer<typeof callDetail>;

export const subscriberView = view({
  number: z.string(),
  kind: z.string(),
  station: z.string(),
  behaviour: z.string(),
  state: z.string(),
});
export type SubscriberView = z.infer<typeof subscriberView>;

export const dialInView = view({ result: z.string(), text: z.string(), pagesConfirmed: z.int() });
export type DialInView = z.infer<typeof dialInView>;

export const receivedView = view({
  at: instant,
  from: z.string(),
  result: z.string(),
  pages: list(view({ file: z.string(), width: z.int(), height: z.int(), resolution: z.string() })),
});
export type ReceivedView = z.infer<typeof receivedView>;
