import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';

/** Crockford's base 32 in lower case: sorts as the value does, has no letters that read alike. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdSource = () => string;

/**
 * Ids of 26 characters: 10 of time in ms, 16 of chance. Globally unique and sortable by time; ids of one
 * source never repeat nor go back, even when the clock does.
 */
export function idSource(clock: Clock, random: (count: number) => Uint8Array = randomBytes): IdSource {
  let lastMs = 0;
  let tail = 0n;
  return () => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      tail = random(10).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    } else {
      tail = (tail + 1n) & ((1n << 80n) - 1n);
    }
    return base32(BigInt(lastMs), 10) + base32(tail, 16);
  };
}

/** Below every id made at this time or later. */
export function idAt(ms: number): string {
  return base32(BigInt(Math.max(Math.floor(ms), 0)), 10);
}

function base32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value, n = 0; n < length; n++, rest >>= 5n) text = alphabet[Number(rest & 31n)] + text;
  return text;
}

/** The form of every id, for checking what comes from outside. */
export const idPattern: RegExp = /^[0-9a-hjkmnp-tv-z]{26}$/;
