import type { Directory } from '../accounts/directory.ts';
import { appleProfile } from '../client-setup/apple-profile.ts';
import { type ClientFacts, mainServices } from '../client-setup/facts.ts';
import { AdminError, exitCodes, type Output } from './admin-api.ts';
import type { ClientView } from './views/client-views.ts';

/** How mail programs are set up for a mailbox. */
export interface ClientAdmin {
  clientSetup(who: { account: string }): Promise<ClientView>;
  /** Apple's profile for the mailbox. */
  clientProfile(who: { account: string }, output: Output): Promise<void>;
}

export interface ClientAdminParts {
  readonly directory: Pick<Directory, 'snapshot'>;
  /** undefined for an address of a domain of others */
  readonly facts: (address: string) => ClientFacts | undefined;
  /** Of the box's own authority, DER, where the certificate in use is signed by it. */
  readonly authority: () => Buffer | undefined;
  /** Where the panel answers with the profile, for an address. */
  readonly applePath: (address: string) => string;
}

export function clientAdmin({ directory, facts, authority, applePath }: ClientAdminParts): ClientAdmin {
  const factsOf = (account: string): ClientFacts => {
    const person = directory.snapshot().account(account);
    const found = person && facts(person.address);
    if (!person || !found)
      throw new AdminError(exitCodes.noUser, `there is no account ${account || 'without a mailbox'}`);
    return { ...found, fullName: person.fullName };
  };
  return {
    clientSetup: async ({ account }) => {
      const found = factsOf(account);
      const { address, fullName, services } = found;
      return {
        address,
        fullName,
        services,
        applePath: mainServices(found) ? applePath(address) : '',
        ownAuthority: authority() !== undefined,
      };
    },
    clientProfile: async ({ account }, output) => {
      const profile = appleProfile(factsOf(account), authority());
      if (profile === undefined)
        throw new AdminError(exitCodes.config, 'IMAP and POP3, or submission, are switched off');
      await output(Buffer.from(profile));
    },
  };
}
