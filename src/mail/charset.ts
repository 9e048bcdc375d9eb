import { TextDecoder } from 'node:util';

/**
 * Charsets by name, through the platform's decoders (WHATWG Encoding). Nothing here throws: a charset that is unknown or
 * lies is read as UTF-8 where the octets are UTF-8, else as windows-1252, which shows every octet as something.
 */

/** Names that mean nothing about octets above 127, or that mail programs write and the platform does not know. */
const undecided = new Set([
  '',
  'us-ascii',
  'ascii',
  'ansi_x3.4-1968',
  '7bit',
  '8bit',
  'unknown-8bit',
  'x-unknown',
  'default',
]);
const aliases: Readonly<Record<string, string>> = {
  utf8mb4: 'utf-8',
  cp850: 'windows-1252',
  'iso-8859-8-e': 'iso-8859-8',
  'cp-1252': 'windows-1252',
  'ks_c_5601-1987': 'euc-kr',
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
};

/** A decoder for the charset; undefined when it is unknown or says nothing. A language suffix (RFC 2231 §5) is dropped. */
export function charsetDecoder(charset: string): TextDecoder | undefined {
  const name = charset.trim().toLowerCase().split('*')[0]!;
  if (undecided.has(name)) return undefined;
  try {
    return new TextDecoder(aliases[name] ?? name, { ignoreBOM: false });
  } catch {
    return undefined;
  }
}

/** Decodes octets of one piece of text. */
export function decodeCharset(bytes: Uint8Array, charset = ''): string {
  const decoder = charsetDecoder(charset);
  return decoder ? decoder.decode(bytes) : decodeUnlabelled(bytes);
}

/** UTF-8 where it is valid as a whole, else windows-1252. */
export function decodeUnlabelled(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return windows1252.decode(bytes);
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const windows1252 = new TextDecoder('windows-1252');
