import { z } from 'zod';
import { list, view } from './view.ts';

export const mailOutTrial = view({
  works: z.boolean().describe('Whether mail would leave this way, as far as could be tried.'),
  steps: list(
    view({
      step: z.enum(['name', 'connect', 'greeting', 'tls', 'login', 'sender', 'recipient']),
      state: z.enum(['done', 'note', 'failed']).describe('note: it works, and still should be known.'),
      text: z.string().describe('A sentence.'),
    }),
  ),
  advice: z.string().describe('What to do about it; empty where nothing is to be done.'),
});
export type MailOutTrialView = z.infer<typeof mailOutTrial>;
