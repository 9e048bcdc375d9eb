import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { AttemptLimit } from './attempt-limit.ts';
import type { Directory } from './directory.ts';
import type { AccountInfo } from './directory-snapshot.ts';
import { hashPassword, preparePassword, type ScryptCost, usualCost, verifyPassword } from './password.ts';

export type LoginResult =
  | { readonly kind: 'accepted'; readonly account: AccountInfo }
  /** Name or password wrong, or the account disabled; which, is not told. */
  | { readonly kind: 'refused' }
  /** Too many failures; the password was not looked at. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

/** Who tries. */
export interface LoginOrigin {
  /** IP address of the client. */
  readonly remote: string;
  /** `smtp`, `imap`, `pop3`, `panel`; for the log. */
  readonly protocol: string;
  /** Id of the session; for the log. */
  readonly session: string;
}

/** Checks names and passwords for every protocol; emits `login.accepted` and `login.refused` itself. */
export interface Authenticator {
  /** @param name address, or a name of the default domain. */
  authenticate(name: string, password: string, from: LoginOrigin): Promise<LoginResult>;
}

const limits = {
  /** Accounts, and remote networks, whose failures are remembered. */
  keys: 10_000,
  /** Checks that run at one time: each takes 16 MB and a core for a while. */
  parallel: 2,
  /** Checks that wait for their turn. */
  waiting: 200,
  /** Logins whose success is remembered. */
  remembered: 1000,
  rememberedMs: 5 * 60_000,
  loggedNameLength: 254,
} as const;

/**
 * Passwords from the directory. Failures are counted by account and by remote address (IPv6: by /64), so that neither
 * many passwords for one name nor many names from one host go far. A login that succeeded is remembered for five
 * minutes, as a keyed digest, for the same remote address: mail programs that log in often cost nothing, and somebody
 * who guesses from elsewhere cannot lock them out (who guesses from the same address can: that limit comes first, or
 * what is remembered could be tried without end). A password that was changed makes what was remembered worthless, as
 * the digest covers the stored hash.
 */
export class PasswordAuthenticator implements Authenticator {
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #events: EventBus;
  readonly #limit: () => Config['loginLimit'];
  readonly #byAccount: AttemptLimit;
  readonly #byRemote: AttemptLimit;
  readonly #remembered = new Map<string, { readonly digest: Buffer; readonly until: number }>();
  readonly #digestKey = randomBytes(32);
  /** Checked for names that do not exist, so that they take as long as others. */
  readonly #dummyHash: Promise<string>;
  readonly #checks = new Semaphore(() => limits.parallel);

  constructor(parts: {
    readonly directory: Directory;
    readonly clock: Clock;
    readonly events: EventBus;
    readonly limit: () => Config['loginLimit'];
    readonly cost?: ScryptCost;
  }) {
    this.#directory = parts.directory;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#limit = parts.limit;
    this.#byAccount = new AttemptLimit(parts.clock, limits.keys);
    this.#byRemote = new AttemptLimit(parts.clock, limits.keys);
    this.#dummyHash = hashPassword(randomBytes(16).toString('hex'), parts.cost ?? usualCost);
  }

  async authenticate(name: string, password: string, from: LoginOrigin): Promise<LoginResult> {
    const address = this.#directory.complete(name.slice(0, limits.loggedNameLength));
    const remote = remoteNetwork(from.remote);
    const remoteWait = this.#byRemote.waitMs(remote, this.#limit());
    const known = remoteWait > 0 ? undefined : this.#recall(address, remote, password);
    if (known) return this.#accept(known, from);
    const wait = this.#waitMs(address, remote) || (this.#checks.waiting >= limits.waiting ? 1000 : 0);
    if (wait > 0) return this.#throttle(address, from, wait);
    return this.#checks.run(async () => {
      const waitNow = this.#waitMs(address, remote);
      if (waitNow > 0) return this.#throttle(address, from, waitNow);
      return this.#check(address, remote, password, from);
    });
  }

  async #check(address: string, remote: string, password: string, from: LoginOrigin): Promise<LoginResult> {
    const found = this.#directory.credentials(address);
    const right = await verifyPassword(password, found?.hash ?? (await this.#dummyHash));
    if (found && right && !found.account.disabled) {
      this.#remember(address, remote, password, found.hash);
      return this.#accept(found.account, from);
    }
    this.#byAccount.fail(address, this.#limit());
    this.#byRemote.fail(remote, this.#limit());
    const reason = !found ? 'no such account' : right ? 'the account is disabled' : 'wrong password';
    this.#events.emit('login.refused', { ...originOf(from), account: address, reason });
    return { kind: 'refused' };
  }

  #accept(account: AccountInfo, from: LoginOrigin): LoginResult {
    this.#events.emit('login.accepted', { ...originOf(from), account: account.address });
    return { kind: 'accepted', account };
  }

  #throttle(address: string, from: LoginOrigin, retryAfterMs: number): LoginResult {
    this.#events.emit('login.refused', { ...originOf(from), account: address, reason: 'too many attempts' });
    return { kind: 'throttled', retryAfterMs };
  }

  #waitMs(address: string, remote: string): number {
    const limit = this.#limit();
    return Math.max(this.#byAccount.waitMs(address, limit), this.#byRemote.waitMs(remote, limit));
  }

  // Logins that succeeded lately

  #recall(address: string, remote: string, password: string): AccountInfo | undefined {
    const entry = this.#remembered.get(`${remote} ${address}`);
    if (!entry || entry.until <= this.#clock.now()) return undefined;
    const found = this.#directory.credentials(address);
    if (!found || found.account.disabled) return undefined;
    return timingSafeEqual(entry.digest, this.#digest(password, found.hash)) ? found.account : undefined;
  }

  #remember(address: string, remote: string, password: string, hash: string): void {
    const key = `${remote} ${address}`;
    this.#remembered.delete(key);
    this.#remembered.set(key, {
      digest: this.#digest(password, hash),
      until: this.#clock.now() + limits.rememberedMs,
    });
    const oldest = this.#remembered.keys().next().value;
    if (this.#remembered.size > limits.remembered && oldest !== undefined) this.#remembered.delete(oldest);
  }

  #digest(password: string, hash: string): Buffer {
    return createHmac('sha256', this.#digestKey)
      .update(`${hash} ${preparePassword(password)}`)
      .digest();
  }
}

function originOf({ remote, protocol, session }: LoginOrigin): LoginOrigin {
  return { remote, protocol, session };
}

/** One customer has a /64 and could use a new address for every guess. */
function remoteNetwork(remote: string): string {
  const mapped = remote.replace(/^::ffff:/i, '');
  if (!isIPv6(mapped)) return mapped;
  const [head = '', tail = ''] = (mapped.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const missing = mapped.includes('::') ? 8 - left.length - (tail === '' ? 0 : tail.split(':').length) : 0;
  const groups = [...left, ...Array<string>(Math.max(missing, 0)).fill('0'), ...tail.split(':')];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
