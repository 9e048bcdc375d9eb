/** The few forms of DER (X.690) that a certificate needs. Pure; every function gives a whole element. */

const tags = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c } as const;

/** An element of any tag over the octets of its contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), length(body.length), body]);
}

/** X.690 §8.1.3 */
function length(count: number): Buffer {
  if (count < 0x80) return Buffer.from([count]);
  const octets = unsigned(BigInt(count));
  return Buffer.concat([Buffer.from([0x80 | octets.length]), octets]);
}

function unsigned(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
}

export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(0x30, ...elements);
}

export function set(...elements: readonly Uint8Array[]): Buffer {
  return element(0x31, ...elements);
}

/** `[n]` around a whole element. */
export function explicit(n: number, inner: Uint8Array): Buffer {
  return element(0xa0 | n, inner);
}

/** `[n]` in place of the tag of a simple type. */
export function implicit(n: number, contents: Uint8Array): Buffer {
  return element(0x80 | n, contents);
}

export function boolean(value: boolean): Buffer {
  return element(tags.boolean, Buffer.from([value ? 0xff : 0]));
}

/** A number that is not negative. */
export function integer(value: bigint): Buffer {
  const octets = unsigned(value);
  return element(tags.integer, ...(octets[0]! >= 0x80 ? [Buffer.from([0])] : []), octets);
}

/** Whole octets, of which the last `unused` bits do not count. */
export function bitString(octets: Uint8Array, unused = 0): Buffer {
  return element(tags.bits, Buffer.from([unused]), octets);
}

export function octetString(octets: Uint8Array): Buffer {
  return element(tags.octets, octets);
}

export function utf8String(text: string): Buffer {
  return element(tags.utf8, Buffer.from(text));
}

/** `1.2.840.10045.4.3.2` (X.690 §8.19) */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...more] = dotted.split('.').map(Number);
  return element(tags.oid, Buffer.from([first * 40 + second, ...more.flatMap(base128)]));
}

function base128(value: number): number[] {
  const septets: number[] = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) septets.unshift(0x80 | (rest & 0x7f));
  return septets;
}

/** To the second; UTCTime until 2049, then GeneralizedTime (RFC 5280 §4.1.2.5). */
export function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return digits < '2050' ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}
