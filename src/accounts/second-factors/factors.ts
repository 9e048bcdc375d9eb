import { z } from 'zod';

/** A passkey of a person (WebAuthn Level 3): of no use to whoever reads it but to check a login. */
const passkey = z.strictObject({
  /** Credential id, base64url. */
  id: z.string(),
  /** What its owner calls it. */
  name: z.string(),
  /** COSE key, base64url. */
  publicKey: z.string(),
  counter: z.int(),
  transports: z.array(z.string()),
  /** The name of the box that it works for. */
  rpId: z.string(),
  /** ms since 1970. */
  createdAt: z.number(),
  usedAt: z.number(),
});
export type Passkey = z.infer<typeof passkey>;

const factors = z.strictObject({
  /** Random bytes that stand for the person in authenticators, base64url. */
  handle: z.string(),
  /** Time-based codes (RFC 6238): the key in Base32, and the last time step that was used. */
  totp: z.strictObject({ secret: z.string(), lastStep: z.number() }).optional(),
  /** SHA-256 of the recovery codes that are left, base64url. */
  recovery: z.array(z.string()),
  passkeys: z.array(passkey),
});

/** What somebody has beside the password. */
export type Factors = z.infer<typeof factors>;

export function hasSecondFactor(of: Factors | undefined): boolean {
  return of !== undefined && (of.totp !== undefined || of.passkeys.length > 0);
}

/** @throws Error when it is none: a login must not go on as if there were no second factor */
export function readFactors(text: string): Factors {
  return factors.parse(JSON.parse(text));
}

/** Where second factors are kept, by account; empty is the administrator of the box. */
export interface FactorStore {
  read(account: string): Factors | undefined;
  /** Everybody who has some. */
  all(): readonly (readonly [account: string, factors: Factors])[];
  /** On stable storage when it resolves; undefined takes them away. */
  write(account: string, factors: Factors | undefined): Promise<void>;
}
