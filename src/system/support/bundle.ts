import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type NewEntry, tarOf } from '../backup/tar.ts';

/** One file of a support bundle. */
export interface SupportFile {
  readonly name: string;
  /** Bytes, text, or what becomes JSON. What it throws stands in the bundle in its place. */
  readonly content: () => Promise<unknown>;
}

/** Longest file; of a longer one the end is taken, since what happened last says most. */
const fileLimitBytes = 8 * 1024 * 1024;

/** A tar.gz of these files, one made after the other. @param at ms, the time that the files bear */
export async function* supportBundle(
  folder: string,
  files: readonly SupportFile[],
  at: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const zipped = Readable.from(tarOf(entries(folder, files, at))).compose(createGzip());
  yield* zipped as AsyncIterable<Uint8Array>;
}

async function* entries(folder: string, files: readonly SupportFile[], at: number): AsyncGenerator<NewEntry> {
  for (const { name, content } of files) {
    const bytes = await content().then(bytesOf, (error: unknown) =>
      Buffer.from(`This could not be read: ${(error as Error).message}\n`),
    );
    const kept = bytes.subarray(Math.max(bytes.length - fileLimitBytes, 0));
    yield {
      header: { name: `${folder}/${name}`, size: kept.length, mode: 0o600, mtime: new Date(at) },
      content: [kept],
    };
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`);
}
