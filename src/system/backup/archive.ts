import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BackupError } from './backup-error.ts';
import { ContentDigest } from './digest.ts';
import { dataPrefix, type Manifest, manifestName, type Summary, summaryName } from './manifest.ts';
import { isPassing, type Tally } from './parts.ts';
import { walk } from './snapshot.ts';
import { type NewEntry, tarOf } from './tar.ts';

/** Octets read from a file at once. */
const readBytes = 64 * 1024;

/**
 * A copy of the data (`snapshot.ts`) as one archive: the manifest, `data/…`, and last what must have come by then.
 * @param progress is told how many bytes of files are done.
 */
export function archiveOf(
  folder: string,
  manifest: Manifest,
  tally: Tally,
  progress: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  return tarOf(entries(folder, manifest, tally, progress));
}

async function* entries(
  folder: string,
  manifest: Manifest,
  tally: Tally,
  progress: (bytes: number) => void,
): AsyncGenerator<NewEntry> {
  const written = new Date(manifest.at);
  yield document(manifestName, manifest, written);
  const digest = new ContentDigest();
  for await (const { path, kind } of walk(folder)) {
    const name = `${dataPrefix}${path}`;
    if (kind === 'folder') {
      yield { header: { name, type: 'directory', mode: 0o700, mtime: written } };
      continue;
    }
    // Whoever counted in the copy may have opened a database.
    if (isPassing(basename(path))) continue;
    const handle = await open(join(folder, path));
    try {
      const { size, mode, mtime } = await handle.stat();
      const header = { name, type: 'file', size, mode: mode & 0o777, mtime } as const;
      yield { header, content: digest.through(path, readExactly(handle, size, path)) };
    } finally {
      await handle.close();
    }
    progress(digest.bytes);
  }
  const summary: Summary = { ...digest.result(), tally };
  yield document(summaryName, summary, written);
}

function document(name: string, value: Manifest | Summary, mtime: Date): NewEntry {
  const text = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  return { header: { name, size: text.length, mode: 0o600, mtime }, content: [text] };
}

async function* readExactly(
  handle: Awaited<ReturnType<typeof open>>,
  size: number,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < size; ) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(readBytes),
      0,
      Math.min(readBytes, size - at),
      at,
    );
    if (bytesRead === 0) throw new BackupError('source', `The file ${path} became shorter while it was read.`);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
