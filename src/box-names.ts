import { type Listening, mailServices, servedPorts } from './client-setup/mail-services.ts';
import type { Config } from './config/schema.ts';
import { publicAddresses } from './dns-check/public-address.ts';
import { type Facts, hostOf } from './dns-check/wanted.ts';

/** What the DNS check must know of the box, as it is now. */
export function nameFacts(config: () => Config, listening: Listening): (domain: string) => Facts {
  return (domain) => {
    const now = config();
    const ports = servedPorts(now, listening);
    return {
      name: now.name,
      services: mailServices(now, listening, hostOf(now.name, domain)),
      https: ports.get('https'),
      http: ports.get('http'),
      publicAddresses: publicAddresses(now.outbound.publicAddresses),
      smarthost: now.outbound.smarthost?.host ?? '',
    };
  };
}
