import type { Header, Pack } from 'tar-stream';
import { drained } from '../../lib/drained.ts';

/** Archives as streams that are pulled, over `tar-stream`. */

export interface TarEntry {
  readonly header: Header;
  /** Must be read to its end before the next entry is asked for; an entry that was not is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface NewEntry {
  readonly header: Partial<Header> & Pick<Header, 'name'>;
  readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Chunks handed on, bytes: headers and small files would each cost a turn of all that follows. */
const gatherBytes = 64 * 1024;

/** The archive of these entries. Stops asking for entries when nobody reads on. */
export async function* tarOf(entries: AsyncIterable<NewEntry>): AsyncGenerator<Uint8Array, void, undefined> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  const feeding = feed(tar, entries).catch((error: unknown) => tar.destroy(error as Error));
  try {
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    for await (const chunk of tar as AsyncIterable<Uint8Array>) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes < gatherBytes) continue;
      yield Buffer.concat(waiting);
      [waiting, waitingBytes] = [[], 0];
    }
    if (waitingBytes > 0) yield Buffer.concat(waiting);
  } finally {
    tar.destroy(null);
    await feeding;
  }
}

async function feed(tar: Pack, entries: AsyncIterable<NewEntry>): Promise<void> {
  for await (const { header, content } of entries) {
    const written = Promise.withResolvers<void>();
    written.promise.catch(() => {}); // awaited below, when the content is written
    const entry = tar.entry(header, (error) => (error ? written.reject(error) : written.resolve()));
    entry.on('error', written.reject).on('close', () => written.resolve());
    for await (const chunk of content ?? []) {
      if (!entry.write(chunk)) await drained(entry);
      if (tar.destroyed) return;
    }
    entry.end(null);
    await written.promise;
    if (tar.destroyed) return;
  }
  tar.finalize();
}

/** The entries of an archive, one after the other. @throws what reading `content` throws, and an Error when it is no archive. */
export async function* entriesOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const { extract } = await import('tar-stream');
  const reader = extract();
  let failed: unknown;
  const feeding = (async () => {
    for await (const chunk of content) {
      if (!reader.write(chunk)) await drained(reader);
      if (reader.destroyed) return;
    }
    reader.end(null);
  })().catch((error: unknown) => {
    failed = error;
    reader.destroy(error as Error);
  });
  // Entries only say that their stream was destroyed.
  const because = async function* <T>(content: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    try {
      yield* content;
    } catch (error) {
      throw failed ?? error;
    }
  };
  try {
    for await (const entry of because(reader)) {
      yield { header: entry.header, content: because(entry as unknown as AsyncIterable<Uint8Array>) };
      entry.resume();
    }
  } finally {
    reader.destroy(null);
    await feeding;
  }
}
