import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { Role } from './api/operation.ts';

/** Logins at one time; the oldest goes when there is one more. */
const sessionLimit = 100;
/** Of what a browser says it is. */
const agentLength = 300;
const cookieName = 'caselli';

/** Somebody who is logged in. */
export interface Session {
  /** Public: names the session in lists. */
  readonly id: string;
  /** Mail address; empty for the administrator of the box. */
  readonly account: string;
  readonly role: Role;
  /** Stands in a header of each request that changes something: a page from elsewhere cannot know it. */
  readonly token: string;
}

/** A session as it is shown. Instants are ms since 1970. */
export interface SessionInfo extends Pick<Session, 'id' | 'account' | 'role'> {
  /** The `User-Agent` field of the login. */
  readonly agent: string;
  readonly remote: string;
  /** `password`, `password and code`, `passkey`. */
  readonly how: string;
  readonly since: number;
  readonly usedAt: number;
  readonly endsAt: number;
}

/** Who begins a session, with what and from where. */
export interface Arrival extends Pick<SessionInfo, 'account' | 'agent' | 'remote' | 'how'> {
  readonly role: Role;
}

interface Kept extends SessionInfo, Session {
  usedAt: number;
  generation: number;
}

export interface SessionParts {
  readonly clock: Clock;
  readonly events: EventBus;
  /** What an account may do now; undefined for one that may not log in. A session whose role was another one ends. */
  readonly standing: (account: string) => Role | undefined;
  /** That of the box's password: a login of its administrator with a former one counts no more. */
  readonly generation: () => number;
  /** ms */
  readonly limits: () => { readonly sessionIdle: number; readonly sessionLength: number };
  readonly random?: (count: number) => Uint8Array;
}

/**
 * Who is logged in to the panel: a cookie of chance for each, which ends after a while without use, after a longer one in any
 * case, and with the program. Only its hash is kept, so that looking it up tells nothing by the time it takes.
 */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #random: (count: number) => Uint8Array;
  /** By the hash of the cookie, oldest first. */
  readonly #open = new Map<string, Kept>();
  readonly #listeners = new Set<(id: string) => void>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#random = parts.random ?? randomBytes;
  }

  /** @returns the session, and the header that gives the browser its cookie */
  begin(arrival: Arrival, secure: boolean): { readonly session: Session; readonly header: string } {
    const cookie = Buffer.from(this.#random(32)).toString('base64url');
    const now = this.#parts.clock.now();
    const { sessionLength } = this.#parts.limits();
    const kept: Kept = {
      ...arrival,
      agent: arrival.agent.slice(0, agentLength),
      id: Buffer.from(this.#random(9)).toString('base64url'),
      token: this.newToken(),
      since: now,
      usedAt: now,
      endsAt: now + sessionLength,
      generation: this.#parts.generation(),
    };
    this.#open.set(hashOf(cookie), kept);
    this.#tell(kept, 'began', kept.how);
    const oldest = this.#open.entries().next().value;
    if (this.#open.size > sessionLimit && oldest) this.#end(...oldest, 'too many logins');
    const header = `${cookieName}=${cookie}; ${attributes(secure)}; Max-Age=${Math.round(sessionLength / 1000)}`;
    return { session: kept, header };
  }

  newToken(): string {
    return Buffer.from(this.#random(24)).toString('base64url');
  }

  /**
   * @param header the `Cookie` field of a request
   * @param use whether this is somebody's doing: what a page asks by itself keeps no session open
   */
  find(header: string | undefined, use = true): Session | undefined {
    const cookie = cookieIn(header);
    const key = cookie && hashOf(cookie);
    const session = key ? this.#open.get(key) : undefined;
    if (!key || !session || !this.#isGood(key, session)) return undefined;
    if (use) session.usedAt = this.#parts.clock.now();
    return session;
  }

  /** Of an account, or of everybody; newest first. */
  list(account?: string): readonly SessionInfo[] {
    for (const [key, session] of this.#open) this.#isGood(key, session);
    const all = [...this.#open.values()].filter((one) => account === undefined || one.account === account);
    return all.map(({ token: _, generation: __, ...info }) => info).toReversed();
  }

  /** @returns whether there was such a session, of that account where one is given */
  endById(id: string, account?: string): boolean {
    for (const [key, session] of this.#open) {
      if (session.id !== id || (account !== undefined && session.account !== account)) continue;
      this.#end(key, session, 'logged out from elsewhere');
      return true;
    }
    return false;
  }

  /** Ends the sessions of an account, but for one: what it logs in with was changed, or it is gone. */
  endAll(account: string, why: string, except = ''): number {
    const ending = [...this.#open].filter(([, one]) => one.account === account && one.id !== except);
    for (const [key, session] of ending) this.#end(key, session, why);
    return ending.length;
  }

  /** Whoever changed the password of the box stays logged in. */
  keep(id: string): void {
    for (const session of this.#open.values()) if (session.id === id) session.generation = this.#parts.generation();
  }

  /** @returns the header that takes the browser's cookie away */
  end(header: string | undefined, secure: boolean): string {
    const cookie = cookieIn(header);
    const key = cookie && hashOf(cookie);
    const session = key ? this.#open.get(key) : undefined;
    if (key && session) this.#end(key, session, 'logged out');
    return `${cookieName}=; ${attributes(secure)}; Max-Age=0`;
  }

  /** Hears the id of each session that is over. Returns the way to stop. */
  onEnd(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends it when it is over: by time, or as its account is not what it was. */
  #isGood(key: string, session: Kept): boolean {
    const now = this.#parts.clock.now();
    const { sessionIdle } = this.#parts.limits();
    const why =
      session.endsAt <= now
        ? 'its time was over'
        : session.usedAt + sessionIdle <= now
          ? 'it was not used'
          : this.#parts.standing(session.account) !== session.role
            ? 'other rights'
            : session.account === '' && session.generation !== this.#parts.generation()
              ? 'another password'
              : '';
    if (why) this.#end(key, session, why);
    return why === '';
  }

  #end(key: string, session: Kept, why: string): void {
    this.#open.delete(key);
    this.#tell(session, 'ended', why);
    for (const listener of this.#listeners) listener(session.id);
  }

  #tell({ id, account, remote }: Kept, state: 'began' | 'ended', how: string): void {
    this.#parts.events.emit('panel.session', { session: id, account: account || 'administrator', remote, state, how });
  }
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

function cookieIn(header: string | undefined): string | undefined {
  return /(?:^|;\s*)caselli=([A-Za-z0-9_-]{43})(?:;|$)/.exec(header ?? '')?.[1];
}

/** Compares a token with that of the session, in the same time whatever it is. */
export function isToken(given: unknown, { token }: Pick<Session, 'token'>): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64');
}
