import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';

/** Logins at one time; the oldest goes when there is one more. */
const sessionLimit = 100;
const sessionMs = 12 * 3_600_000;
const cookieName = 'caselli';

/**
 * Who is logged in to the panel: a cookie of chance for each, which ends after half a day and with the program. Only its
 * hash is kept, so that looking it up tells nothing by the time it takes.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: (count: number) => Uint8Array;
  readonly #generation: () => number;
  /** By the hash of the cookie, oldest first. */
  readonly #open = new Map<string, { readonly endsAt: number; readonly generation: number }>();

  /** @param generation that of the password: a login with a former one counts no more */
  constructor(clock: Clock, generation: () => number, random: (count: number) => Uint8Array = randomBytes) {
    this.#clock = clock;
    this.#generation = generation;
    this.#random = random;
  }

  /** @returns the header that gives the browser its cookie */
  begin(secure: boolean): string {
    const cookie = Buffer.from(this.#random(32)).toString('base64url');
    this.#open.set(hashOf(cookie), { endsAt: this.#clock.now() + sessionMs, generation: this.#generation() });
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > sessionLimit && oldest !== undefined) this.#open.delete(oldest);
    return `${cookieName}=${cookie}; ${attributes(secure)}; Max-Age=${sessionMs / 1000}`;
  }

  /** @param header the `Cookie` field of a request */
  isOpen(header: string | undefined): boolean {
    const cookie = cookieIn(header);
    if (cookie === undefined) return false;
    const key = hashOf(cookie);
    const session = this.#open.get(key);
    if (!session) return false;
    if (session.endsAt > this.#clock.now() && session.generation === this.#generation()) return true;
    this.#open.delete(key);
    return false;
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

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64');
}
