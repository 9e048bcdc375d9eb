import { z } from 'zod';
import { list, view } from './view.ts';

export const dnsRecord = view({
  domain: z.string().describe('The domain that it serves.'),
  name: z.string().describe('Where it stands: mail.example.com, without a final dot.'),
  type: z.enum(['MX', 'A', 'AAAA', 'PTR', 'TXT', 'SRV', 'CNAME']),
  value: z.string().describe('What should stand there, as a zone file has it; empty while that is not known.'),
  zone: z.string().describe('The line of a zone file; empty while the value is not known.'),
  why: z.string().describe('What it is good for, in a sentence.'),
  state: z
    .enum(['right', 'missing', 'other', 'unknown'])
    .describe('other: something else stands there; unknown: the DNS could not be asked, or the value is not known.'),
  found: list(z.string()).describe('What stands there now.'),
});
export type DnsRecord = z.infer<typeof dnsRecord>;
