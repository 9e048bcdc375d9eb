import { z } from 'zod';
import { list, view } from './view.ts';

const octets = z.number().describe('Octets.');

export const spaceView = view({
  total: octets,
  free: octets,
  mailboxes: list(
    view({
      address: z.string(),
      fullName: z.string(),
      messages: z.int(),
      sizeBytes: octets,
      quotaBytes: octets.describe('What it may hold; 0 for any amount.'),
    }),
  ),
  queue: octets,
  faxes: octets,
  log: octets,
  backups: octets,
});
export type SpaceView = z.infer<typeof spaceView>;
