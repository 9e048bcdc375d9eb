import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import type { Clock, Timer } from '../lib/clock.ts';
import { makeFolder, removeDurable, writeDurable } from '../lib/durable.ts';
import { authorityIsGood, issue, makeAuthority } from './certificates/own-authority.ts';
import {
  type CertificateFacts,
  checkUse,
  contextOf,
  covers,
  factsOf,
  mostPairBytes,
  type Pair,
  readPair,
} from './certificates/pair.ts';

/**
 * The box's certificate. Files in `<data>/tls`, each with key and certificates in one, so that they are replaced as one:
 *
 *     given.pem           an administrator's, handed in
 *     cert.pem, key.pem   an administrator's as well, put there by hand; read, never written
 *     acme.pem            of an authority that was asked by ACME
 *     authority.pem       our own authority
 *     own.pem             signed by it
 *
 * The first one that is good now is used. Our own is made when there is none, and anew when two thirds of its time have
 * passed or the box gets a name or address that it does not have: a box is never without a certificate.
 */
export type CertificateSource = 'given' | 'acme' | 'own';

export interface CertificateInfo extends CertificateFacts {
  readonly source: CertificateSource;
  /** Why the administrator's certificate is not in use; undefined when nothing is wrong. */
  readonly problem: string | undefined;
}

/** Our own authority, for those who are to trust it. */
export interface AuthorityInfo extends CertificateFacts {
  /** PEM */
  readonly cert: string;
}

export interface TlsParts {
  /** Made when it is not there. */
  readonly folder: string;
  /** Names and addresses by which the box is reached; asked for again each time. The first is its full name. */
  readonly names: () => readonly string[];
  /** Whether a certificate of an ACME authority may be used. */
  readonly useAcme?: () => boolean;
  readonly clock: Clock;
  /** Another certificate is in use. */
  readonly changed?: (info: CertificateInfo) => void;
}

interface Current extends Pair {
  readonly context: SecureContext;
  readonly info: CertificateInfo;
}

const dayMs = 24 * 60 * 60_000;

