import { splitAddress } from '../mail/address.ts';
import { canonicalAddress, canonicalDomain } from './address-rules.ts';
import type { AccountInfo, DirectorySnapshot } from './directory-snapshot.ts';

export interface DirectoryContent {
  readonly people: readonly AccountInfo[];
  /** The default one first. */
  readonly domains: readonly string[];
  readonly aliases: readonly { readonly name: string; readonly targets: readonly string[] }[];
}

/** A snapshot over `content`, which is canonical. Tests of other parts make theirs with it. */
export function makeSnapshot(content: DirectoryContent): DirectorySnapshot {
  const people = new Map(content.people.map((person) => [person.address, Object.freeze({ ...person })]));
  const domains = new Set(content.domains);
  const aliases = new Map(content.aliases.map(({ name, targets }) => [name, Object.freeze([...targets])]));
  return Object.freeze({
    defaultDomain: content.domains[0],
    isLocalDomain: (domain: string) => domains.has(canonicalDomain(domain)),
    account: (address: string) => people.get(canonicalAddress(address)),
    alias(address: string) {
      const name = canonicalAddress(address);
      const own = aliases.get(name);
      if (own || people.has(name)) return own;
      const { localpart, domain } = splitAddress(name);
      return aliases.get(`@${domain}`)?.map((target) => (target.startsWith('@') ? localpart + target : target));
    },
  });
}
