import type { AccountInfo, DirectorySnapshot } from '../accounts/directory-snapshot.ts';
import type { Config } from '../config/schema.ts';
import type { Asker } from '../routing/types.ts';
import { inNetworks, isLoopback } from './networks.ts';

/** What the session knows of a login; kept as the library's `session.user`. */
export interface Login {
  readonly account: AccountInfo;
  readonly mechanism: string;
}

/** The client, as far as policy asks. */
export interface Client {
  readonly remote: string;
  readonly tls: boolean;
  /** Who logged in, as the directory knows the account now; undefined when it has gone or was disabled since. */
  readonly account: AccountInfo | undefined;
  /** From `relayNetworks`: may send anywhere without logging in. */
  readonly trustedNetwork: boolean;
  readonly asker: Asker;
}

export function describeClient(
  session: { readonly remoteAddress: string; readonly secure: boolean; readonly user?: Login | false | undefined },
  config: Config['smtp'],
  directory: DirectorySnapshot,
): Client {
  const remote = session.remoteAddress;
  const known = session.user ? directory.account(session.user.account.address) : undefined;
  const account = known?.disabled ? undefined : known;
  const trustedNetwork = inNetworks(remote, config.relayNetworks);
  const fax = (account?.fax ?? false) || trustedNetwork || inNetworks(remote, config.faxNetworks);
  return {
    remote,
    tls: session.secure,
    account,
    trustedNetwork,
    asker: { relay: account !== undefined || trustedNetwork, fax, source: 'esmtp' },
  };
}

/** Whether a password may be said here. */
export function mayLogIn(client: Pick<Client, 'remote' | 'tls'>, config: Config['smtp']): boolean {
  return client.tls || !config.requireTlsForLogin || isLoopback(client.remote);
}
