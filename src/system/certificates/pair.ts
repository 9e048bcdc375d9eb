import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { domainToASCII } from 'node:url';

/** A private key and the certificate for it, with those that vouch for it after it; PEM. */
export interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** What a person who looks at a certificate wants to know. */
export interface CertificateFacts {
  readonly names: readonly string[];
  /** Who vouches for it, `Let's Encrypt R11`. */
  readonly issuer: string;
  /** Times in ms. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** SHA-256, as programs show it. */
  readonly fingerprint: string;
}

/** Why a pair cannot be used, in a sentence. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** A text larger than this is no pair. */
export const mostPairBytes = 256 * 1024;
/** Longer chains are no chains. */
const mostCertificates = 10;

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/g;

/**
 * Reads key and certificates out of text, in whatever order they stand (RFC 7468; PKCS#8, SEC 1 and PKCS#1 keys), and brings
 * them into the order of TLS (RFC 8446 §4.4.2): the one of the key first, then those that vouch for it.
 * @throws CertificateError
 */
export function readPair(text: string): Pair {
  if (text.length > mostPairBytes) throw new CertificateError('This is too long for a certificate and its key.');
  const key = readKey(text);
  const certificates = readCertificates(text);
  const own = certificates.find((one) => one.checkPrivateKey(key));
  if (!own) {
    const found = certificates.map((one) => nameOf(one.subject)).join(', ');
    throw new CertificateError(`The key is not the one of the certificate (for ${found}).`);
  }
  const chain = chainOf(own, certificates);
  const pair = {
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
    cert: chain.map(String).join(''),
  };
  contextOf(pair);
  return pair;
}

function readKey(text: string): KeyObject {
  const blocks = [...text.matchAll(keyBlock)].map(([block]) => block);
  const [block] = blocks;
  if (block === undefined) throw new CertificateError('There is no private key (“BEGIN PRIVATE KEY”).');
  if (blocks.length > 1) throw new CertificateError('There is more than one private key.');
  if (/ENCRYPTED/.test(block))
    throw new CertificateError('The key is protected by a passphrase: save it without one, and try again.');
  try {
    return createPrivateKey(block);
  } catch {
    throw new CertificateError('The private key cannot be read: it must be PKCS#8, EC or RSA in PEM form.');
  }
}

function readCertificates(text: string): X509Certificate[] {
  const blocks = text.match(certificateBlock) ?? [];
  if (blocks.length === 0) throw new CertificateError('There is no certificate (“BEGIN CERTIFICATE”).');
  if (blocks.length > mostCertificates) throw new CertificateError('There are too many certificates.');
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new CertificateError(`Certificate ${index + 1} cannot be read.`);
    }
  });
}

function chainOf(own: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [own];
  const rest = new Set(all.filter((one) => one.fingerprint256 !== own.fingerprint256));
  for (let last = own; rest.size > 0; ) {
    const next = [...rest].find((one) => last.checkIssued(one) && last.verify(one.publicKey));
    if (!next) {
      const strangers = [...rest].map((one) => nameOf(one.subject)).join(', ');
      throw new CertificateError(
        `The chain is broken: ${nameOf(last.subject)} is signed by ${nameOf(last.issuer)}, and what was given is ${strangers}.`,
      );
    }
    rest.delete(next);
    chain.push(next);
    last = next;
  }
  return chain;
}

/** @throws CertificateError when a pair that can be read is no use for this box now. */
export function checkUse(pair: Pair, name: string, now: number): void {
  const certificate = new X509Certificate(pair.cert);
  const { validFrom, validUntil, names } = factsOf(certificate);
  if (now >= validUntil) throw new CertificateError(`The certificate ended on ${day(validUntil)}.`);
  if (now < validFrom) throw new CertificateError(`The certificate begins only on ${day(validFrom)}.`);
  const late = all(pair.cert).find((one) => one.validToDate.getTime() <= now);
  if (late)
    throw new CertificateError(`${nameOf(late.subject)} in the chain ended on ${day(late.validToDate.getTime())}.`);
  if (!covers(certificate, name))
    throw new CertificateError(
      `The certificate is for ${names.join(', ') || 'no name'}, and the box is called ${name}: mail programs would refuse it.`,
    );
}

/** Whether a server of this name or address may show it (RFC 9525). */
export function covers(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return certificate.checkHost(domainToASCII(name) || name) !== undefined;
}

function all(cert: string): X509Certificate[] {
  return (cert.match(certificateBlock) ?? []).map((block) => new X509Certificate(block));
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  const names = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^[A-Za-z ]+:/, ''));
  return {
    names: names.filter((name) => name !== '').map(shortAddress),
    issuer: nameOf(certificate.issuer),
    validFrom: certificate.validFromDate.getTime(),
    validUntil: certificate.validToDate.getTime(),
    fingerprint: certificate.fingerprint256,
  };
}

/** `0:0:0:0:0:0:0:1` as `::1` (RFC 5952). */
function shortAddress(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}

/** @throws CertificateError when TLS cannot be spoken with it. */
export function contextOf(pair: Pair): SecureContext {
  try {
    return createSecureContext({ ...pair, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new CertificateError(`Key and certificate cannot be used: ${(error as Error).message}`);
  }
}

/** `Example GmbH R3` of a name in lines (`O=Example GmbH\nCN=R3`). */
function nameOf(lines: string): string {
  const part = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(lines)?.[1] ?? '';
  const [organisation, name] = [part('O'), part('CN')];
  const parts = name.startsWith(organisation) ? [name] : [organisation, name];
  return parts.filter((text) => text !== '').join(' ') || lines.replaceAll('\n', ', ') || 'nobody';
}

export function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
