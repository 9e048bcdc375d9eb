import { once } from 'node:events';
import { relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BackupError } from './backup-error.ts';

/** Lets SQLite look through databases (`PRAGMA integrity_check`). @throws BackupError when one is damaged */
export async function checkDatabases(folder: string, paths: readonly string[]): Promise<void> {
  const worker = new Worker(new URL('./database-check-thread.ts', import.meta.url), { workerData: paths });
  let found: { path: string; problem: string } | undefined;
  worker.on('message', (message) => {
    found = message;
  });
  await once(worker, 'exit');
  if (found)
    throw new BackupError(
      'damaged',
      `The database ${relative(folder, found.path)} of the backup is damaged: ${found.problem}`,
    );
}
