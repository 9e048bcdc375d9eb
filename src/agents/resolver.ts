import { lookup, resolveMx } from 'node:dns/promises';

/** The questions to the DNS that sending needs. Both throw errors with the `code` of `node:dns`. */
export interface Resolver {
  /** @throws ENOTFOUND no such domain; ENODATA it has no MX record; anything else is temporary. */
  mx(domain: string): Promise<readonly MxRecord[]>;
  /** IPv6 and IPv4 addresses. @throws ENOTFOUND there are none; anything else is temporary. */
  addresses(host: string): Promise<readonly string[]>;
}

export interface MxRecord {
  readonly exchange: string;
  readonly priority: number;
}

/** The system's own: MX from its name servers, addresses as every other program finds them, `/etc/hosts` included. */
export const systemResolver: Resolver = {
  mx: (domain) => resolveMx(domain),
  addresses: async (host) => (await lookup(host, { all: true, order: 'verbatim' })).map((one) => one.address),
};

/** The name server said that there is nothing, and did not fail. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOTFOUND' || code === 'ENODATA';
}
