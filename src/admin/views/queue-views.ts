import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const queueRecipientView = view({
  address: z.string(),
  state: z.string(),
  attempts: z.int(),
  nextAttempt: instant,
  status: z.string(),
  text: z.string(),
});
export type QueueRecipientView = z.infer<typeof queueRecipientView>;

const queueShape = {
  id: z.string(),
  acceptedAt: instant,
  sizeBytes: z.int(),
  source: z.string(),
  reversePath: z.string(),
  account: z.string(),
  held: z.boolean(),
  recipients: list(queueRecipientView),
};

export const queueView = view(queueShape);
export type QueueView = z.infer<typeof queueView>;

export const queueDetail = view({
  ...queueShape,
  envelopeId: z.string(),
  expiresAt: instant,
  header: z.string().describe('The header of the message, as accepted.'),
});
export type QueueDetail = z.infer<typeof queueDetail>;
