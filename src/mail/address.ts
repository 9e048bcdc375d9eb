import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * Mailboxes of the envelope (RFC 5321 §4.1.2, UTF-8 by RFC 6531). Header address lists, which may hold much more, are in
 * `address-list.ts`.
 */
export interface Mailbox {
  /** Without quotes and backslashes. */
  readonly localpart: string;
  /** Lower case, as U-label or A-label as it was given, or an address literal with its brackets. */
  readonly domain: string;
}

/** RFC 5321 §4.5.3.1 asks for 64 octets; return paths of mailing lists are longer, so twice that is taken. */
export const maxLocalpartOctets = 128;
/** RFC 5321 §4.5.3.1.2. */
export const maxDomainOctets = 255;
const maxLabelOctets = 63;

const atext = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-]";
const utf8Text = '[\\u00a0-\\u{10FFFF}]';
const dotString = new RegExp(`^(?:${atext}|${utf8Text})+(?:\\.(?:${atext}|${utf8Text})+)*$`, 'u');
/** Quoted-string of RFC 5321: no control characters, not even quoted. */
const quotedString = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|[\u00a0-\u{10FFFF}]|\\[\x20-\x7e])*"$/u;
const label = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?$/u;

/**
 * Reads `Local-part "@" ( Domain / address-literal )`. The domain comes back in lower case.
 * @param options.utf8 whether UTF-8 is allowed (SMTPUTF8); by default it is.
 * @returns undefined when it is not a mailbox.
 */
export function parseMailbox(text: string, options: { readonly utf8?: boolean } = {}): Mailbox | undefined {
  if (options.utf8 === false && /[^\x00-\x7f]/.test(text)) return undefined;
  const at = text.lastIndexOf('@');
  if (at < 1) return undefined;
  const localpart = parseLocalpart(text.slice(0, at));
  const domain = parseDomain(text.slice(at + 1));
  return localpart === undefined || domain === undefined ? undefined : { localpart, domain };
}

function parseLocalpart(text: string): string | undefined {
  if (Buffer.byteLength(text) > maxLocalpartOctets || !text.isWellFormed()) return undefined;
  if (dotString.test(text)) return text;
  if (!quotedString.test(text)) return undefined;
  const inner = text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  return inner === '' ? undefined : inner;
}

/** Reads a domain or an address literal; @returns it in lower case, undefined when it is neither. */
export function parseDomain(text: string): string | undefined {
  if (text.startsWith('[')) return parseLiteral(text);
  const domain = text.normalize('NFC').toLowerCase();
  if (domain === '' || Buffer.byteLength(domain) > maxDomainOctets) return undefined;
  const good = domain.split('.').every((one) => Buffer.byteLength(one) <= maxLabelOctets && label.test(one));
  return good ? domain : undefined;
}

/** `[192.0.2.1]` and `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3); other tags are not in use. */
function parseLiteral(text: string): string | undefined {
  const [, v6, address] = /^\[(ipv6:)?([0-9a-f.:]{2,45})\]$/i.exec(text) ?? [];
  if (address === undefined) return undefined;
  if (v6) return isIPv6(address) ? `[IPv6:${address.toLowerCase()}]` : undefined;
  return isIPv4(address) ? `[${address}]` : undefined;
}

/** The address inside an address literal: `192.0.2.1`, `2001:db8::1`; undefined for a domain. */
export function literalAddress(domain: string): string | undefined {
  return domain.startsWith('[') ? domain.slice(1, -1).replace(/^ipv6:/i, '') : undefined;
}

/** Writes a mailbox, with the local-part quoted where it must be. */
export function formatMailbox(mailbox: Mailbox): string {
  return `${quoteLocalpart(mailbox.localpart)}@${mailbox.domain}`;
}

export function quoteLocalpart(localpart: string): string {
  return dotString.test(localpart) ? localpart : `"${localpart.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Splits at the last `@`, without judging the halves; the domain is empty when there is none. */
export function splitAddress(address: string): Mailbox {
  const at = address.lastIndexOf('@');
  return at < 0
    ? { localpart: address, domain: '' }
    : { localpart: address.slice(0, at), domain: address.slice(at + 1).toLowerCase() };
}

/** A-label form for DNS and for hosts without SMTPUTF8; undefined when the name cannot have one. Literals stay as they are. */
export function asciiDomain(domain: string): string | undefined {
  if (/^[\x00-\x7f]*$/.test(domain)) return domain;
  return domainToASCII(domain) || undefined;
}

/** U-label form, for people to read. */
export function unicodeDomain(domain: string): string {
  return domain.includes('xn--') ? domainToUnicode(domain) || domain : domain;
}

/** The address as a host without SMTPUTF8 can take it (RFC 6531 §3.7.1); undefined when the local-part forbids it. */
export function asciiAddress(address: string): string | undefined {
  const { localpart, domain } = splitAddress(address);
  if (/[^\x00-\x7f]/.test(localpart)) return undefined;
  const ascii = asciiDomain(domain);
  return ascii === undefined ? undefined : domain === '' ? localpart : `${localpart}@${ascii}`;
}
