import { canonicalAddress } from '../accounts/address-rules.ts';
import type { Routing } from '../routing/types.ts';
import type { Client } from './client.ts';
import { SmtpError } from './smtp-error.ts';

/**
 * Who may be named in MAIL FROM. On the submission ports one has to log in first, or come from a trusted network
 * (RFC 6409 §4.3). Who logged in sends as themselves: their address, one that leads to their mailbox, or `<>` (receipts).
 * @param leadsTo where mail to the address would go.
 * @throws SmtpError
 */
export function checkSender(
  reversePath: string,
  client: Client,
  submission: boolean,
  leadsTo: (address: string) => Routing,
): void {
  if (submission && !client.account && !client.trustedNetwork)
    throw new SmtpError(530, '5.7.0', 'log in before you send');
  if (!client.account || reversePath === '') return;
  if (canonicalAddress(reversePath) === client.account.address) return;
  if (!leadsHome(leadsTo(reversePath), client.account.address))
    throw new SmtpError(553, '5.7.1', `${reversePath} is not an address of ${client.account.address}`);
}

function leadsHome(routing: Routing, account: string): boolean {
  return (
    routing.kind === 'routed' &&
    routing.recipients.some(({ route }) => route.agent === 'local' && route.account === account)
  );
}
