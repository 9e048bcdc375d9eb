import { open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Privileged } from '../privileged/operations.ts';
import { BundleError } from './bundle-format.ts';
import type { UpdateKey } from './bundle-keys.ts';
import { readBundle } from './read-bundle.ts';
import { UpdateError } from './update-error.ts';
import { compareVersions } from './version.ts';

/** Entries of a stick's top folder that are looked at, and updates among them. */
const mostEntries = 10_000;
const mostBundles = 50;

/**
 * Finds the newest signed update for a board in the top folders of the sticks that are plugged in, and hands it to `use`
 * while its stick is mounted.
 * @throws UpdateError when there is none; what `use` throws
 */
export async function withBestOnSticks<T>(
  privileged: Privileged,
  wanted: { readonly board: string; readonly keys: readonly UpdateKey[] },
  use: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { partitions } = await privileged.run('storage.list', {});
  const readable = partitions.filter(({ fileSystem }) => fileSystem !== '');
  if (readable.length === 0) throw new UpdateError('unavailable', 'There is no USB stick with files in this box.');
  let refused: string | undefined;
  for (const { name } of readable) {
    const { folder } = await privileged.run('storage.mount', { name, writable: false });
    try {
      const best = await bestIn(folder, wanted);
      if (best.file !== undefined) return await withContent(best.file, use);
      refused ??= best.refused;
    } finally {
      await privileged.run('storage.unmount', { name });
    }
  }
  throw new UpdateError(
    'unavailable',
    refused ?? 'There is no update (a file that ends in .cas) in the top folder of the USB stick.',
  );
}

async function bestIn(
  folder: string,
  { board, keys }: { readonly board: string; readonly keys: readonly UpdateKey[] },
): Promise<{ readonly file?: string; readonly refused?: string }> {
  let best: { readonly file: string; readonly version: string } | undefined;
  let refused: string | undefined;
  for (const file of await bundlesIn(folder)) {
    try {
      const { manifest, signer } = await withContent(file, (content) => readBundle(content, keys));
      if (signer === undefined) refused ??= 'The update on the USB stick is not signed by anybody this box trusts.';
      else if (manifest.board !== board) refused ??= `The update on the USB stick is for the board ${manifest.board}.`;
      else if (!best || compareVersions(manifest.version, best.version) > 0) best = { file, version: manifest.version };
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      refused ??= error.message;
    }
  }
  return { ...(best && { file: best.file }), ...(refused !== undefined && { refused }) };
}

/** Closed when it resolves, however far it was read: a stick with open files cannot be unmounted. */
async function withContent<T>(file: string, use: (content: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  const handle = await open(file);
  const content = handle.createReadStream({ autoClose: false });
  try {
    return await use(content);
  } finally {
    content.destroy();
    await handle.close();
  }
}

async function bundlesIn(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  let seen = 0;
  for await (const entry of await opendir(folder)) {
    if (++seen > mostEntries || found.length >= mostBundles) break;
    // Names that begin with a dot are what macOS leaves beside a file.
    if (entry.isFile() && /^[^.].*\.cas$/i.test(entry.name)) found.push(join(folder, entry.name));
  }
  return found;
}
