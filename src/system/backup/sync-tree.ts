import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../../lib/durable.ts';
import { walk } from './snapshot.ts';

/**
 * Puts a whole folder on stable storage. The system's `sync` does a whole file system at once; where it has none that can,
 * every file is synced, which takes a commit of the disk for each.
 */
export async function syncTree(folder: string): Promise<void> {
  try {
    await promisify(execFile)('sync', ['-f', folder]);
  } catch {
    for await (const { path, kind } of walk(folder)) {
      if (kind === 'folder') await syncFolder(join(folder, path));
      else await syncFile(join(folder, path));
    }
    await syncFolder(folder);
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}