export class Tls {
  readonly #parts: TlsParts;
  #current!: Current;
  #authority!: AuthorityInfo;
  #timer: Timer | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(parts: TlsParts) {
    this.#parts = parts;
  }

  /**
   * Reads the certificate, or makes one at the first run. From then on it is looked after once a day until `close`.
   * @throws Error when the folder cannot be read or written.
   */
  static async open(parts: TlsParts): Promise<Tls> {
    await makeFolder(parts.folder, 0o700);
    const tls = new Tls(parts);
    await tls.#load();
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

  authority(): AuthorityInfo {
    return this.#authority;
  }

  /** Reads the files again, after they, a name or an address of the box were changed. */
  reload(): Promise<CertificateInfo> {
    return this.#inTurn(async () => {});
  }

  /**
   * Takes an administrator's certificate into use: PEM, in any order.
   * @throws CertificateError
   */
  give(text: string): Promise<CertificateInfo> {
    return this.#inTurn(async () => {
      const pair = readPair(text);
      checkUse(pair, this.#name(), this.#parts.clock.now());
      await this.#write('given.pem', pair);
    });
  }

  /** Back to what the box gets by itself. Files that were put there by hand stay. */
  takeBack(): Promise<CertificateInfo> {
    return this.#inTurn(() => removeDurable(this.#path('given.pem')));
  }

  /** @throws CertificateError */
  putAcme(pair: Pair): Promise<CertificateInfo> {
    return this.#inTurn(async () => {
      await this.#write('acme.pem', readPair(pair.key + pair.cert));
    });
  }

  /** What the ACME authority gave last, whether it is in use or not. */
  async acme(): Promise<CertificateFacts | undefined> {
    const pair = await this.#kept('acme.pem');
    return pair && factsOf(new X509Certificate(pair.cert));
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #name(): string {
    return this.#parts.names()[0]!;
  }

  #path(file: string): string {
    return join(this.#parts.folder, file);
  }

  async #write(file: string, { key, cert }: Pair): Promise<void> {
    await writeDurable(this.#path(file), key + cert, 0o600);
  }

  #lookTomorrow(): void {
    this.#timer = this.#parts.clock.timer(dayMs, () => {
      this.#lookTomorrow();
      // What is in use stays in use; the next day may go better.
      this.reload().catch(() => {});
    });
  }

  #inTurn(work: () => Promise<void>): Promise<CertificateInfo> {
    const done = this.#turn.then(async () => {
      await work();
      await this.#load();
      return this.info();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  async #load(): Promise<void> {
    const former = this.#current?.info;
    const authority = await this.#openAuthority();
    this.#authority = { ...factsOf(new X509Certificate(authority.cert)), cert: authority.cert };
    this.#current = await this.#choose(authority);
    const { info } = this.#current;
    if (former && former.fingerprint !== info.fingerprint) this.#parts.changed?.(info);
  }

  async #choose(authority: Pair): Promise<Current> {
    let problem: string | undefined;
    try {
      const given = await this.#given();
      if (given) {
        // One for other names was put there on purpose; one that has ended helps nobody.
        const current = inUse(given, 'given', undefined);
        const { validUntil } = current.info;
        if (validUntil > this.#parts.clock.now()) return current;
        problem = `the certificate that was given ended on ${new Date(validUntil).toISOString().slice(0, 10)}`;
      }
    } catch (error) {
      problem = `the certificate that was given cannot be used: ${(error as Error).message}`;
    }
    const acme = this.#parts.useAcme?.() ? await this.#kept('acme.pem') : undefined;
    if (acme && isGood(acme, this.#name(), this.#parts.clock.now())) return inUse(acme, 'acme', problem);
    return inUse(await this.#own(authority), 'own', problem);
  }

  async #given(): Promise<Pair | undefined> {
    const given = await read(this.#path('given.pem'));
    if (given !== undefined) return readPair(given);
    const [cert, key] = await Promise.all(['cert.pem', 'key.pem'].map((file) => read(this.#path(file))));
    if (cert === undefined && key === undefined) return undefined;
    if (cert === undefined) throw new Error('tls/key.pem is there, but tls/cert.pem is not');
    if (key === undefined) throw new Error('tls/cert.pem is there, but tls/key.pem is not');
    return readPair(`${key}\n${cert}`);
  }

  async #openAuthority(): Promise<Pair> {
    const now = this.#parts.clock.now();
    const kept = await this.#kept('authority.pem');
    if (kept && authorityIsGood(kept, now)) return kept;
    const made = await makeAuthority(this.#name(), now);
    await this.#write('authority.pem', made);
    // What versions before this one made is signed by nobody.
    await removeDurable(this.#path('self-signed.pem'));
    return made;
  }

  async #own(authority: Pair): Promise<Pair> {
    const now = this.#parts.clock.now();
    const names = [
      ...new Set([...this.#parts.names(), 'localhost', '127.0.0.1', '::1'].map((one) => one.toLowerCase())),
    ];
    const kept = await this.#kept('own.pem');
    if (kept && isFresh(kept, authority, names, now)) return kept;
    const made = await issue(authority, names, now);
    await this.#write('own.pem', made);
    return made;
  }

  /** One of our files; undefined when it is not there, or is not whole. */
  async #kept(file: string): Promise<Pair | undefined> {
    const text = await read(this.#path(file));
    try {
      return text === undefined ? undefined : readPair(text);
    } catch {
      return undefined;
    }
  }
}

function inUse(pair: Pair, source: CertificateSource, problem: string | undefined): Current {
  const info = { ...factsOf(new X509Certificate(pair.cert)), source, problem };
  return { ...pair, info, context: contextOf(pair) };
}

function isGood(pair: Pair, name: string, now: number): boolean {
  try {
    checkUse(pair, name, now);
    return true;
  } catch {
    return false;
  }
}

function isFresh(pair: Pair, authority: Pair, names: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(pair.cert);
  const { validFrom, validUntil } = factsOf(certificate);
  if (validFrom > now || now > validFrom + (2 / 3) * (validUntil - validFrom)) return false;
  if (!certificate.verify(new X509Certificate(authority.cert).publicKey)) return false;
  return names.every((name) => covers(certificate, name));
}

async function read(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > mostPairBytes) return '';
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
