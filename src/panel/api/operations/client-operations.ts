import { z } from 'zod';
import { clientView } from '../../../admin/views/client-views.ts';
import { address, ask, done, type Operations } from '../operation.ts';

const who = z.strictObject({ account: address });
const own = { own: true } as const;

/** How mail programs are set up. */
export const clientOperations = {
  clientSetup: {
    ...ask('person', 'What a mail program needs for a mailbox', ['user client-setup'], who, clientView),
    ...own,
  },
  clientProfile: {
    ...ask('person', 'Configuration profile for iPhone, iPad and Mac', ['user client-setup'], who, done),
    kind: 'read',
    ...own,
    file: { name: 'mail.mobileconfig', type: 'application/x-apple-aspen-config' },
  },
} satisfies Partial<Operations>;
