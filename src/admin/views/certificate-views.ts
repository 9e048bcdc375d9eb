import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const certificateView = view({
  source: z
    .enum(['given', 'acme', 'own'])
    .describe('given: handed in by an administrator; acme: of an authority in the internet; own: signed by the box.'),
  names: list(z.string()).describe('Names and addresses that it is good for.'),
  issuer: z.string(),
  validFrom: instant,
  validUntil: instant,
  fingerprint: z.string().describe('SHA-256.'),
  problem: z.string().describe('Why the one that was handed in is not in use; empty when nothing is wrong.'),
  authority: view({ name: z.string(), validUntil: instant, fingerprint: z.string() }).describe(
    "The box's own authority, which computers can be told to trust (/ca.crt).",
  ),
  acme: view({
    state: z
      .enum(['off', 'unsuited', 'working', 'good', 'failing', 'waiting'])
      .describe('unsuited: the box has no name of the internet.'),
    problem: z.string(),
    nextAt: instant,
  }),
});
export type CertificateView = z.infer<typeof certificateView>;
