import { join } from 'node:path';
import type { SqliteWriter, Statement } from '../lib/sqlite.ts';
import { Ledger } from './ledger.ts';
import { migrations } from './schema.ts';
import { Spool } from './spool.ts';

/**
 * A queue that comes from a backup, before it is opened. Messages whose file is not there were done with while the backup
 * was made: their rows go. Of the others, those that would leave the box may have left it since; with `hold` they are put on
 * hold. Deliveries to mailboxes only go on: a mailbox knows which it has.
 * @param folder as `QueueParts.folder`
 * @returns how many are on hold
 */
export async function settleRestoredQueue(
  { folder, writer, now }: { readonly folder: string; readonly writer: SqliteWriter; readonly now: number },
  hold: boolean,
): Promise<number> {
  const spool = await Spool.open(join(folder, 'spool'));
  const db = await writer.open(join(folder, 'queue.db'), migrations);
  const ledger = new Ledger(db);
  try {
    for (const ending of ledger.folders()) {
      const files = await spool.idsIn(ending);
      for (const id of ledger.idsIn(ending)) {
        if (!files.has(id)) await db.write(removal(id, now));
        else if (hold && leavesTheBox(db, id)) await ledger.hold(id);
      }
    }
    return db.get<{ n: number }>('SELECT count(*) AS n FROM messages WHERE held = 1')!.n;
  } finally {
    await db.close();
  }
}

function removal(id: string, now: number): Statement[] {
  return [
    { sql: 'DELETE FROM messages WHERE id = ?', params: [id] },
    { sql: 'UPDATE submissions SET finished_at = ? WHERE message = ?', params: [now, id] },
  ];
}

function leavesTheBox(db: Awaited<ReturnType<SqliteWriter['open']>>, id: string): boolean {
  const sql = "SELECT 1 FROM recipients WHERE message = ? AND finished_at IS NULL AND agent <> 'local' LIMIT 1";
  return db.get(sql, id) !== undefined;
}
