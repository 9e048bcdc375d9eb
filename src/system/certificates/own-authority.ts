import { createHash, createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Pair } from './pair.ts';

/**
 * The box's own certificate authority: a key on P-256 that vouches for the certificate of this one box (RFC 5280). Who trusts
 * it once is not asked again when the box gets another name or address. The library is loaded when something is made.
 */

const dayMs = 24 * 60 * 60_000;
const authorityMs = 3653 * dayMs;
/** Apple's programs take no server certificate of more than 825 days, even of an authority that was trusted by hand. */
export const serverMs = 397 * dayMs;
const backdatedMs = dayMs;
/** RFC 5280 appendix A.1, ub-common-name. */
const longestCommonName = 64;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Node's own, which the library knows as the one of browsers: the same standard, declared twice. */
const provider = webcrypto as never;
const known = (key: webcrypto.CryptoKey) => key as never;

async function library() {
  // The library registers its parts by metadata of their classes, and leaves it to its user to bring that.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** @param name what people read when they are asked whether to trust it */
export async function makeAuthority(name: string, now: number): Promise<Pair> {
  const x509 = await library();
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ O: ['Caselli'] }, { CN: [`Caselli ${name}`.slice(0, longestCommonName)] }],
      notBefore: new Date(now - backdatedMs),
      notAfter: new Date(now + authorityMs),
      keys: { publicKey: known(keys.publicKey), privateKey: known(keys.privateKey) },
      signingAlgorithm: signing,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        new x509.SubjectKeyIdentifierExtension(keyId(keys.publicKey)),
      ],
    },
    provider,
  );
  return { key: pemOf(keys.privateKey), cert: `${certificate.toString('pem')}\n` };
}

/** @param names domain names and addresses of the server; the first is the subject */
export async function issue(authority: Pair, names: readonly string[], now: number): Promise<Pair> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await makeKeys();
  const subject = asciiName(names[0]!);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: subject.length <= longestCommonName ? [{ CN: [subject] }] : [{ O: ['Caselli'] }],
      issuer: issuer.subjectName,
      notBefore: new Date(now - backdatedMs),
      notAfter: new Date(now + serverMs),
      publicKey: known(keys.publicKey),
      signingKey: known(await signingKey(authority.key)),
      signingAlgorithm: signing,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({
            type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const),
            value: asciiName(name),
          })),
        ),
        new x509.SubjectKeyIdentifierExtension(keyId(keys.publicKey)),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, provider),
      ],
    },
    provider,
  );
  return { key: pemOf(keys.privateKey), cert: `${certificate.toString('pem')}\n` };
}

/** A server whose authority is not kept: for a page in need, and for tests. */
export async function issueAlone(
  names: readonly string[],
  now: number,
): Promise<{ readonly server: Pair; readonly authority: string }> {
  const authority = await makeAuthority(names[0]!, now);
  return { server: await issue(authority, names, now), authority: authority.cert };
}

/** Whether the authority can vouch for a server that is made now. */
export function authorityIsGood(authority: Pair, now: number): boolean {
  try {
    const certificate = new X509Certificate(authority.cert);
    return (
      certificate.checkPrivateKey(createPrivateKey(authority.key)) &&
      certificate.validFromDate.getTime() <= now &&
      certificate.validToDate.getTime() > now + serverMs
    );
  } catch {
    return false;
  }
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const octets = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', Uint8Array.from(octets), algorithm, false, ['sign']);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }));
}

/** RFC 5280 §4.2.1.2, as the library makes it of the issuer's key. */
function keyId(key: webcrypto.CryptoKey): string {
  const { x, y } = KeyObject.from(key).export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
  return createHash('sha1').update(point).digest('hex');
}

/** 127 bits of chance, not zero (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const octets = randomBytes(16);
  octets[0] = (octets[0]! & 0x7f) | 1;
  return octets.toString('hex');
}

function asciiName(name: string): string {
  return isIP(name) === 0 ? domainToASCII(name) || name : name;
}
