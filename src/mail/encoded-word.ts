import { decodeCharset } from './charset.ts';

/** Text other than ASCII in header fields (RFC 2047). */

const word = /=\?([^?\s]{1,80})\?([bq])\?([^?]*)\?=/gi;
/** Longest encoded-word (RFC 2047 §2). */
const maxWordCharacters = 75;

/**
 * Decodes the encoded-words of a field value; whatever is not one stays as it is. Neighbours of one charset are decoded
 * together, since some programs cut characters in two.
 */
export function decodeWords(value: string): string {
  let text = '';
  let end = 0;
  let run: { charset: string; bytes: Uint8Array[] } | undefined;
  const flush = (): void => {
    if (run) text += decodeCharset(Buffer.concat(run.bytes), run.charset);
    run = undefined;
  };
  for (const match of value.matchAll(word)) {
    const between = value.slice(end, match.index);
    const charset = match[1]!.split('*')[0]!.toLowerCase();
    if (!run || between.trim() !== '') {
      flush();
      text += between;
    } else if (run.charset !== charset) {
      flush();
    }
    run ??= { charset, bytes: [] };
    run.bytes.push(match[2]!.toLowerCase() === 'b' ? Buffer.from(match[3]!, 'base64') : decodeQ(match[3]!));
    end = match.index + match[0].length;
  }
  flush();
  return text + value.slice(end);
}

/** The Q encoding of RFC 2047 §4.2; characters that should have been encoded are taken as they are. */
function decodeQ(text: string): Uint8Array {
  const spaced = text.replaceAll('_', ' ');
  const pieces = spaced.split(/=([0-9a-f]{2})/i);
  return Buffer.concat(pieces.map((piece, index) => Buffer.from(piece, index % 2 === 1 ? 'hex' : 'utf8')));
}

/** Encodes unstructured text where it must be (RFC 2047 §5 (1)); words are parted by a space, ready for folding. */
export function encodeWords(text: string): string {
  const clean = oneLine(text);
  return plain.test(clean) && !clean.includes('=?') && !unfoldable.test(clean) ? clean : words(clean);
}

/** Encodes a display name: atoms, a quoted-string, or encoded-words in the form allowed in a phrase (RFC 2047 §5 (3)). */
export function encodePhrase(text: string): string {
  const clean = oneLine(text).trim();
  if (!plain.test(clean) || clean.includes('=?')) return words(clean);
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*$/.test(clean) && !/ {2}/.test(clean)) return clean;
  return `"${clean.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A line of 998 characters (RFC 5322 §2.1.1) could not hold it. */
const unfoldable = /[^ ]{900}/;
const plain = /^[\x20-\x7e]*$/;

/** A header value is one line, whatever was typed: this is what keeps fields from being smuggled in. */
export function oneLine(text: string): string {
  return text.toWellFormed().replaceAll(/[\x00-\x1f\x7f]+/g, ' ');
}

function words(text: string): string {
  const characters = [...text];
  const strange = characters.filter((one) => !plain.test(one)).length;
  const inB = strange * 3 > characters.length;
  const made: string[] = [];
  let octets: number[] = [];
  for (const character of characters) {
    const next = [...Buffer.from(character)];
    if (encodedLength([...octets, ...next], inB) > maxWordCharacters) {
      made.push(encode(octets, inB));
      octets = [];
    }
    octets.push(...next);
  }
  return [...made, ...(octets.length > 0 ? [encode(octets, inB)] : [])].join(' ');
}

const wordFrame = '=?utf-8?Q??='.length;

function encodedLength(octets: readonly number[], inB: boolean): number {
  if (inB) return wordFrame + Math.ceil(octets.length / 3) * 4;
  return octets.reduce((length, octet) => length + (safeInQ(octet) ? 1 : 3), wordFrame);
}

function encode(octets: readonly number[], inB: boolean): string {
  return inB ? `=?utf-8?B?${Buffer.from(octets).toString('base64')}?=` : `=?utf-8?Q?${octets.map(encodeQ).join('')}?=`;
}

/** What the Q encoding leaves as it is: the characters allowed even in a phrase, and the space as `_`. */
function safeInQ(octet: number): boolean {
  return octet === 0x20 || /[A-Za-z0-9!*+/-]/.test(String.fromCharCode(octet));
}

function encodeQ(octet: number): string {
  if (octet === 0x20) return '_';
  return safeInQ(octet) ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
