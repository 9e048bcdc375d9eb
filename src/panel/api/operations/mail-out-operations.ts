import { z } from 'zod';
import { mailOutTrial } from '../../../admin/views/mail-out-views.ts';
import { mailAddress } from '../../../config/values.ts';
import { change, type Operations, short } from '../operation.ts';

/** How mail leaves. */
export const mailOutOperations = {
  mailOutTest: change(
    'administrator',
    'Tries how mail would leave, by what is typed or by the settings; nothing is sent',
    ['mail test-out'],
    z.strictObject({
      way: z.enum(['settings', 'smarthost', 'direct']),
      host: short,
      port: z.int().min(1).max(65535),
      security: z.enum(['starttls', 'tls', 'opportunistic', 'none']),
      user: short,
      password: short.describe('(hidden) for that of the settings, with the same host and user only.'),
      to: z.union([mailAddress, z.literal('')]).describe('Somebody outside of the office, who gets nothing.'),
    }),
    mailOutTrial,
  ),
} satisfies Partial<Operations>;
