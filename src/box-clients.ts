import type { Directory } from './accounts/directory.ts';
import { type ClientFacts, hostFor } from './client-setup/facts.ts';
import { type Listening, mailServices } from './client-setup/mail-services.ts';
import type { Config } from './config/schema.ts';
import { parseMailbox } from './mail/address.ts';

/** What mail programs are told of the box, as it is now. */
export function clientFacts(parts: {
  readonly config: () => Config;
  readonly listening: Listening;
  readonly directory: Pick<Directory, 'listDomains'>;
}): (address: string, reachedBy?: string) => ClientFacts | undefined {
  const { config, listening, directory } = parts;
  return (address, reachedBy = '') => {
    const mailbox = parseMailbox(address, { utf8: true });
    const domain = mailbox?.domain.toLowerCase();
    if (domain === undefined || !directory.listDomains().includes(domain)) return undefined;
    const now = config();
    // Names that programs ask by themselves are no names of servers.
    const named = reachedBy.replace(/^(?:autoconfig|autodiscover)\./i, '') === reachedBy ? reachedBy : '';
    const services = mailServices(now, listening, hostFor(now.name, named));
    const title = now.fax.organisation || domain;
    return { address, domain, fullName: '', title, services };
  };
}
