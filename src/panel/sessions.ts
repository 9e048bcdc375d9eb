import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Role } from './api/operation.ts';

/** Logins at one time; the oldest goes when there is one more. */
const sessionLimit = 100;
const sessionMs = 12 * 3_600_000;
const cookieName = 'caselli';

/** Somebody who is logged in. */
export interface Session {
  /** Mail address; empty for the administrator of the box. */
  readonly account: string;
  readonly role: Role;
  /** Stands in a header of each request that changes something: a page from elsewhere cannot know it. */
  readonly token: string;
}

interface Kept extends Session {
  readonly endsAt: number;
  readonly generation: number;
}

/**
 * Who is logged in to the panel: a cookie of chance for each, which ends after half a day and with the program. Only its
 * hash is kept, so that looking it up tells nothing by the time it takes.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: (count: number) => Uint8Array;
  readonly #generation: () => number;
  /** By the hash of the cookie, oldest first. */
  readonly #open = new Map<string, Kept>();

  /** @param generation that of the password: a login with a former one counts no more */
  constructor(clock: Clock, generation: () => number, random: (count: number) => Uint8Array = randomBytes) {
    this.#clock = clock;
    this.#generation = generation;
    this.#random = random;
  }

  /** @returns the session, and the header that gives the browser its cookie */
  begin(
    who: Pick<Session, 'account' | 'role'>,
    secure: boolean,
  ): { readonly session: Session; readonly header: string } {
    const cookie = Buffer.from(this.#random(32)).toString('base64url');
    const session = { ...who, token: this.newToken() };
    this.#open.set(hashOf(cookie), {
      ...session,
      endsAt: this.#clock.now() + sessionMs,
      generation: this.#generation(),
    });
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > sessionLimit && oldest !== undefined) this.#open.delete(oldest);
    return { session, header: `${cookieName}=${cookie}; ${attributes(secure)}; Max-Age=${sessionMs / 1000}` };
  }

  newToken(): string {
    return Buffer.from(this.#random(24)).toString('base64url');
  }

  /** @param header the `Cookie` field of a request */
  find(header: string | undefined): Session | undefined {
    const cookie = cookieIn(header);
    if (cookie === undefined) return undefined;
    const key = hashOf(cookie);
    const session = this.#open.get(key);
    if (!session) return undefined;
    if (session.endsAt > this.#clock.now() && session.generation === this.#generation()) return session;
    this.#open.delete(key);
    return undefined;
  }

  /** Ends all sessions of an account: its password was changed, or it is gone. */
  endAll(account: string): void {
    for (const [key, session] of this.#open) if (session.account === account) this.#open.delete(key);
  }

  /** @returns the header that takes the browser's cookie away */
  end(header: string | undefined, secure: boolean): string {
    const cookie = cookieIn(header);
    if (cookie !== undefined) this.#open.delete(hashOf(cookie));
    return `${cookieName}=; ${attributes(secure)}; Max-Age=0`;
  }
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

function cookieIn(header: string | undefined): string | undefined {
  return /(?:^|;\s*)caselli=([A-Za-z0-9_-]{43})(?:;|$)/.exec(header ?? '')?.[1];
}

/** Compares a token with that of the session, in the same time whatever it is. */
export function isToken(given: unknown, { token }: Session): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64');
}
