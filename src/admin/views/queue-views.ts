import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const queueRecipientView = view({
  address: z.string(),
  original: z.string().describe('The address that was written, where another took its place; empty otherwise.'),
  agent: z.string().describe('local, esmtp or fax; none while it is not known.'),
  place: z.string().describe('Account, domain, or number as dialled.'),
  state: z.string(),
  attempts: z.int(),
  nextAttempt: instant,
  status: z.string(),
  text: z.string().describe('Why it waits, or how it ended.'),
  host: z.string().describe('The other host.'),
  reply: z.string().describe('Its words.'),
});
export type QueueRecipientView = z.infer<typeof queueRecipientView>;

export const queuedState = z.enum(['waiting', 'held', 'delivering', 'delivered', 'failed']);
export type QueuedState = z.infer<typeof queuedState>;

const queueShape = {
  id: z.string(),
  acceptedAt: instant,
  sizeBytes: z.int(),
  source: z.string(),
  reversePath: z.string(),
  account: z.string(),
  notBefore: instant.describe('Nothing is tried before this time; empty when it was sent at once.'),
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
