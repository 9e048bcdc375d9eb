import { z } from 'zod';
import { forwardView } from './access-views.ts';
import { list, view } from './view.ts';

export const userView = view({
  address: z.string(),
  fullName: z.string(),
  fax: z.boolean().describe('Whether this person may send faxes.'),
  disabled: z.boolean().describe('May neither log in nor send; mail still comes in.'),
  quotaBytes: z
    .number()
    .nullable()
    .describe('Octets that the mailbox may hold, 0 for any; null for what the settings say.'),
  forward: forwardView,
});
export type UserView = z.infer<typeof userView>;

export const importedUser = view({
  line: z.int().describe('Line of the list, counted from 1.'),
  address: z.string(),
  fullName: z.string(),
  fax: z.boolean(),
  password: z.string().describe('The one that was made, to be handed to the person; empty where the list had one.'),
  problem: z.string().describe('Why this person is not added; empty when all is well.'),
  added: z.boolean(),
});
export type ImportedUser = z.infer<typeof importedUser>;

export const userChange = z.strictObject({
  address: z.string().max(320),
  fullName: z.string().max(1000).optional(),
  fax: z.boolean().optional(),
  disabled: z.boolean().optional(),
  quotaBytes: z.number().nullable().optional(),
});
export type UserChange = z.infer<typeof userChange>;

export const aliasView = view({ name: z.string(), targets: list(z.string()) });
export type AliasView = z.infer<typeof aliasView>;

export const domainView = view({ domain: z.string(), accounts: z.int() });
export type DomainView = z.infer<typeof domainView>;

export const routeView = view({
  address: z.string(),
  accepted: z.boolean(),
  steps: list(z.string()).describe('What is done, in sentences, in order.'),
  recipients: list(view({ address: z.string(), agent: z.string(), destination: z.string() })),
  reply: z.string().describe('The SMTP reply when refused.'),
});
export type RouteView = z.infer<typeof routeView>;
