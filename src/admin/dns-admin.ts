import type { Directory } from '../accounts/directory.ts';
import { checkDomain } from '../dns-check/check.ts';
import type { DnsAsker } from '../dns-check/dns-asker.ts';
import type { Facts } from '../dns-check/wanted.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { DnsRecord } from './views/dns-views.ts';

/** What the DNS should say of the box. */
export interface DnsAdmin {
  /** Records that should be published for a domain, empty for all of the box, and what is. */
  dnsRecords(what: { domain: string }): Promise<readonly DnsRecord[]>;
}

export function dnsAdmin(directory: Directory, facts: (domain: string) => Facts, asker: DnsAsker): DnsAdmin {
  return {
    dnsRecords: async ({ domain }) => {
      const all = directory.listDomains();
      const wished = domain.toLowerCase();
      if (wished !== '' && !all.includes(wished))
        throw new AdminError(exitCodes.noUser, `mail for ${domain} is not taken here: caselli domain add ${domain}`);
      const checked = await Promise.all(
        (wished === '' ? all : [wished]).map((one) => checkDomain(one, facts(one), asker)),
      );
      return checked.flat();
    },
  };
}
