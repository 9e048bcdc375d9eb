import { encodeMailboxName } from './mailbox-name.ts';

/** Writes values as responses have them (RFC 9051 §9). */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Longer strings are literals: some clients read quoted strings into small buffers. */
const maxQuoted = 1000;

/** quoted or literal. In UTF-8 mode quoted strings may hold UTF-8 (RFC 6855 §3). */
export function formatString(text: string, utf8 = false): string {
  const quotable = utf8 ? /^[^\x00-\x1f\x7f]*$/ : /^[\x20-\x7e]*$/;
  if (text.length <= maxQuoted && quotable.test(text)) return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  // NUL cannot stand in a literal (CHAR8).
  const clean = text.replaceAll('\0', '').toWellFormed();
  return `{${Buffer.byteLength(clean)}}\r\n${clean}`;
}

export function formatNstring(text: string | undefined, utf8 = false): string {
  return text === undefined ? 'NIL' : formatString(text, utf8);
}

export function formatMailbox(name: string, utf8: boolean): string {
  const wire = utf8 ? name : encodeMailboxName(name);
  return /^[A-Za-z0-9_.+-]+$/.test(wire) && wire.toUpperCase() !== 'NIL' ? wire : formatString(wire, utf8);
}

/** date-time, in UTC. */
export function formatDateTime(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(date.getUTCDate()).padStart(2, ' ')}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()}`;
  return `"${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000"`;
}

/** Texts of responses hold no line ends nor other controls. */
export function plainText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').trim() || 'Done';
}
