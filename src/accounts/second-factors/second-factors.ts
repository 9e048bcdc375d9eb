import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { EventBus } from '../../lib/events.ts';
import { DirectoryError } from '../directory-error.ts';
import { type FactorStore, type Factors, hasSecondFactor, type Passkey } from './factors.ts';

const stepMs = 30_000;
/** Clocks of telephones are off by so many steps at most. */
const driftSteps = 1;
/** A key that was shown waits so long for the code that confirms it. */
const beginMs = 15 * 60_000;
const recoveryCount = 10;
export const passkeyLimits = { most: 20, nameLength: 60 } as const;
/** Octets of a key: RFC 4226 §4 recommends 160 bits. */
const secretBytes = 20;
const begunLimit = 1000;

export interface SecondFactorParts {
  readonly store: FactorStore;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly random: (count: number) => Uint8Array;
}

/**
 * Time-based codes (RFC 6238, six digits, 30 s, SHA-1, as every authenticator app takes them), recovery codes and passkeys:
 * what somebody shows beside the password. A code is taken once; what was used is on stable storage before it counts.
 */
export class SecondFactors {
  readonly #parts: SecondFactorParts;
  /** Keys that were shown and are not confirmed. */
  readonly #begun = new Map<string, { readonly secret: string; readonly until: number }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: SecondFactorParts) {
    this.#parts = parts;
  }

  of(account: string): Factors | undefined {
    return this.#parts.store.read(account);
  }

  has(account: string): boolean {
    return hasSecondFactor(this.of(account));
  }

  /** A new key for an authenticator app; it counts when a code of it was given. */
  async beginTotp(account: string, issuer: string): Promise<{ readonly secret: string; readonly uri: string }> {
    const { Secret, TOTP } = await import('otpauth');
    const bytes = Uint8Array.from(this.#parts.random(secretBytes));
    const secret = new Secret({ buffer: bytes.buffer });
    this.#begun.delete(account);
    this.#begun.set(account, { secret: secret.base32, until: this.#parts.clock.now() + beginMs });
    const oldest = this.#begun.keys().next().value;
    if (this.#begun.size > begunLimit && oldest !== undefined) this.#begun.delete(oldest);
    const uri = new TOTP({ issuer, label: account || 'administrator', secret }).toString();
    return { secret: secret.base32, uri };
  }

  /** @returns new recovery codes. @throws DirectoryError `invalid` for a wrong code, or when nothing was begun lately */
  confirmTotp(account: string, code: string): Promise<readonly string[]> {
    return this.#change(async () => {
      const begun = this.#begun.get(account);
      if (!begun || begun.until <= this.#parts.clock.now())
        throw new DirectoryError('invalid', 'the key is too old: begin again');
      const step = await this.#stepOf(begun.secret, code);
      if (step === undefined)
        throw new DirectoryError('invalid', 'this is not the code that the app should show now; is its clock right?');
      const codes = this.#newCodes();
      await this.#write(account, 'set-up', (factors) => ({
        ...factors,
        totp: { secret: begun.secret, lastStep: step },
        recovery: codes.map(hashOf),
      }));
      this.#begun.delete(account);
      return codes;
    });
  }

  removeTotp(account: string): Promise<void> {
    return this.#change(() => this.#write(account, 'removed', ({ totp: _, ...factors }) => factors));
  }

  /** New recovery codes; the former ones are over. @throws DirectoryError `invalid` for somebody without second factor */
  renewRecovery(account: string): Promise<readonly string[]> {
    return this.#change(async () => {
      if (!this.has(account))
        throw new DirectoryError('invalid', 'there is no second factor that these would stand for');
      const codes = this.#newCodes();
      await this.#write(account, 'recovery-renewed', (factors) => ({ ...factors, recovery: codes.map(hashOf) }));
      return codes;
    });
  }

  /** @returns what the code was; undefined when it is wrong or was used already */
  check(account: string, code: string): Promise<'code' | 'recovery code' | undefined> {
    return this.#change(async () => {
      const factors = this.of(account);
      if (!hasSecondFactor(factors) || !factors) return undefined;
      const step = factors.totp && (await this.#stepOf(factors.totp.secret, code));
      if (factors.totp && step !== undefined) {
        if (step <= factors.totp.lastStep) return undefined;
        await this.#parts.store.write(account, { ...factors, totp: { ...factors.totp, lastStep: step } });
        return 'code';
      }
      const hash = hashOf(code);
      const left = factors.recovery.filter((one) => !isSame(one, hash));
      if (left.length === factors.recovery.length) return undefined;
      await this.#write(account, 'recovery-used', () => ({ ...factors, recovery: left }));
      return 'recovery code';
    });
  }

  // Passkeys

  /** Random bytes that stand for the person in authenticators; made when there are none yet. */
  handleOf(account: string): string {
    return this.of(account)?.handle ?? this.#newHandle();
  }

  /** @throws DirectoryError when there are too many, or the name is none; @returns recovery codes when these are the first */
  addPasskey(account: string, passkey: Passkey, handle: string): Promise<readonly string[]> {
    return this.#change(async () => {
      const before = this.of(account);
      const name = passkey.name.trim();
      if (name === '' || name.length > passkeyLimits.nameLength || /\p{Cc}/u.test(name))
        throw new DirectoryError('invalid', `a passkey needs a name of ${passkeyLimits.nameLength} characters at most`);
      if ((before?.passkeys.length ?? 0) >= passkeyLimits.most)
        throw new DirectoryError('invalid', `there are ${passkeyLimits.most} passkeys already: remove one first`);
      const codes = hasSecondFactor(before) ? [] : this.#newCodes();
      await this.#write(account, 'passkey-added', (factors) => ({
        ...factors,
        handle: before?.handle ?? handle,
        passkeys: [...factors.passkeys, { ...passkey, name }],
        ...(codes.length > 0 && { recovery: codes.map(hashOf) }),
      }));
      return codes;
    });
  }

  removePasskey(account: string, id: string): Promise<void> {
    return this.#change(async () => {
      if (!this.of(account)?.passkeys.some((one) => one.id === id))
        throw new DirectoryError('missing', 'there is no such passkey');
      await this.#write(account, 'passkey-removed', (factors) => ({
        ...factors,
        passkeys: factors.passkeys.filter((one) => one.id !== id),
      }));
    });
  }

  findPasskey(id: string): { readonly account: string; readonly passkey: Passkey } | undefined {
    for (const [account, { passkeys }] of this.#parts.store.all()) {
      const passkey = passkeys.find((one) => one.id === id);
      if (passkey) return { account, passkey };
    }
    return undefined;
  }

  /** Keeps the counter of an authenticator, by which a copy of it shows. */
  usedPasskey(account: string, id: string, counter: number): Promise<void> {
    return this.#change(async () => {
      const factors = this.of(account);
      if (!factors) return;
      const usedAt = this.#parts.clock.now();
      const passkeys = factors.passkeys.map((one) => (one.id === id ? { ...one, counter, usedAt } : one));
      await this.#parts.store.write(account, { ...factors, passkeys });
    });
  }

  /** Takes everything away, for somebody who lost it. */
  reset(account: string): Promise<void> {
    return this.#change(async () => {
      await this.#parts.store.write(account, undefined);
      this.#parts.events.emit('account.second-factor', { account, change: 'reset' });
    });
  }

  async #write(account: string, change: FactorChange, edit: (factors: Factors) => Factors): Promise<void> {
    const edited = edit(this.of(account) ?? { handle: this.#newHandle(), recovery: [], passkeys: [] });
    // Recovery codes stand for a second factor: without one they would only be further passwords.
    await this.#parts.store.write(account, hasSecondFactor(edited) ? edited : undefined);
    this.#parts.events.emit('account.second-factor', { account, change });
  }

  /** The time step whose code this is. */
  async #stepOf(secret: string, code: string): Promise<number | undefined> {
    const token = code.replaceAll(/\s/g, '');
    if (!/^\d{6}$/.test(token)) return undefined;
    const { Secret, TOTP } = await import('otpauth');
    const timestamp = this.#parts.clock.now();
    const delta = new TOTP({ secret: Secret.fromBase32(secret) }).validate({ token, timestamp, window: driftSteps });
    return delta === null ? undefined : Math.floor(timestamp / stepMs) + delta;
  }

  #newHandle(): string {
    return Buffer.from(this.#parts.random(32)).toString('base64url');
  }

  /** 50 bits each, in letters that read apart. */
  #newCodes(): readonly string[] {
    return Array.from({ length: recoveryCount }, () => {
      const letters = Array.from(this.#parts.random(10), (byte) => readable[byte & 31]).join('');
      return `${letters.slice(0, 5)}-${letters.slice(5)}`;
    });
  }

  /** One after the other: two requests with the same code must not both find it unused. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

export type FactorChange =
  | 'set-up'
  | 'removed'
  | 'recovery-renewed'
  | 'recovery-used'
  | 'passkey-added'
  | 'passkey-removed'
  | 'reset';

/** No l and o, no 0 and 1. */
const readable = '23456789abcdefghijkmnpqrstuvwxyz';

/** Chance of 50 bits behind a throttled door needs no slow hash. */
function hashOf(code: string): string {
  const plain = code.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return createHash('sha256').update(plain).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
