import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

const ids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organisation: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

const backdatedMs = 24 * 60 * 60_000;
/** RFC 5280 appendix A.1, ub-common-name. */
const longestCommonName = 64;

/** An ECDSA key on P-256. */
export function makeKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/**
 * A certificate for a TLS server that vouches for itself (RFC 5280), signed with ECDSA and SHA-256.
 * @param names domain names and IP addresses; the first is the subject.
 * @returns PEM
 */
export function makeSelfSigned(
  key: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  names: readonly string[],
  fromMs: number,
  untilMs: number,
): string {
  const spki = key.publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(oid(ids.ecdsaWithSha256));
  const subject = nameOf(names[0] ?? 'localhost');
  const certificate = sequence(
    explicit(0, integer(2n)),
    integer(serialNumber()),
    algorithm,
    subject,
    sequence(time(fromMs - backdatedMs), time(untilMs)),
    subject,
    spki,
    explicit(3, sequence(...extensions(spki, names))),
  );
  const signature = sign('sha256', certificate, { key: key.privateKey, dsaEncoding: 'der' });
  return pem('CERTIFICATE', sequence(certificate, algorithm, bitString(signature)));
}

/** 127 bits of chance, not zero (RFC 5280 §4.1.2.2). */
function serialNumber(): bigint {
  return BigInt(`0x${randomBytes(16).toString('hex')}`) >> 1n || 1n;
}

function nameOf(host: string): Buffer {
  const attribute = (id: string, value: string): Buffer => set(sequence(oid(id), utf8String(value)));
  const ascii = asciiName(host);
  return sequence(
    attribute(ids.organisation, 'Caselli (self-signed)'),
    ...(ascii.length <= longestCommonName ? [attribute(ids.commonName, ascii)] : []),
  );
}

function extensions(spki: Buffer, names: readonly string[]): Buffer[] {
  const critical = (id: string, value: Buffer): Buffer => sequence(oid(id), boolean(true), octetString(value));
  const usual = (id: string, value: Buffer): Buffer => sequence(oid(id), octetString(value));
  const digitalSignature = bitString(Buffer.from([0x80]), 7);
  return [
    critical(ids.basicConstraints, sequence()),
    critical(ids.keyUsage, digitalSignature),
    usual(ids.extendedKeyUsage, sequence(oid(ids.serverAuth))),
    usual(ids.subjectAltName, sequence(...names.map(generalName))),
    usual(ids.subjectKeyIdentifier, octetString(createHash('sha1').update(spki).digest())),
  ];
}

/** GeneralName: `[2]` dNSName, `[7]` iPAddress (RFC 5280 §4.2.1.6). */
function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(asciiName(name))) : implicit(7, addressOctets(name));
}

function asciiName(name: string): string {
  return domainToASCII(name) || name;
}

function addressOctets(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{64}(?!$)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
