import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock, Timer } from '../lib/clock.ts';
import { makeFolder, writeDurable } from '../lib/durable.ts';
import { makeKey, makeSelfSigned } from './self-signed.ts';

/**
 * The box's certificate. Two files are looked for in `<data>/tls`:
 *
 *     cert.pem, key.pem   an administrator's: certificate (with its chain) and key; read, never written
 *     self-signed.pem     our own: key and certificate in one file, so that they are replaced as one
 *
 * The administrator's comes first. Our own is made when there is none, made anew when the name of the box changes or
 * its end comes near, and used as well while the administrator's cannot be: a box with a wrong certificate is of more
 * use than one that cannot be reached.
 */
export interface CertificateInfo {
  readonly selfSigned: boolean;
  readonly names: readonly string[];
  /** Times in ms. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** SHA-256, as programs show it. */
  readonly fingerprint: string;
  /** Why the administrator's certificate is not in use; undefined when nothing is wrong. */
  readonly problem: string | undefined;
}

const dayMs = 24 * 60 * 60_000;
/** Apple's programs take no server certificate of more than 825 days, even one that was trusted by hand. */
const validMs = 820 * dayMs;
const renewBeforeMs = 30 * dayMs;
/** PEM files larger than this are none. */
const mostBytes = 1024 * 1024;

interface Pair {
  readonly key: string;
  readonly cert: string;
}

interface Current extends Pair {
  readonly context: SecureContext;
  readonly info: CertificateInfo;
}

export class Tls {
  readonly #folder: string;
  readonly #name: () => string;
  readonly #clock: Clock;
  #current: Current;
  #timer: Timer | undefined;

  private constructor(folder: string, name: () => string, clock: Clock, current: Current) {
    this.#folder = folder;
    this.#name = name;
    this.#clock = clock;
    this.#current = current;
  }

  /**
   * Reads the certificate, or makes one at the first run. From then on it is looked after once a day until `close`.
   * @param name full name of the box, asked for again each time.
   * @throws Error when the folder cannot be read or written.
   */
  static async open(folder: string, name: () => string, clock: Clock): Promise<Tls> {
    await makeFolder(folder, 0o700);
    const tls = new Tls(folder, name, clock, await load(folder, name(), clock.now()));
    tls.#lookTomorrow();
    return tls;
  }

  /** For servers: ask for every connection, so that a new certificate is in use at once. */
  context(): SecureContext {
    return this.#current.context;
  }

  /** PEM */
  pair(): Pair {
    const { key, cert } = this.#current;
    return { key, cert };
  }

  info(): CertificateInfo {
    return this.#current.info;
  }

  /** Reads the files again, after they or the name of the box were changed. */
  async reload(): Promise<CertificateInfo> {
    this.#current = await load(this.#folder, this.#name(), this.#clock.now());
    return this.#current.info;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookTomorrow(): void {
    this.#timer = this.#clock.timer(dayMs, () => {
      this.#lookTomorrow();
      // What is in use stays in use; the next day may go better.
      this.reload().catch(() => {});
    });
  }
}

async function load(folder: string, name: string, now: number): Promise<Current> {
  const given = await readGiven(folder);
  if (given && 'cert' in given) {
    const current = examine(given, false, undefined);
    if (typeof current !== 'string') return current;
    return own(folder, name, now, current);
  }
  return own(folder, name, now, given?.problem);
}

/** The administrator's files; undefined when there are none. */
async function readGiven(folder: string): Promise<Pair | { readonly problem: string } | undefined> {
  const [cert, key] = await Promise.all(['cert.pem', 'key.pem'].map((file) => read(join(folder, file))));
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) return { problem: 'tls/key.pem is there, but tls/cert.pem is not' };
  if (key === undefined) return { problem: 'tls/cert.pem is there, but tls/key.pem is not' };
  return { cert, key };
}

async function own(folder: string, name: string, now: number, problem: string | undefined): Promise<Current> {
  const path = join(folder, 'self-signed.pem');
  const names = [...new Set([name.toLowerCase(), 'localhost', '127.0.0.1', '::1'])];
  const kept = await read(path).then((text) => text && examine(split(text), true, problem));
  if (typeof kept === 'object' && isFresh(kept, names, now)) return kept;
  const privateKey = typeof kept === 'object' ? createPrivateKey(kept.key) : makeKey();
  const pair = {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: makeSelfSigned({ privateKey, publicKey: createPublicKey(privateKey) }, names, now, now + validMs),
  };
  await writeDurable(path, pair.key + pair.cert, 0o600);
  const made = examine(pair, true, problem);
  if (typeof made === 'string') throw new Error(`the certificate that was made cannot be used: ${made}`);
  return made;
}

function isFresh({ cert, info }: Current, names: readonly string[], now: number): boolean {
  if (info.validUntil - renewBeforeMs < now || info.validFrom > now) return false;
  return new X509Certificate(cert).checkHost(names[0]!, { wildcards: false }) !== undefined;
}

/** @returns what is wrong, when it cannot be used */
function examine(pair: Pair, selfSigned: boolean, problem: string | undefined): Current | string {
  try {
    const certificate = new X509Certificate(pair.cert);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key)))
      return 'the key in tls/key.pem is not the one of the certificate in tls/cert.pem';
    const info = {
      selfSigned,
      names: namesOf(certificate),
      validFrom: certificate.validFromDate.getTime(),
      validUntil: certificate.validToDate.getTime(),
      fingerprint: certificate.fingerprint256,
      problem,
    };
    return { ...pair, info, context: createSecureContext({ ...pair, minVersion: 'TLSv1.2' }) };
  } catch (error) {
    return `tls/cert.pem and tls/key.pem cannot be used: ${(error as Error).message}`;
  }
}

function namesOf(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^[A-Za-z ]+:/, ''));
  return names.filter((name) => name !== '');
}

function split(text: string): Pair {
  const end = text.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: text.slice(0, end), cert: text.slice(Math.max(end, 0)) };
}

async function read(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > mostBytes) return '';
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
