import { isIPv6 } from 'node:net';
import type { MailService } from '../client-setup/mail-services.ts';
import { isPublicName } from '../config/public-name.ts';
import { asciiDomain } from '../mail/address.ts';
import { octetsOf } from '../system/network/prefix.ts';

export type RecordType = 'MX' | 'A' | 'AAAA' | 'PTR' | 'TXT' | 'SRV' | 'CNAME';

/** A record that should be published, as a zone file has it: names without the final dot, domains in ASCII. */
export interface WantedRecord {
  readonly domain: string;
  readonly name: string;
  readonly type: RecordType;
  readonly value: string;
  /** What it is good for, and what else must be known, in a sentence. */
  readonly why: string;
}

export interface Facts {
  /** Of the box; what stands in the records is `hostOf` of it. */
  readonly name: string;
  readonly services: readonly MailService[];
  /** Port of the panel with TLS, and whether it is also found without: `http` is 80. */
  readonly https: number | undefined;
  readonly http: number | undefined;
  /** Where the world sees the box; empty when nobody knows. */
  readonly publicAddresses: readonly string[];
  /** Host that takes all mail to the outside; empty where mail goes out directly. */
  readonly smarthost: string;
}

/** The name that records point to: that of the box, or the one that it should be given. */
export function hostOf(name: string, domain: string): string {
  return isPublicName(name) ? name.toLowerCase() : `mail.${ascii(domain)}`;
}

/** Everything that makes mail to a domain arrive here, mail from it be believed, and programs set themselves up. */
export function wantedRecords(domain: string, facts: Facts): WantedRecord[] {
  const zone = ascii(domain);
  const host = hostOf(facts.name, domain);
  const record = (name: string, type: RecordType, value: string, why: string): WantedRecord => ({
    domain,
    name,
    type,
    value,
    why,
  });
  return [
    record(zone, 'MX', `10 ${host}.`, `Mail for ${domain} comes to this box.`),
    ...addressRecords(host, facts, record),
    record(zone, 'TXT', spf(facts.smarthost), spfReason(domain, facts.smarthost)),
    ...serviceRecords(zone, facts.services, record),
    ...setupRecords(zone, host, facts, record),
  ];
}

type Make = (name: string, type: RecordType, value: string, why: string) => WantedRecord;

function addressRecords(host: string, { name, publicAddresses }: Facts, record: Make): WantedRecord[] {
  const rename = host === name.toLowerCase() ? '' : ` Give the box this name, too (it is ${name} now).`;
  if (publicAddresses.length === 0)
    return [
      record(
        host,
        'A',
        '',
        `The name of the box leads to your address in the internet, which is not known here: enter it in the settings under outgoing mail.${rename}`,
      ),
    ];
  return publicAddresses.flatMap((address) => [
    record(
      host,
      isIPv6(address) ? 'AAAA' : 'A',
      address,
      `The name of the box leads to its address in the internet.${rename}`,
    ),
    record(
      reverseName(address),
      'PTR',
      `${host}.`,
      'Other mail servers look up the name behind the address, and refuse mail where there is none. Your internet provider enters it.',
    ),
  ]);
}

/** RFC 7208: hosts of the MX records may send; what comes from elsewhere is suspicious, not refused. */
function spf(smarthost: string): string {
  return smarthost === '' ? 'v=spf1 mx ~all' : `v=spf1 mx a:${smarthost} ~all`;
}

function spfReason(domain: string, smarthost: string): string {
  const said = `Says which hosts send mail of ${domain} (SPF), so that others believe it.`;
  return smarthost === ''
    ? said
    : `${said} Mail leaves through ${smarthost}: if that provider tells you an “include:” of its own, use it in place of “a:”.`;
}

const srvNames = {
  'imap tls': '_imaps',
  'imap starttls': '_imap',
  'pop3 tls': '_pop3s',
  'pop3 starttls': '_pop3',
  'submission tls': '_submissions',
  'submission starttls': '_submission',
} as const;

/** RFC 6186 §3, RFC 8314 §5.1. TLS from the first octet goes before STARTTLS, IMAP before POP3. */
function serviceRecords(zone: string, services: readonly MailService[], record: Make): WantedRecord[] {
  return services.map(({ protocol, security, host, port }) =>
    record(
      `${srvNames[`${protocol} ${security}`]}._tcp.${zone}`,
      'SRV',
      `${(security === 'tls' ? 0 : 10) + (protocol === 'pop3' ? 20 : 0)} 1 ${port} ${host}.`,
      `Mail programs find ${protocol === 'submission' ? 'the server for outgoing mail' : `${protocol.toUpperCase()}`} by themselves.`,
    ),
  );
}

/** Names that mail programs ask by themselves: only where the panel answers at the ports that they ask. */
function setupRecords(zone: string, host: string, { http, https }: Facts, record: Make): WantedRecord[] {
  const records: WantedRecord[] = [];
  if (https === 443 || http === 80)
    records.push(
      record(`autoconfig.${zone}`, 'CNAME', `${host}.`, 'Thunderbird and others ask here how to set themselves up.'),
    );
  if (https === 443)
    records.push(record(`autodiscover.${zone}`, 'CNAME', `${host}.`, 'Outlook asks here how to set itself up.'));
  if (https !== undefined)
    records.push(
      record(`_autodiscover._tcp.${zone}`, 'SRV', `0 1 ${https} ${host}.`, 'Outlook finds the place to ask by this.'),
    );
  return records;
}

/** Name under which the name of an address stands (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(address: string): string {
  if (!isIPv6(address)) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
  const digits = Buffer.from(octetsOf(address)).toString('hex');
  return `${[...digits].toReversed().join('.')}.ip6.arpa`;
}

function ascii(domain: string): string {
  return (asciiDomain(domain) ?? domain).toLowerCase();
}

/** RFC 1035 §5.1; text in quotes, in pieces of at most 255 octets. */
export function zoneLine({ name, type, value }: Pick<WantedRecord, 'name' | 'type' | 'value'>): string {
  if (value === '') return '';
  const data =
    type === 'TXT'
      ? (value.match(/.{1,255}/g) ?? ['']).map((piece) => `"${piece.replaceAll(/["\\]/g, '\\$&')}"`).join(' ')
      : value;
  return `${name}. 3600 IN ${type} ${data}`;
}
