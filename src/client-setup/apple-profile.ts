import { createHash } from 'node:crypto';
import { escapeMarkup } from '../lib/markup.ts';
import { type ClientFacts, mainServices } from './facts.ts';

/** A value of a property list (Apple's plist 1.0): `Buffer` is data. */
type Value = string | number | boolean | Buffer | readonly Value[] | { readonly [key: string]: Value };

/**
 * A configuration profile for iPhone, iPad and Mac: the mail account, and the box's own authority where its certificate is
 * signed by that, so that nothing more is asked. Payload keys are those of Apple's Configuration Profile Reference. Identifiers
 * follow from box and address: a profile that is installed again replaces the former one.
 *
 * @param authority certificate of the box's own authority, DER; none where the world trusts the certificate
 * @returns undefined where the box serves no mailboxes or takes no mail from programs
 */
export function appleProfile(facts: ClientFacts, authority: Buffer | undefined): string | undefined {
  const main = mainServices(facts);
  if (!main) return undefined;
  const { address, fullName, title } = facts;
  const { incoming, outgoing } = main;
  const identifier = `box.caselli.${incoming.host}.${address}`;
  const payload = (type: string, name: string, more: { readonly [key: string]: Value }): Value => ({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.${name}`,
    PayloadUUID: uuidOf(`${identifier}.${name}`),
    ...more,
  });
  const mail = payload('com.apple.mail.managed', 'mail', {
    PayloadDisplayName: address,
    EmailAccountDescription: title,
    EmailAccountName: fullName,
    EmailAddress: address,
    EmailAccountType: incoming.protocol === 'imap' ? 'EmailTypeIMAP' : 'EmailTypePOP',
    IncomingMailServerAuthentication: 'EmailAuthPassword',
    IncomingMailServerHostName: incoming.host,
    IncomingMailServerPortNumber: incoming.port,
    IncomingMailServerUseSSL: true,
    IncomingMailServerUsername: address,
    OutgoingMailServerAuthentication: 'EmailAuthPassword',
    OutgoingMailServerHostName: outgoing.host,
    OutgoingMailServerPortNumber: outgoing.port,
    OutgoingMailServerUseSSL: true,
    OutgoingMailServerUsername: address,
    OutgoingPasswordSameAsIncomingPassword: true,
    PreventMove: false,
    PreventAppSheet: false,
  });
  const trust =
    authority &&
    payload('com.apple.security.root', 'authority', { PayloadDisplayName: title, PayloadContent: authority });
  const profile: Value = {
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuidOf(identifier),
    PayloadDisplayName: `${title}: ${address}`,
    PayloadOrganization: title,
    PayloadRemovalDisallowed: false,
    PayloadContent: trust ? [trust, mail] : [mail],
  };
  const head = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">';
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n<plist version="1.0">\n${element(profile, '')}</plist>\n`;
}

function element(value: Value, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${escapeMarkup(value)}</string>\n`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>\n`;
  if (typeof value === 'boolean') return `${indent}<${value}/>\n`;
  if (Buffer.isBuffer(value)) return `${indent}<data>${value.toString('base64')}</data>\n`;
  const deeper = `${indent}  `;
  if (Array.isArray(value))
    return `${indent}<array>\n${value.map((one: Value) => element(one, deeper)).join('')}${indent}</array>\n`;
  const rows = Object.entries(value as { readonly [key: string]: Value });
  const inner = rows.map(([key, one]) => `${deeper}<key>${escapeMarkup(key)}</key>\n${element(one, deeper)}`);
  return `${indent}<dict>\n${inner.join('')}${indent}</dict>\n`;
}

/** A UUID that is always the same for the same text (RFC 9562 §5.8). */
function uuidOf(text: string): string {
  const octets = createHash('sha256').update(text).digest().subarray(0, 16);
  octets[6] = (octets[6]! & 0x0f) | 0x80;
  octets[8] = (octets[8]! & 0x3f) | 0x80;
  const hex = octets.toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
