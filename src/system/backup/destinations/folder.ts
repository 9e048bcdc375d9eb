import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, publish, removeDurable, writeAside } from '../../../lib/durable.ts';
import { BackupError, reasonOf } from '../backup-error.ts';
import { type Destination, isLeftOver, listLimit, partSuffix, readBackupName } from './destination.ts';

/** Octets read from a file at once. */
const readBytes = 64 * 1024;

/** Backups in a folder: a stick that is mounted. @param place how it is called in errors */
export function folderDestination(folder: string, place: string): Destination {
  const said = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof BackupError) throw error;
      const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
      const reason = full ? 'it is full' : reasonOf(error);
      throw new BackupError('destination', `${place} does not take the backup: ${reason}`, { cause: error });
    }
  };
  return {
    put: (name, content) =>
      said(
        (async () => {
          await makeFolder(folder);
          for (const file of await readdir(folder)) {
            if (isLeftOver(file, name)) await removeDurable(join(folder, file));
          }
          const aside = join(folder, `${name}${partSuffix}`);
          await writeAside(aside, content);
          await publish(aside, join(folder, name));
        })(),
      ),
    list: () =>
      said(
        (async () => {
          await makeFolder(folder);
          const names = (await readdir(folder)).filter((name) => readBackupName(name)).slice(0, listLimit);
          return Promise.all(names.map(async (name) => ({ name, sizeBytes: (await stat(join(folder, name))).size })));
        })(),
      ),
    async *read(name) {
      const handle = await said(open(join(folder, name)));
      try {
        for (;;) {
          const { bytesRead, buffer } = await said(handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes));
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },
    remove: (name) => said(removeDurable(join(folder, name))),
  };
}
