import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * The only code that publishes a file: write aside, sync the file, rename, sync the folder. After a crash the reader
 * finds the old file or the new one, whole, never a mixture.
 */

/** Syncs a folder, so that the names in it are on stable storage. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its parents, each synced into its parent. Existing ones are left as they are. */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

export type Content = Uint8Array | string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes `content` to a new file at `path` and syncs it; the name is not yet durable (`publish` makes it so).
 * On any error the file is removed and the error thrown. Returns the size in bytes.
 * @throws Error with code EEXIST when the file is there already.
 */
export async function writeAside(path: string, content: Content, mode = 0o600): Promise<number> {
  const handle = await open(path, 'wx', mode);
  try {
    const sizeBytes = await writeAll(handle, content);
    await handle.sync();
    await handle.close();
    return sizeBytes;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(path).catch(() => {});
    throw error;
  }
}

/** Bytes gathered before one write call: small chunks would each cost a turn of the thread pool. */
const gatherBytes = 64 * 1024;

async function writeAll(handle: FileHandle, content: Content): Promise<number> {
  let sizeBytes = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const flush = async (): Promise<void> => {
    const bytes = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
    sizeBytes += bytes.length;
  };
  for await (const chunk of chunksOf(content)) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes >= gatherBytes) await flush();
  }
  if (waitingBytes > 0) await flush();
  return sizeBytes;
}

/** Content as it comes, whatever form it has. */
export function chunksOf(content: Content): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** Gives a file written aside its final name, durably. Both paths lie on one file system. */
export async function publish(aside: string, path: string): Promise<void> {
  await rename(aside, path);
  await syncFolder(dirname(path));
  if (dirname(aside) !== dirname(path)) await syncFolder(dirname(aside));
}

/** Replaces or makes the file at `path` with `content`, atomically and durably. */
export async function writeDurable(path: string, content: Content, mode = 0o600): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.${asideCount++}.new`);
  await writeAside(aside, content, mode);
  await publish(aside, path);
}

let asideCount = 0;

/** Removes a file durably; a file that is not there is already removed. */
export async function removeDurable(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return;
  }
  await syncFolder(dirname(path));
}
