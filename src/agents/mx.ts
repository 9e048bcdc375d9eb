import { isIP, isIPv6 } from 'node:net';
import { asciiDomain, literalAddress } from '../mail/address.ts';
import { isAbsent, type MxRecord, type Resolver } from './resolver.ts';

/** Which hosts take mail for a domain, in the order to try them (RFC 5321 §5.1, null MX RFC 7505). */
export type Exchanges =
  | { readonly kind: 'hosts'; readonly hosts: readonly Exchange[] }
  | { readonly kind: 'failed' | 'deferred'; readonly status: string; readonly text: string };

export interface Exchange {
  /** For TLS and for the report. */
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface MxQuestion {
  readonly resolver: Resolver;
  /** Whether mail to this host would come back to this box. */
  readonly isSelf: (name: string, addresses: readonly string[]) => boolean;
  /** From 0 up to 1; puts hosts of equal preference in random order. */
  readonly random: () => number;
}

/** MX records of one domain, and addresses of one host, that are looked at. */
const maxExchanges = 20;
const maxAddresses = 8;

export async function findExchanges(domain: string, question: MxQuestion): Promise<Exchanges> {
  const literal = literalAddress(domain);
  if (literal !== undefined) return only([{ name: literal, addresses: [literal] }], question);
  const name = asciiDomain(domain);
  if (name === undefined) return failed('5.1.2', `“${domain}” cannot be a domain.`);
  let records: readonly MxRecord[];
  try {
    records = await question.resolver.mx(name);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTFOUND') return failed('5.1.2', `There is no domain ${domain}.`);
    if (code !== 'ENODATA') return unreachableDns(domain);
    records = [];
  }
  if (records.length === 0) return implicit(domain, name, question);
  if (records.some((one) => one.exchange === '' || one.exchange === '.')) {
    return failed('5.1.10', `The domain ${domain} takes no mail.`);
  }
  return explicit(domain, inOrder(records, question.random).slice(0, maxExchanges), question);
}

/** No MX record: the domain itself is the host. */
async function implicit(domain: string, name: string, question: MxQuestion): Promise<Exchanges> {
  const found = await addressesOf(name, question.resolver);
  if (found === 'temporary') return unreachableDns(domain);
  if (found.length === 0) return failed('5.1.2', `The domain ${domain} has no mail server.`);
  return only([{ name, addresses: found }], question);
}

/** Hosts less preferred than this box are left out, or mail would go round in circles (RFC 5321 §5.1). */
async function explicit(domain: string, records: readonly MxRecord[], question: MxQuestion): Promise<Exchanges> {
  // An address in place of a name is against RFC 5321 §5.1 and has no host behind it.
  const named = records.filter((one) => isIP(one.exchange) === 0);
  const found = await Promise.all(named.map((one) => addressesOf(one.exchange, question.resolver)));
  const hosts: Exchange[] = [];
  let ownPriority = Number.POSITIVE_INFINITY;
  for (const [index, { exchange, priority }] of named.entries()) {
    const addresses = found[index]!;
    if (question.isSelf(exchange, addresses === 'temporary' ? [] : addresses))
      ownPriority = Math.min(ownPriority, priority);
  }
  const better = named.map((one) => one.priority < ownPriority);
  for (const [index, { exchange }] of named.entries()) {
    const addresses = found[index]!;
    if (better[index] && addresses !== 'temporary' && addresses.length > 0) hosts.push({ name: exchange, addresses });
  }
  if (hosts.length > 0) return { kind: 'hosts', hosts };
  if (named.some((_, index) => better[index] && found[index] === 'temporary')) return unreachableDns(domain);
  if (ownPriority < Number.POSITIVE_INFINITY) return loop(domain);
  return failed('5.4.4', `None of the mail servers of ${domain} can be found.`);
}

function only(hosts: readonly Exchange[], { isSelf }: MxQuestion): Exchanges {
  const host = hosts[0]!;
  return isSelf(host.name, host.addresses) ? loop(host.name) : { kind: 'hosts', hosts };
}

function inOrder(records: readonly MxRecord[], random: () => number): MxRecord[] {
  return records
    .map(({ exchange, priority }) => ({ exchange: exchange.replace(/\.$/, '').toLowerCase(), priority, lot: random() }))
    .toSorted((a, b) => a.priority - b.priority || a.lot - b.lot);
}

/** IPv6 first; empty when the host does not exist. */
export async function addressesOf(host: string, resolver: Resolver): Promise<readonly string[] | 'temporary'> {
  if (isIP(host) !== 0) return [host];
  try {
    const found = await resolver.addresses(host);
    return [...found].toSorted((a, b) => Number(isIPv6(b)) - Number(isIPv6(a))).slice(0, maxAddresses);
  } catch (error) {
    return isAbsent(error) ? [] : 'temporary';
  }
}

function failed(status: string, text: string): Exchanges {
  return { kind: 'failed', status, text };
}

function loop(domain: string): Exchanges {
  return failed('5.4.6', `Mail for ${domain} is to come to this box, which does not keep mail for it.`);
}

function unreachableDns(domain: string): Exchanges {
  return { kind: 'deferred', status: '4.4.3', text: `The name service gave no answer for ${domain}.` };
}
