import { isIP } from 'node:net';
import { z } from 'zod';

/** The kinds of value that the configuration has beside numbers and switches, each with its check and its words. */

const unitMs: Record<string, number> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** A time span as Courier writes it: `1w2d`, `90s`, `4h`; bare numbers are seconds. @returns ms, undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+[wdhms])+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([wdhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitMs[unit!]!,
    0,
  );
}

/** A time span in text; ms once read. */
export const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'is not a time span such as 90s, 5m, 4h or 7d' });
  return z.NEVER;
});

const unitBytes: Record<string, number> = { '': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** A size in text, `50M`; bytes once read. */
export const size = z.string().transform((text, context) => {
  const [, count, unit] = /^(\d+)([kMG]?)$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * unitBytes[unit!]!;
  context.addIssue({ code: 'custom', message: 'is not a size such as 500k, 50M or 2G' });
  return z.NEVER;
});

/**
 * Marks a setting as secret: it never leaves the box in a support bundle (`secrets.ts`), and a form hides it. Every password,
 * passphrase and private key among the settings is one.
 */
export function secret<Type extends z.ZodType>(type: Type): Type {
  return type.meta({ secret: true });
}

export const domainName = z
  .string()
  .toLowerCase()
  .regex(
    /^(?=.{1,253}$)([\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u,
    {
      error: 'is not a domain name',
    },
  );

export const mailAddress = z
  .string()
  .toLowerCase()
  .regex(/^[^\s@<>]+@[^\s@<>]+$/, { error: 'is not a mail address' });

/** An address block such as `192.168.1.0/24`, or one address. */
export const network = z.string().refine(isNetwork, { error: 'is not an address block such as 192.168.1.0/24' });

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

export const ipAddress = z.string().refine((text) => isIP(text) !== 0, { error: 'is not an IP address' });

/** Digits, `+` and spaces, at most 20: what T.30 carries as an identification (T.30 §5.3.6.2.4). */
export const stationId = z
  .string()
  .regex(/^[0-9+ ]{0,20}$/, { error: 'holds more than digits, + and spaces, or is longer than 20' });

/** A time zone of the IANA database: `Europe/Rome`. */
export const timeZone = z.string().refine(isTimeZone, { error: 'is no time zone such as Europe/Rome' });

function isTimeZone(name: string): boolean {
  // Fixed offsets are known to Node, not to the zone files of the machine.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
