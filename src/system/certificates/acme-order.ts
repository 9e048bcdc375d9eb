import type { Pair } from './pair.ts';

/** One order of a certificate by ACME (RFC 8555), proved by HTTP-01. */
export interface AcmeOrder {
  readonly directory: string;
  /** PEM */
  readonly accountKey: string;
  /** Empty for nobody. */
  readonly email: string;
  readonly names: readonly string[];
  /** Answers the authority under `/.well-known/acme-challenge/` until it is taken away. */
  readonly put: (token: string, answer: string) => void;
  readonly remove: (token: string) => void;
}

export type OrderCertificate = (order: AcmeOrder) => Promise<Pair>;

/** Pauses between questions whether the authority is done. */
const pauses = { backoffAttempts: 12, backoffMin: 1000, backoffMax: 30_000 } as const;

/** The library is loaded for an order: there are few in a year. @throws Error with what the authority says */
export const orderCertificate: OrderCertificate = async ({ directory, accountKey, email, names, put, remove }) => {
  const { Client, crypto } = (await import('acme-client')).default;
  const client = new Client({ directoryUrl: directory, accountKey, ...pauses });
  const [key, csr] = await crypto.createCsr({ altNames: [...names] }, await crypto.createPrivateEcdsaKey('P-256'));
  const contact = email === '' ? {} : { contact: [`mailto:${email}`] };
  try {
    await client.createAccount({ termsOfServiceAgreed: true, ...contact });
  } catch (error) {
    // Of an account that is there already, the library sends an update, which authorities refuse when it says nothing new.
    if (!hasAccount(client)) throw error;
  }
  const cert = await client.auto({
    csr,
    challengePriority: ['http-01'],
    // From inside the box its outside address may not be reached; the authority looks for itself.
    skipChallengeVerification: true,
    challengeCreateFn: async (_authorization, challenge, answer) => {
      if (challenge.type !== 'http-01') throw new Error(`The authority offers no HTTP-01, but ${challenge.type}.`);
      put(challenge.token, answer);
    },
    challengeRemoveFn: async (_authorization, { token }) => remove(token),
  });
  return { key: String(key), cert };
};

function hasAccount(client: { getAccountUrl(): string }): boolean {
  try {
    return client.getAccountUrl() !== '';
  } catch {
    return false;
  }
}

/** A key for an account (RFC 8555 §7.3). */
export async function makeAccountKey(): Promise<string> {
  const { crypto } = (await import('acme-client')).default;
  return String(await crypto.createPrivateEcdsaKey('P-256'));
}
