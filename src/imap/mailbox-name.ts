/**
 * Folder names on the wire: modified UTF-7 (RFC 3501 §5.1.3), or UTF-8 once the client enabled it (RFC 6855). Inside they
 * are Unicode.
 */

/** @returns undefined when it is not well formed: base64 of printable ASCII, half characters, stray bits. */
export function decodeMailboxName(wire: string): string | undefined {
  if (/[^\x20-\x7e]/.test(wire)) return undefined;
  let good = true;
  const text = wire.replaceAll(/&([^-]*)(-?)/g, (_, base64: string, end: string) => {
    const piece = end === '' ? undefined : base64 === '' ? '&' : decodePiece(base64);
    if (piece === undefined) good = false;
    return piece ?? '';
  });
  return good && text.isWellFormed() && encodeMailboxName(text) === wire ? text : undefined;
}

function decodePiece(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+,]+$/.test(base64)) return undefined;
  const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64');
  return octets.length % 2 === 0 && octets.length > 0 ? octets.swap16().toString('utf16le') : undefined;
}

export function encodeMailboxName(name: string): string {
  return name.replaceAll('&', '&-').replaceAll(/[^\x20-\x7e]+/g, (strange) => {
    const base64 = Buffer.from(strange, 'utf16le').swap16().toString('base64');
    return `&${base64.replaceAll('/', ',').replace(/=+$/, '')}-`;
  });
}

/** INBOX is the same in any case of letters (RFC 9051 §5.1); nothing else is. */
export function canonicalName(name: string): string {
  return /^inbox$/i.test(name) ? 'INBOX' : name;
}
