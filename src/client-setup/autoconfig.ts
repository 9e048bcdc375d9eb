import { escapeMarkup } from '../lib/markup.ts';
import type { ClientFacts } from './facts.ts';
import type { MailService } from './mail-services.ts';

/**
 * What Thunderbird, K-9, Evolution, FairEmail and others ask for at `http(s)://autoconfig.DOMAIN/mail/config-v1.1.xml` and
 * `DOMAIN/.well-known/autoconfig/mail/config-v1.1.xml`: Mozilla's clientConfig 1.1. Servers stand in the order of preference.
 */
export function autoconfigXml(facts: ClientFacts): string {
  const { domain, title, services } = facts;
  const incoming = services.filter(({ protocol }) => protocol !== 'submission');
  const outgoing = services.filter(({ protocol }) => protocol === 'submission');
  return `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="${escapeMarkup(domain)}">
    <domain>${escapeMarkup(domain)}</domain>
    <displayName>${escapeMarkup(title)}</displayName>
    <displayShortName>${escapeMarkup(domain)}</displayShortName>
${[...incoming, ...outgoing].map(serverElement).join('')}  </emailProvider>
</clientConfig>
`;
}

function serverElement({ protocol, security, host, port }: MailService): string {
  const isOut = protocol === 'submission';
  const name = isOut ? 'outgoingServer' : 'incomingServer';
  return `    <${name} type="${isOut ? 'smtp' : protocol}">
      <hostname>${escapeMarkup(host)}</hostname>
      <port>${port}</port>
      <socketType>${security === 'tls' ? 'SSL' : 'STARTTLS'}</socketType>
      <username>%EMAILADDRESS%</username>
      <authentication>password-cleartext</authentication>
    </${name}>
`;
}
