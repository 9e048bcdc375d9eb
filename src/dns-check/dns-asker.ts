import { Resolver } from 'node:dns/promises';
import type { Published } from './judge.ts';
import type { RecordType } from './wanted.ts';

export interface DnsAsker {
  /** Values as zone files write them, names with the final dot. Never throws: what gave no answer is unknown. */
  ask(name: string, type: RecordType): Promise<Published>;
}

/** A name server has so long for an answer, so often. */
const answerMs = 2500;
const tries = 2;

/** @param servers `192.0.2.1` or `192.0.2.1:5353`; the system's own when empty */
export function dnsAsker(servers: readonly string[] = []): DnsAsker {
  return {
    // Made anew each time: the name servers of the machine change.
    ask: async (name, type) => {
      const resolver = new Resolver({ timeout: answerMs, tries });
      if (servers.length > 0) resolver.setServers(servers);
      try {
        return await values(resolver, name, type);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : 'unknown';
      }
    },
  };
}

async function values(resolver: Resolver, name: string, type: RecordType): Promise<string[]> {
  switch (type) {
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}.`);
    case 'SRV':
      return (await resolver.resolveSrv(name)).map(
        ({ priority, weight, port, name: host }) => `${priority} ${weight} ${port} ${host}.`,
      );
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
    case 'PTR':
      return (await resolver.resolvePtr(name)).map((host) => `${host}.`);
    case 'CNAME':
      return (await resolver.resolveCname(name)).map((host) => `${host}.`);
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
  }
}
