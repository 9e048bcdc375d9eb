import { z } from 'zod';
import { type Clock, withTimeout } from '../../lib/clock.ts';
import { notesLimit } from './bundle-format.ts';
import { type InstalledSystem, unsuitable } from './suitable.ts';
import { compareVersions, isVersion } from './version.ts';

/**
 * Where updates are looked for: an `http` or `https` address that answers either with a bundle itself, told by its first
 * octets, or with an index:
 *
 *     { "updates": [{ "board": "generic-x86_64", "version": "1.4.0", "minimumVersion": "1.2.0",
 *                     "url": "caselli-1.4.0-generic-x86_64.cas", "notes": "…" }] }
 *
 * `url` may be relative to the index. Nothing in an index is trusted: it says which bundle to fetch, and that is checked.
 */
const indexSchema = z.object({
  updates: z
    .array(
      z.object({
        board: z.string(),
        version: z.string().refine(isVersion),
        minimumVersion: z.string().refine(isVersion).default('0.0.0'),
        url: z.string().max(2048),
        notes: z.string().max(notesLimit).default(''),
      }),
    )
    .max(1000),
});

export type Offer = z.output<typeof indexSchema>['updates'][number];

export type Answer =
  | { readonly kind: 'index'; readonly offers: readonly Offer[] }
  | { readonly kind: 'bundle'; readonly content: AsyncGenerator<Uint8Array> };

/** Octets of an index. */
const indexLimit = 4 * 1024 * 1024;
/** For the first octet, and between two pieces. */
const patienceMs = 60_000;
const bundleBeginning = 'caselli-update ';

/** Why there was no answer, for people. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Asks the address. Whoever gets a bundle reads it to its end or calls `return`. @throws SourceError */
export async function askSource(url: string, fetch: typeof globalThis.fetch, clock: Clock): Promise<Answer> {
  const content = pieces(url, fetch, clock);
  const first = await firstOctets(content);
  const all = withFirst(first, content);
  if (first.toString('latin1', 0, bundleBeginning.length) === bundleBeginning) return { kind: 'bundle', content: all };
  return { kind: 'index', offers: await readIndex(url, all) };
}

/** The newest update of an index that may be installed here, with its address made absolute; undefined when there is none. */
export function bestOffer(offers: readonly Offer[], indexUrl: string, here: InstalledSystem): Offer | undefined {
  const fitting = offers.filter((offer) => !unsuitable({ ...offer, sizeBytes: 0 }, here, { allowDowngrade: false }));
  const best = fitting.toSorted((a, b) => compareVersions(b.version, a.version))[0];
  if (!best) return undefined;
  if (!URL.canParse(best.url, indexUrl))
    throw new SourceError(`The list of updates at ${indexUrl} holds a wrong address.`);
  return { ...best, url: new URL(best.url, indexUrl).href };
}

async function* pieces(url: string, fetch: typeof globalThis.fetch, clock: Clock): AsyncGenerator<Uint8Array, void> {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new SourceError(`${url} is no http or https address.`);
  const ending = new AbortController();
  const waited = <T>(promise: Promise<T>): Promise<T> => withTimeout(clock, patienceMs, 'answer', promise);
  try {
    const response = await waited(fetch(url, { signal: ending.signal, redirect: 'follow' }));
    if (!response.ok || !response.body) throw new SourceError(`${url} answers with ${response.status}.`);
    const reader = response.body.getReader();
    for (let next = await waited(reader.read()); !next.done; next = await waited(reader.read())) yield next.value;
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`${url} cannot be read: ${reasonOf(error)}.`, { cause: error });
  } finally {
    ending.abort();
  }
}

/** Node's fetch says "fetch failed" and keeps what happened in `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
}

async function firstOctets(content: AsyncGenerator<Uint8Array, void>): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < bundleBeginning.length) {
    const next = await content.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}

async function* withFirst(first: Uint8Array, rest: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function readIndex(url: string, content: AsyncGenerator<Uint8Array>): Promise<readonly Offer[]> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > indexLimit) throw new SourceError(`${url} answers with something that is no list of updates.`);
    kept.push(piece);
  }
  try {
    return indexSchema.parse(JSON.parse(Buffer.concat(kept).toString('utf8'))).updates;
  } catch (error) {
    throw new SourceError(`${url} answers with something that is no list of updates.`, { cause: error });
  }
}
