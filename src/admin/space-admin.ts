import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Directory } from '../accounts/directory.ts';
import { isMissing } from '../store/files.ts';
import type { MailStore } from '../store/types.ts';
import type { SpaceView } from './views/space-views.ts';

/** What takes room on the disk. */
export interface SpaceAdmin {
  spaceUse(): Promise<SpaceView>;
}

export interface SpaceParts {
  readonly directory: Directory;
  readonly store: MailStore;
  readonly disk: () => Promise<{ readonly total: number; readonly free: number }>;
  /** Folders beside the mailboxes, by what they hold. */
  readonly folders: Readonly<Record<'queue' | 'faxes' | 'log' | 'backups', string>>;
}

export function spaceAdmin({ directory, store, disk, folders }: SpaceParts): SpaceAdmin {
  return {
    spaceUse: async () => {
      const mailboxes = [];
      // One after the other: each opening reads an index, and there may be many.
      for (const { address, fullName } of directory.listPeople()) {
        const mailbox = await store.open(address);
        try {
          mailboxes.push({ address, fullName, ...(await mailbox.usage()) });
        } finally {
          mailbox.release();
        }
      }
      const { total, free } = await disk();
      const [queue, faxes, log, backups] = await Promise.all([
        sizeOf(folders.queue),
        sizeOf(folders.faxes),
        sizeOf(folders.log),
        sizeOf(folders.backups),
      ]);
      return { total, free, mailboxes, queue, faxes, log, backups };
    },
  };
}

/** Octets of the files below a folder, as far as they are still there. */
async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(none([]));
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    sum += (await stat(join(entry.parentPath, entry.name)).catch(none({ size: 0 }))).size;
  }
  return sum;
}

function none<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (isMissing(error)) return otherwise;
    throw error;
  };
}
