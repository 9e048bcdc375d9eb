import type { Folder, FolderChange } from '../store/types.ts';
import type { Completion } from './command.ts';
import { no } from './imap-error.ts';
import type { ImapSession } from './session.ts';

/** @throws ImapError NONEXISTENT (RFC 5530). */
export async function existingFolder(session: ImapSession, name: string): Promise<Folder> {
  const folder = await session.mailbox.folder(name);
  if (!folder) throw no('There is no such folder', 'NONEXISTENT');
  return folder;
}

/** The answer to a change of a folder. @throws ImapError when it was not done. */
export function folderChanged(change: FolderChange, done: string): Completion {
  switch (change) {
    case 'done':
      return { text: done };
    case 'exists':
      throw no('There is such a folder already', 'ALREADYEXISTS');
    case 'missing':
      throw no('There is no such folder', 'NONEXISTENT');
    case 'invalid':
      throw no('That cannot be done with a folder of this name', 'CANNOT');
  }
}
