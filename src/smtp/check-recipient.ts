import type { Asker, Routing } from '../routing/types.ts';
import type { Client } from './client.ts';
import { SmtpError } from './smtp-error.ts';

/**
 * Whether mail to the address is taken from this client, as the router says; a trial of what the queue will do.
 * @throws SmtpError with the router's words
 */
export function checkRecipient(
  address: string,
  client: Client,
  route: (address: string, asker: Asker) => Routing,
): void {
  const routing = route(address, client.asker);
  if (routing.kind === 'refused') throw new SmtpError(routing.code, routing.status, routing.text);
}
