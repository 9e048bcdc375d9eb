import { isIP } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { DirectoryError } from '../directory-error.ts';
import type { Passkey } from './factors.ts';
import type { SecondFactors } from './second-factors.ts';

/** Time that a person has for the browser's question. */
const challengeMs = 5 * 60_000;
const challengesLimit = 1000;

/** By which name a browser reaches the box; passkeys belong to that name. */
export interface Site {
  readonly origin: string;
  readonly rpId: string;
}

/**
 * Whether passkeys work at an origin (WebAuthn §5.1.3: a secure context, and a name): the site, or why not, as a sentence.
 */
export function siteOf(origin: string): Site | { readonly problem: string } {
  const url = URL.parse(origin);
  if (!url) return { problem: 'Passkeys are set up in a browser.' };
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0)
    return { problem: 'Passkeys need a name: open this page by the name of the box, not by its address.' };
  if (url.protocol !== 'https:' && host !== 'localhost')
    return { problem: 'Passkeys need HTTPS with a certificate that your browser trusts.' };
  return { origin, rpId: host };
}

interface Challenge {
  readonly challenge: string;
  readonly until: number;
  /** Of whoever it was made for; undefined where anybody may answer. */
  readonly account?: string | undefined;
  readonly handle?: string;
}

/** A browser's answer, as its own library sends it; looked at by the library of the server. */
export type BrowserAnswer = Readonly<Record<string, unknown>> & { readonly id: string };

/** Registration and login with passkeys (WebAuthn Level 3 §7). Challenges are good once. */
export class PasskeyCeremonies {
  readonly #factors: SecondFactors;
  readonly #clock: Clock;
  readonly #random: (count: number) => Uint8Array;
  readonly #open = new Map<string, Challenge>();

  constructor(factors: SecondFactors, clock: Clock, random: (count: number) => Uint8Array) {
    this.#factors = factors;
    this.#clock = clock;
    this.#random = random;
  }

  async registerOptions(account: string, boxName: string, site: Site): Promise<object> {
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    const handle = this.#factors.handleOf(account);
    const { passkeys = [] } = this.#factors.of(account) ?? {};
    const options = await generateRegistrationOptions({
      rpName: boxName,
      rpID: site.rpId,
      userName: account || 'administrator',
      userID: Uint8Array.from(Buffer.from(handle, 'base64url')),
      challenge: this.#challenge(),
      attestationType: 'none',
      excludeCredentials: passkeys
        .filter(({ rpId }) => rpId === site.rpId)
        .map(({ id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
    });
    this.#keep(`register ${account}`, { challenge: options.challenge, account, handle });
    return options;
  }

  /** @returns recovery codes, when this is the first second factor. @throws DirectoryError */
  async register(account: string, name: string, answer: BrowserAnswer, site: Site): Promise<readonly string[]> {
    const { challenge, handle = '' } = this.#take(`register ${account}`);
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const found = await verifyRegistrationResponse({
      response: answer as never,
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.rpId,
      requireUserVerification: false,
    }).catch((error: Error) => {
      throw new DirectoryError('invalid', `the passkey was not taken: ${error.message}`);
    });
    if (!found.verified) throw new DirectoryError('invalid', 'the passkey was not taken');
    const { credential } = found.registrationInfo;
    if (this.#factors.findPasskey(credential.id)) throw new DirectoryError('exists', 'this passkey is known already');
    const now = this.#clock.now();
    const passkey: Passkey = {
      id: credential.id,
      name,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: [...(credential.transports ?? [])],
      rpId: site.rpId,
      createdAt: now,
      usedAt: 0,
    };
    return this.#factors.addPasskey(account, passkey, handle);
  }

  /**
   * What the browser is asked for a login.
   * @param account whose password was right; undefined for a login with a passkey alone
   * @returns undefined when the account has no passkey for this site
   */
  async loginOptions(ticket: string, site: Site, account?: string): Promise<object | undefined> {
    const passkeys = account === undefined ? [] : (this.#factors.of(account)?.passkeys ?? []);
    const own = passkeys.filter(({ rpId }) => rpId === site.rpId);
    if (account !== undefined && own.length === 0) return undefined;
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    const options = await generateAuthenticationOptions({
      rpID: site.rpId,
      challenge: this.#challenge(),
      allowCredentials: own.map(({ id, transports }) => ({ id, transports })),
      userVerification: account === undefined ? 'required' : 'preferred',
    });
    this.#keep(`login ${ticket}`, { challenge: options.challenge, account });
    return options;
  }

  /** @returns whose passkey it is; undefined when it is not right */
  async login(ticket: string, answer: BrowserAnswer, site: Site): Promise<string | undefined> {
    let asked: Challenge;
    try {
      asked = this.#take(`login ${ticket}`);
    } catch {
      return undefined;
    }
    const known = this.#factors.findPasskey(answer.id);
    if (!known || (asked.account !== undefined && asked.account !== known.account)) return undefined;
    const { passkey, account } = known;
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: answer as never,
        expectedChallenge: asked.challenge,
        expectedOrigin: site.origin,
        expectedRPID: passkey.rpId,
        // Alone it stands for the password too: the authenticator must know its owner.
        requireUserVerification: asked.account === undefined,
        credential: {
          id: passkey.id,
          publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
          counter: passkey.counter,
          transports: [...passkey.transports],
        },
      });
      if (!verified) return undefined;
      await this.#factors.usedPasskey(account, passkey.id, authenticationInfo.newCounter);
      return account;
    } catch {
      return undefined;
    }
  }

  #challenge(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#random(32));
  }

  #keep(key: string, challenge: Omit<Challenge, 'until'>): void {
    this.#open.delete(key);
    this.#open.set(key, { ...challenge, until: this.#clock.now() + challengeMs });
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > challengesLimit && oldest !== undefined) this.#open.delete(oldest);
  }

  /** @throws DirectoryError when it is not there, or too old */
  #take(key: string): Challenge {
    const found = this.#open.get(key);
    this.#open.delete(key);
    if (!found || found.until <= this.#clock.now())
      throw new DirectoryError('invalid', 'that took too long: begin again');
    return found;
  }
}
