import { AttemptLimit } from '../accounts/attempt-limit.ts';
import type { BrowserAnswer, PasskeyCeremonies, Site } from '../accounts/second-factors/passkey-ceremonies.ts';
import type { SecondFactors } from '../accounts/second-factors/second-factors.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { placeOf } from './login.ts';
import type { Session } from './sessions.ts';

/** Time between the password and the second factor. */
const ticketMs = 5 * 60_000;
const ticketsLimit = 1000;
/** Accounts and addresses whose wrong codes are remembered. */
const keysLimit = 10_000;

type Who = Pick<Session, 'account' | 'role'>;

interface Ticket {
  /** undefined for a login with a passkey alone. */
  readonly who: Who | undefined;
  readonly until: number;
}

export type SecondResult =
  | { readonly kind: 'right'; readonly who: Who; readonly how: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'late' }
  | { readonly kind: 'later'; readonly waitMs: number };

export interface SecondStepParts {
  readonly factors: SecondFactors;
  readonly passkeys: PasskeyCeremonies;
  /** What an account may do; undefined for one that may not log in. */
  readonly standing: (account: string) => Session['role'] | undefined;
  readonly limit: () => Config['loginLimit'];
  readonly clock: Clock;
  readonly events: EventBus;
  readonly random: (count: number) => Uint8Array;
}

/** Between a right password and a session: the second factor; and the login with a passkey alone. Throttled as passwords are. */
export class SecondStep {
  readonly #parts: SecondStepParts;
  readonly #tickets = new Map<string, Ticket>();
  readonly #failures: AttemptLimit;

  constructor(parts: SecondStepParts) {
    this.#parts = parts;
    this.#failures = new AttemptLimit(parts.clock, keysLimit);
  }

  /** What is asked after a right password; undefined when that is enough. */
  async ask(
    who: Who,
    site: Site | undefined,
  ): Promise<{ readonly ticket: string; readonly code: boolean; readonly passkey: object | null } | undefined> {
    const { factors, passkeys } = this.#parts;
    if (!factors.has(who.account)) return undefined;
    const ticket = this.#newTicket(who);
    const passkey = site ? ((await passkeys.loginOptions(ticket, site, who.account)) ?? null) : null;
    return { ticket, code: true, passkey };
  }

  /** For a login with a passkey alone. */
  async offer(site: Site): Promise<{ readonly ticket: string; readonly passkey: object }> {
    const ticket = this.#newTicket(undefined);
    return { ticket, passkey: (await this.#parts.passkeys.loginOptions(ticket, site)) ?? {} };
  }

  async code(ticket: string, code: string, remote: string): Promise<SecondResult> {
    const who = this.#ticket(ticket)?.who;
    if (!who) return { kind: 'late' };
    const wait = this.#waitMs(who.account, remote);
    if (wait > 0) return this.#refuse(who.account, remote, 'too many attempts', wait);
    // Counted before it is looked at: many at the same moment are many all the same.
    const keys = this.#keys(who.account, remote);
    for (const key of keys) this.#failures.fail(key, this.#parts.limit());
    const how = await this.#parts.factors.check(who.account, code);
    if (!how) return this.#refuse(who.account, remote, 'wrong code');
    for (const key of keys) this.#failures.takeBack(key);
    return this.#right(ticket, who.account, `password and ${how}`);
  }

  async passkey(ticket: string, answer: BrowserAnswer, site: Site, remote: string): Promise<SecondResult> {
    const found = this.#ticket(ticket);
    if (!found) return { kind: 'late' };
    const given = found.who?.account;
    const wait = this.#waitMs(given, remote);
    if (wait > 0) return this.#refuse(given ?? '', remote, 'too many attempts', wait);
    const account = await this.#parts.passkeys.login(ticket, answer, site);
    if (account === undefined) {
      for (const key of this.#keys(given, remote)) this.#failures.fail(key, this.#parts.limit());
      return this.#refuse(given ?? '', remote, 'wrong passkey');
    }
    return this.#right(ticket, account, found.who ? 'password and passkey' : 'passkey');
  }

  /** The account may have changed since its password was right. */
  #right(ticket: string, account: string, how: string): SecondResult {
    this.#tickets.delete(ticket);
    const role = this.#parts.standing(account);
    return role ? { kind: 'right', who: { account, role }, how } : { kind: 'wrong' };
  }

  #newTicket(who: Who | undefined): string {
    const ticket = Buffer.from(this.#parts.random(24)).toString('base64url');
    this.#tickets.set(ticket, { who, until: this.#parts.clock.now() + ticketMs });
    const oldest = this.#tickets.keys().next().value;
    if (this.#tickets.size > ticketsLimit && oldest !== undefined) this.#tickets.delete(oldest);
    return ticket;
  }

  #ticket(ticket: string): Ticket | undefined {
    const found = this.#tickets.get(ticket);
    return found && found.until > this.#parts.clock.now() ? found : undefined;
  }

  #keys(account: string | undefined, remote: string): readonly string[] {
    return [`remote ${placeOf(remote)}`, ...(account === undefined ? [] : [`account ${account}`])];
  }

  #waitMs(account: string | undefined, remote: string): number {
    return Math.max(...this.#keys(account, remote).map((key) => this.#failures.waitMs(key, this.#parts.limit())));
  }

  #refuse(account: string, remote: string, reason: string, waitMs?: number): SecondResult {
    const session = Buffer.from(this.#parts.random(9)).toString('base64url');
    this.#parts.events.emit('login.refused', {
      session,
      account: account || 'administrator',
      protocol: 'panel',
      remote,
      reason,
    });
    return waitMs === undefined ? { kind: 'wrong' } : { kind: 'later', waitMs };
  }
}
