import { z } from 'zod';
import { dnsRecord } from '../../../admin/views/dns-views.ts';
import { list } from '../../../admin/views/view.ts';
import { address, ask, type Operations } from '../operation.ts';

/** What the DNS should say of the box. */
export const dnsOperations = {
  dnsRecords: ask(
    'operator',
    'Records that should be published for a domain, and what is; no domain: all of them',
    ['domain check'],
    z.strictObject({ domain: address }),
    list(dnsRecord),
  ),
} satisfies Partial<Operations>;
