import type { Config } from '../config/schema.ts';
import { idAt } from '../lib/ids.ts';
import type { Database } from '../lib/sqlite.ts';
import { addDays, dayOf } from './local-day.ts';
import { otherNames } from './tally.ts';

/** Counters stay for so long: two years and the month of the comparison. */
export const keepCountsDays = 800;
/** Names of one day and list that stay when the day is over; the others become one. */
export const namesKept = 100;
/** Messages, and addresses, forgotten in one transaction: mail waits for each. */
const pieceRows = 500;
/** Of the messages, so many are forgotten when the space is used up. */
const shareForgotten = 0.1;

/** Forgets what is too old, or too much. @param isClosed stops it between two pieces */
export async function prune(
  db: Database,
  { keep, maxSize }: Pick<Config['mailLog'], 'keep' | 'maxSize'>,
  now: number,
  isClosed: () => boolean,
): Promise<void> {
  await forgetBefore(db, idAt(now - keep), isClosed);
  if (!isClosed() && usedBytes(db) > maxSize) await forgetShare(db, isClosed);
  const today = dayOf(now);
  if (!isClosed()) await forgetCounts(db, today);
  if (!isClosed()) await shortenTops(db, today);
  await forgetAddresses(db, isClosed);
}

/** Pages that are empty are used again before the file grows. */
export function usedBytes(db: Database): number {
  const pragma = (name: string): number => Number(Object.values(db.get(`PRAGMA ${name}`) ?? {})[0] ?? 0);
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}

async function forgetBefore(db: Database, id: string, isClosed: () => boolean): Promise<void> {
  while (!isClosed()) {
    const last = db.get<{ id: string | null }>(
      'SELECT max(id) AS id FROM (SELECT id FROM mails WHERE id < ? ORDER BY id LIMIT ?)',
      ...[id, pieceRows],
    )?.id;
    // What has no message belongs to one that was taken before the log was begun.
    const end = last ?? id;
    await db.write([
      { sql: 'DELETE FROM recipients WHERE mail <= ?', params: [end] },
      { sql: 'DELETE FROM happenings WHERE mail <= ?', params: [end] },
      { sql: 'DELETE FROM mails WHERE id <= ?', params: [end] },
    ]);
    if (last === null || last === undefined) return;
  }
}

async function forgetShare(db: Database, isClosed: () => boolean): Promise<void> {
  const { count } = db.get<{ count: number }>('SELECT count(*) AS count FROM mails')!;
  const [row] = db.all<{ id: string }>(
    'SELECT id FROM mails ORDER BY id LIMIT 1 OFFSET ?',
    Math.ceil(count * shareForgotten),
  );
  if (row) await forgetBefore(db, row.id, isClosed);
}

async function forgetCounts(db: Database, today: number): Promise<void> {
  const before = addDays(today, -keepCountsDays);
  const tables = ['counts', 'tops', 'lines', 'posted'];
  await db.write(tables.map((table) => ({ sql: `DELETE FROM ${table} WHERE day < ?`, params: [before] })));
}

async function shortenTops(db: Database, today: number): Promise<void> {
  const long = db.all<{ day: number; list: string }>(
    'SELECT day, list FROM tops WHERE day < ? GROUP BY day, list HAVING count(*) > ? LIMIT 50',
    ...[today, namesKept + 1],
  );
  const beyond = `SELECT name FROM tops WHERE day = ?1 AND list = ?2 AND name <> '${otherNames}'
    ORDER BY count DESC, name LIMIT -1 OFFSET ${namesKept}`;
  for (const { day, list } of long) {
    await db.write([
      {
        sql: `INSERT INTO tops SELECT day, list, '${otherNames}', sum(count), sum(size_bytes) FROM tops
              WHERE day = ?1 AND list = ?2 AND name IN (${beyond}) GROUP BY day, list
              ON CONFLICT DO UPDATE SET count = count + excluded.count, size_bytes = size_bytes + excluded.size_bytes`,
        params: [day, list],
      },
      { sql: `DELETE FROM tops WHERE day = ?1 AND list = ?2 AND name IN (${beyond})`, params: [day, list] },
    ]);
  }
}

async function forgetAddresses(db: Database, isClosed: () => boolean): Promise<void> {
  for (let from = 0; !isClosed(); from += pieceRows) {
    const { most } = db.get<{ most: number | null }>('SELECT max(id) AS most FROM addresses')!;
    if (from > (most ?? 0)) return;
    await db.write([
      {
        sql: `DELETE FROM addresses WHERE id > ?1 AND id <= ?1 + ?2
              AND NOT EXISTS (SELECT 1 FROM recipients WHERE address = addresses.id)
              AND NOT EXISTS (SELECT 1 FROM mails WHERE sender = addresses.id)`,
        params: [from, pieceRows],
      },
    ]);
  }
}
