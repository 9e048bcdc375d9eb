import { AttemptLimit } from '../accounts/attempt-limit.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { networkOf } from '../system/network/prefix.ts';

/** Addresses whose failures are remembered. */
const remotesLimit = 10_000;
/** Each check takes 16 MB. */
const checksAtOnce = 2;
/** Tries that may wait for their check; more are sent away. */
const waitingLimit = 20;

export type LoginResult =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  /** Too many tries; `waitMs` may be 0 when the box is only busy. */
  | { readonly kind: 'later'; readonly waitMs: number };

export interface LoginParts {
  readonly check: (password: string) => Promise<boolean>;
  /** Another number after each change of the password: who logged in before must do so again. */
  readonly generation: () => number;
  readonly limit: () => { readonly attempts: number; readonly window: number };
  readonly clock: Clock;
  readonly events: EventBus;
  readonly ids: IdSource;
}

/** The door of the panel: one password, and a wait after too many wrong ones from one place. Who guesses from elsewhere locks nobody out. */
export class Login {
  readonly #parts: LoginParts;
  readonly #failures: AttemptLimit;
  readonly #checks = new Semaphore(() => checksAtOnce);

  constructor(parts: LoginParts) {
    this.#parts = parts;
    this.#failures = new AttemptLimit(parts.clock, remotesLimit);
  }

  generation(): number {
    return this.#parts.generation();
  }

  async try(password: string, remote: string): Promise<LoginResult> {
    const { limit } = this.#parts;
    const key = placeOf(remote);
    const wait = this.#failures.waitMs(key, limit());
    if (wait > 0 || this.#checks.waiting >= waitingLimit) {
      this.#refused(remote, 'too many attempts');
      return { kind: 'later', waitMs: wait };
    }
    const right = await this.#checks.run(() => this.#parts.check(password));
    if (right) {
      const session = this.#parts.ids();
      this.#parts.events.emit('login.accepted', { session, account: 'administrator', protocol: 'panel', remote });
      return { kind: 'right' };
    }
    this.#failures.fail(key, limit());
    this.#refused(remote, 'wrong password');
    return { kind: 'wrong' };
  }

  #refused(remote: string, reason: string): void {
    const session = this.#parts.ids();
    this.#parts.events.emit('login.refused', { session, account: 'administrator', protocol: 'panel', remote, reason });
  }
}

/** An address; of IPv6 its network, since a machine there has as many addresses as it likes. */
function placeOf(remote: string): string {
  const plain = remote.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain.includes(':') ? networkOf(`${plain}/64`) : plain;
}
