import { domainName } from '../config/values.ts';
import { splitAddress, unicodeDomain } from '../mail/address.ts';

/** What may be the address of a person, a domain of this box, an alias and its targets. Pure. */

/** RFC 5321 §4.5.3.1: octets of a local part, and of a whole path without its brackets. */
export const addressLimits = { localPartBytes: 64, addressBytes: 254 } as const;

/**
 * The one form under which the directory keeps and finds an address: lower case, NFC, domain in Unicode
 * (`xn--…` labels decoded). Not a check: what is no address comes back as some text that is not found.
 */
export function canonicalAddress(text: string): string {
  const plain = text.normalize('NFC').toLowerCase();
  const at = plain.lastIndexOf('@');
  return at < 0 ? plain : `${plain.slice(0, at)}@${canonicalDomain(plain.slice(at + 1))}`;
}

export function canonicalDomain(text: string): string {
  return unicodeDomain(text.normalize('NFC').toLowerCase());
}

/**
 * Local parts of people and aliases: a dot-atom (RFC 5321 §4.1.2, RFC 6531) without the characters that would make
 * trouble in a folder name or that old mail systems give a meaning (`/ ! % |` and such).
 */
const localpartForm = /^[\p{L}\p{M}\p{N}_+&'=~-]+(\.[\p{L}\p{M}\p{N}_+&'=~-]+)*$/u;

/** @returns what is wrong with a canonical address as a person's or alias's, undefined when it will do. */
export function addressProblem(address: string): string | undefined {
  const { localpart, domain } = splitAddress(address);
  if (Buffer.byteLength(localpart) > addressLimits.localPartBytes) return 'has more than 64 octets before the @';
  if (Buffer.byteLength(address) > addressLimits.addressBytes) return 'is longer than 254 octets';
  if (!localpartForm.test(localpart)) return "has something else than letters, digits and . _ + & ' = ~ - before the @";
  return domainProblem(domain);
}

/** @returns what is wrong with a canonical domain as one of this box. */
export function domainProblem(domain: string): string | undefined {
  if (!domainName.safeParse(domain).success) return 'is not a domain name';
  if (/^fax(-|$)/.test(domain)) return 'is kept for faxes';
  return undefined;
}

/**
 * @returns what is wrong with a canonical target of an alias: any mailbox in any domain, a fax address, or `@domain`,
 * which keeps the local part (for an alias of a whole domain only).
 */
export function targetProblem(target: string, aliasOfDomain: boolean): string | undefined {
  const { localpart, domain } = splitAddress(target);
  if (localpart === '' && !aliasOfDomain) return 'has nothing before the @';
  if (Buffer.byteLength(target) > addressLimits.addressBytes) return 'is longer than 254 octets';
  if (/[\s\p{Cc}<>,;:"\\()[\]@]/u.test(localpart)) return 'is not a mail address';
  return domainName.safeParse(domain).success ? undefined : 'is not a mail address';
}
