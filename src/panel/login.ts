import { AttemptLimit } from '../accounts/attempt-limit.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { networkOf } from '../system/network/prefix.ts';
import type { Session } from './sessions.ts';

/** Addresses whose failures are remembered. */
const remotesLimit = 10_000;
/** Each check takes 16 MB. */
const checksAtOnce = 2;
/** Tries that may wait for their check; more are sent away. */
const waitingLimit = 20;

/** What the administrator of the box may give as a name, beside none. */
const administrator = 'administrator';

export type LoginResult =
  | { readonly kind: 'right'; readonly who: Pick<Session, 'account' | 'role'> }
  | { readonly kind: 'wrong' }
  /** Too many tries; `waitMs` may be 0 when the box is only busy. */
  | { readonly kind: 'later'; readonly waitMs: number };

export interface LoginParts {
  /** The password of the administrator. */
  readonly check: (password: string) => Promise<boolean>;
  /** People with a mailbox. */
  readonly people: Authenticator;
  readonly config: () => Pick<Config, 'loginLimit'> & {
    readonly panel: Pick<Config['panel'], 'administrators' | 'operators'>;
  };
  readonly clock: Clock;
  readonly events: EventBus;
  readonly ids: IdSource;
}

/**
 * The door of the panel: the administrator by the box's password, people by that of their mailbox, and a wait after too many
 * wrong ones from one place. Who guesses from elsewhere locks nobody out.
 */
export class Login {
  readonly #parts: LoginParts;
  readonly #failures: AttemptLimit;
  readonly #checks = new Semaphore(() => checksAtOnce);

  constructor(parts: LoginParts) {
    this.#parts = parts;
    this.#failures = new AttemptLimit(parts.clock, remotesLimit);
  }

  /** @param name address of a person; empty, or "administrator", for the administrator of the box */
  try(name: string, password: string, remote: string): Promise<LoginResult> {
    return name === '' || name.toLowerCase() === administrator
      ? this.#administrator(password, remote)
      : this.#person(name, password, remote);
  }

  async #administrator(password: string, remote: string): Promise<LoginResult> {
    const limit = this.#parts.config().loginLimit;
    const key = placeOf(remote);
    const wait = this.#failures.waitMs(key, limit);
    if (wait > 0 || this.#checks.waiting >= waitingLimit) {
      this.#refused(remote, 'too many attempts');
      return { kind: 'later', waitMs: wait };
    }
    const right = await this.#checks.run(() => this.#parts.check(password));
    if (right) {
      const session = this.#parts.ids();
      this.#parts.events.emit('login.accepted', { session, account: administrator, protocol: 'panel', remote });
      return { kind: 'right', who: { account: '', role: 'administrator' } };
    }
    this.#failures.fail(key, limit);
    this.#refused(remote, 'wrong password');
    return { kind: 'wrong' };
  }

  async #person(name: string, password: string, remote: string): Promise<LoginResult> {
    const session = this.#parts.ids();
    const result = await this.#parts.people.authenticate(name, password, { remote, protocol: 'panel', session });
    if (result.kind === 'throttled') return { kind: 'later', waitMs: result.retryAfterMs };
    if (result.kind === 'refused') return { kind: 'wrong' };
    const { address } = result.account;
    return { kind: 'right', who: { account: address, role: this.roleOf(address) } };
  }

  /** @param address empty for the administrator of the box */
  roleOf(address: string): Session['role'] {
    if (address === '') return 'administrator';
    const { administrators, operators } = this.#parts.config().panel;
    if (administrators.includes(address)) return 'administrator';
    return operators.includes(address) ? 'operator' : 'person';
  }

  #refused(remote: string, reason: string): void {
    const session = this.#parts.ids();
    this.#parts.events.emit('login.refused', { session, account: administrator, protocol: 'panel', remote, reason });
  }
}

/** An address; of IPv6 its network, since a machine there has as many addresses as it likes. */
export function placeOf(remote: string): string {
  const plain = remote.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain.includes(':') ? networkOf(`${plain}/64`) : plain;
}
