import { asciiDomain } from '../mail/address.ts';
import type { DnsAsker } from './dns-asker.ts';
import { isSpf, judge, type Published, type RecordState } from './judge.ts';
import { type Facts, hostOf, type WantedRecord, wantedRecords, zoneLine } from './wanted.ts';

/** A record that should be published, and what is. */
export interface CheckedRecord extends WantedRecord {
  readonly state: RecordState;
  readonly found: readonly string[];
  /** To copy into a zone file; empty while the value is not known. */
  readonly zone: string;
}

/** Values of one name that are shown; more than that is not the work of an office. */
const mostFound = 20;

/** Asks the DNS for everything that should be published for a domain. */
export async function checkDomain(domain: string, facts: Facts, asker: DnsAsker): Promise<CheckedRecord[]> {
  if (asciiDomain(domain) === undefined) return [];
  const host = hostOf(facts.name, domain);
  return Promise.all(
    wantedRecords(domain, facts).map(async (wanted) => {
      const published = await asker.ask(wanted.name, wanted.type);
      const state = judge(wanted, published);
      const told = { ...wanted, zone: zoneLine(wanted), found: shown(wanted, published) };
      if (state !== 'missing' || wanted.type !== 'CNAME') return { ...told, state };
      // Addresses in place of an alias do as well.
      const [own, direct] = await Promise.all([asker.ask(host, 'A'), asker.ask(wanted.name, 'A')]);
      if (direct === 'unknown' || direct.length === 0) return { ...told, state };
      const addresses = own === 'unknown' ? facts.publicAddresses : [...facts.publicAddresses, ...own];
      return { ...told, found: direct, state: direct.some((one) => addresses.includes(one)) ? 'right' : 'other' };
    }),
  );
}

function shown({ type }: WantedRecord, published: Published): readonly string[] {
  if (published === 'unknown') return [];
  return (type === 'TXT' ? published.filter(isSpf) : published).slice(0, mostFound);
}
