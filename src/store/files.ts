import { constants } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, unlink, utimes } from 'node:fs/promises';
import { type Content, syncFolder, writeAside } from '../lib/durable.ts';

/**
 * Every call by which the store changes the file system, so that a test can stop the world before any of them.
 * All are single steps of the operating system, except `removeTree`, which only ever works on what nobody sees.
 */
export interface MaildirFiles {
  /** Makes the file, writes and syncs it; answers the size in bytes. */
  writeAside(path: string, content: Content): Promise<number>;
  copy(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  removeTree(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  setTime(path: string, timeMs: number): Promise<void>;
}

export const maildirFiles: MaildirFiles = {
  writeAside: (path, content) => writeAside(path, content, 0o600),
  copy: (from, to) => copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL),
  link,
  rename,
  unlink,
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  removeTree: (path) => rm(path, { recursive: true, force: true }),
  syncFolder,
  setTime: (path, timeMs) => utimes(path, timeMs / 1000, timeMs / 1000),
};

/** Waits for the removal or rename of a file, content when there is none. Answers whether it was there. */
export async function wasThere(removal: Promise<void>): Promise<boolean> {
  try {
    await removal;
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
