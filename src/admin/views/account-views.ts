import { z } from 'zod';
import { list, view } from './view.ts';

export const userView = view({
  address: z.string(),
  fullName: z.string(),
  fax: z.boolean().describe('Whether this person may send faxes.'),
  disabled: z.boolean(),
});
export type UserView = z.infer<typeof userView>;

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
