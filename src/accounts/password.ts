import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { DirectoryError } from './directory-error.ts';

/**
 * Passwords: their preparation, their hash, and new ones. A hash is a PHC string, `$scrypt$ln=14,r=8,p=5$salt$hash`
 * (base64 without padding), so that the cost can be raised later and old hashes stay good.
 */

/** Cost of a hash: 2^ln rounds over blocks of 128·r octets, p times; memory is 128·r·2^ln octets. */
export interface ScryptCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** 16 MB a check, so that a small box can afford two at a time; the rounds make up for the memory. */
export const usualCost: ScryptCost = { ln: 14, r: 8, p: 5 };

/** NIST SP 800-63B §5.1.1: eight characters at least, and no rules of composition. */
export const passwordLimits = { leastCharacters: 8, mostBytes: 1024 } as const;

/** What a stored hash may cost at most, whoever wrote it. */
const mostCost: ScryptCost = { ln: 17, r: 16, p: 16 };
const saltBytes = 16;
const hashBytes = 32;

/**
 * The OpaqueString profile (RFC 8265 §4.2): other spaces become U+0020, then NFC; case and width stay. Done when a
 * password is set and when one is checked, so that a phone's and a laptop's spelling of `ü` are one password.
 */
export function preparePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
}

/**
 * The rule for new passwords.
 * @throws DirectoryError `invalid`
 */
export function checkNewPassword(password: string, address: string): void {
  const prepared = preparePassword(password);
  const refuse = (why: string): never => {
    throw new DirectoryError('invalid', `the password ${why}`);
  };
  if ([...prepared].length < passwordLimits.leastCharacters)
    refuse(`is too short: ${passwordLimits.leastCharacters} characters at least`);
  if (Buffer.byteLength(prepared) > passwordLimits.mostBytes)
    refuse(`is too long: ${passwordLimits.mostBytes} octets at most`);
  if (/\p{Cc}/u.test(prepared)) refuse('holds a control character (a tab or line end?)');
  if (!prepared.isWellFormed()) refuse('is not proper Unicode');
  if (prepared.toLowerCase() === address) refuse('is the address');
}

/** What people choose for themselves is longer, as they change it themselves and nobody dictates it to them. */
const leastChosen = 10;
const leastDifferent = 5;

/**
 * The rule for passwords that people choose for themselves, beside `checkNewPassword`: ten characters, five different ones at
 * least, and not the own name with something around it.
 * @throws DirectoryError `invalid`
 */
export function checkStrength(password: string, address: string): void {
  const prepared = preparePassword(password).toLowerCase();
  const letters = [...prepared];
  const name = address.split('@')[0] ?? '';
  const rest = name.length >= 3 ? prepared.replaceAll(name, '') : prepared;
  const refuse = (why: string): never => {
    throw new DirectoryError('invalid', `the password ${why}`);
  };
  if (letters.length < leastChosen) refuse(`is too short: ${leastChosen} characters at least`);
  if (new Set(letters).size < leastDifferent) refuse('has too few different characters');
  if (rest.length < leastChosen - 4) refuse('is little more than your name');
}

export async function hashPassword(password: string, cost: ScryptCost = usualCost): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(preparePassword(password), salt, hashBytes, cost);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Takes as long for a wrong password as for a right one. False for a hash string that cannot be read. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parseHash(stored);
  if (!parsed || Buffer.byteLength(password) > passwordLimits.mostBytes) return false;
  const found = await derive(preparePassword(password), parsed.salt, parsed.hash.length, parsed.cost);
  return timingSafeEqual(found, parsed.hash);
}

interface ParsedHash {
  readonly cost: ScryptCost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function parseHash(stored: string): ParsedHash | undefined {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{16,64})\$([\w+/]{22,86})$/.exec(stored);
  if (!match) return undefined;
  const cost = { ln: Number(match[1]), r: Number(match[2]), p: Number(match[3]) };
  const sane = (['ln', 'r', 'p'] as const).every((name) => cost[name] >= 1 && cost[name] <= mostCost[name]);
  if (!sane) return undefined;
  return { cost, salt: Buffer.from(match[4]!, 'base64'), hash: Buffer.from(match[5]!, 'base64') };
}

function derive(password: string, salt: Buffer, length: number, { ln, r, p }: ScryptCost): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 128 * r * (2 ** ln + p + 2) + 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** 32 characters that read apart on an LCD and on the telephone: no l and o, no 0 and 1. */
const readable = '23456789abcdefghijkmnpqrstuvwxyz';

/** A password of 80 bits for people to type once: `kx7m-4fqa-w2td-bn9e`. */
export function generatePassword(random: (count: number) => Uint8Array = randomBytes): string {
  const letters = Array.from(random(16), (byte) => readable[byte & 31]);
  return letters.join('').replace(/(.{4})(?!$)/g, '$1-');
}
