import { DatabaseSync } from 'node:sqlite';
import { type Clock, sleep } from './clock.ts';

const retryMs = 50;

/**
 * Holds a lock file for this process: the kernel lets go of it when the process ends, however it ends, so nothing stale
 * is left after `kill -9` or a power cut. (SQLite's exclusive lock is the advisory lock that Node can reach.)
 * @returns the way to let go, or undefined when another process holds it.
 */
export function holdLock(path: string): (() => void) | undefined {
  const db = new DatabaseSync(path);
  try {
    db.exec(
      'PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (x);',
    );
    return () => db.close();
  } catch (error) {
    db.close();
    // 5 SQLITE_BUSY, 6 SQLITE_LOCKED
    if ([5, 6].includes((error as { errcode?: number }).errcode ?? 0)) return undefined;
    throw error;
  }
}

/** As `holdLock`; asks again and again for `patienceMs` while another process holds it. */
export async function waitForLock(path: string, clock: Clock, patienceMs: number): Promise<(() => void) | undefined> {
  const until = clock.now() + patienceMs;
  for (;;) {
    const release = holdLock(path);
    if (release || clock.now() >= until) return release;
    await sleep(clock, retryMs);
  }
}
