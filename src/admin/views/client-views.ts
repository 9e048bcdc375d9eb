import { z } from 'zod';
import { list } from './view.ts';

/** What a mail program needs for one mailbox, for people who type it. */
export const clientView = z
  .object({
    /** Mail address and user name. */
    address: z.string(),
    fullName: z.string(),
    /** Best first. */
    services: list(
      z
        .object({
          protocol: z.enum(['imap', 'pop3', 'submission']),
          security: z.enum(['tls', 'starttls']),
          host: z.string(),
          port: z.int(),
        })
        .readonly(),
    ),
    /** Path of Apple's profile at the panel; empty where there is none. */
    applePath: z.string(),
    /** Whether programs trust the certificate only after they learnt to trust the authority of this box. */
    ownAuthority: z.boolean(),
  })
  .readonly();
export type ClientView = z.output<typeof clientView>;
