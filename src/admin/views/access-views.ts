import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const forwardView = view({
  to: list(z.string()).describe('Addresses that the mail goes to as well; empty for none.'),
  keep: z.boolean().describe('Whether the own mailbox gets it, too.'),
});
export type ForwardView = z.infer<typeof forwardView>;

export const ownAccountView = view({
  address: z.string().describe('Empty for the administrator of the box, who has no mailbox.'),
  fullName: z.string(),
  fax: z.boolean(),
  forward: forwardView,
});
export type OwnAccountView = z.infer<typeof ownAccountView>;

export const passkeyView = view({
  id: z.string(),
  name: z.string(),
  site: z.string().describe('The name of the box that it works for.'),
  createdAt: instant,
  usedAt: instant,
});
export type PasskeyView = z.infer<typeof passkeyView>;

export const secondFactorView = view({
  codes: z.boolean().describe('Whether codes of an authenticator app are asked for.'),
  recoveryLeft: z.int().describe('Recovery codes that were not used yet.'),
  passkeys: list(passkeyView),
  passkeyProblem: z.string().describe('Why no passkey can be added where the panel is opened now; empty when one can.'),
});
export type SecondFactorView = z.infer<typeof secondFactorView>;

export const begunFactorView = view({
  secret: z.string().describe('The key in Base32, to be typed into the app.'),
  uri: z.string().describe('The same for a QR code: otpauth://…'),
});
export type BegunFactorView = z.infer<typeof begunFactorView>;

export const recoveryView = view({
  recoveryCodes: list(z.string()).describe('Shown this one time; empty when the former ones stay good.'),
});
export type RecoveryView = z.infer<typeof recoveryView>;

export const sessionView = view({
  id: z.string(),
  account: z.string().describe('Empty for the administrator of the box.'),
  role: z.string(),
  agent: z.string().describe('What the browser says it is.'),
  remote: z.string().describe('IP address of the login.'),
  how: z.string().describe('What the login was made with.'),
  since: instant,
  usedAt: instant,
  endsAt: instant,
  isThis: z.boolean().describe('Whether it is the one that asks.'),
});
export type SessionView = z.infer<typeof sessionView>;

export const auditEntryView = view({
  n: z.int(),
  at: instant,
  via: z.string(),
  account: z.string(),
  remote: z.string(),
  action: z.string(),
  subject: z.string(),
  details: list(z.string()),
  failed: z.string(),
});
export type AuditEntryView = z.infer<typeof auditEntryView>;

export const auditCheckView = view({
  entries: z.int(),
  first: z.int(),
  problem: z.string().describe('Empty: the log is as it was written.'),
});
export type AuditCheckView = z.infer<typeof auditCheckView>;
