export interface PlainCredentials {
  /** Who to act as; empty for the one who logs in. */
  readonly authorizationId: string;
  readonly address: string;
  readonly password: string;
}

/**
 * Reads the one message of SASL PLAIN (RFC 4616) from its base64.
 * @returns undefined when it is not that.
 */
export function readSaslPlain(base64: string): PlainCredentials | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return undefined;
  const octets = Buffer.from(base64, 'base64');
  const text = octets.toString('utf8');
  if (!Buffer.from(text).equals(octets)) return undefined;
  const [authorizationId, address, password, ...more] = text.split('\0');
  if (!address || !password || more.length > 0) return undefined;
  return { authorizationId: authorizationId!, address, password };
}
