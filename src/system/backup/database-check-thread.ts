import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** Thread of `database-check.ts`: looks through databases without stopping the box. Answers what is wrong, or ''. */

function problemIn(path: string): string {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      const row = db.prepare('PRAGMA integrity_check(1)').get();
      const said = String(row?.integrity_check ?? 'no answer');
      return said === 'ok' ? '' : said;
    } finally {
      db.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}

for (const path of workerData as readonly string[]) {
  const problem = problemIn(path);
  if (problem === '') continue;
  parentPort!.postMessage({ path, problem });
  break;
}
parentPort!.close();
