import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Timer } from '../lib/clock.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { deferred, delivered, failed, hour, TestQueue } from './test-queue.ts';
import type { Outcome } from './types.ts';

/** A clock as computers have it: time goes on between two looks at it, and timers come a little early. */
class UnsteadyClock extends ManualClock {
  readonly #earlyMs: number;
  #looks = 0;

  constructor(earlyMs: number) {
    super();
    this.#earlyMs = earlyMs;
  }

  override now(): number {
    return super.now() + this.#looks++;
  }

  override timer(delayMs: number, run: () => void): Timer {
    return super.timer(Math.max(delayMs - this.#earlyMs, 0), run);
  }
}

async function unsteady(earlyMs: number): Promise<TestQueue> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-queue-'));
  const box = new TestQueue(folder, new SqliteWriter(), new UnsteadyClock(earlyMs));
  await box.open();
  return box;
}

// What falls due while the round looks around must be found by that round or the next: nothing else may ever happen on a
// quiet box.
test('what falls due in the midst of a round is not forgotten: deliveries, warnings, reports', async () => {
  for (let earlyMs = 0; earlyMs <= 40; earlyMs++) {
    const box = await unsteady(earlyMs);
    box.answer = ({ attempt, address }) => {
      if (attempt === 1) return { ...deferred, retryAfterMs: 1000 } as Outcome;
      return address === '555@fax' ? delivered : failed;
    };
    let tries = 0;
    box.report = async () => {
      if (++tries === 1) throw new Error('the report cannot be made now');
    };
    await box.submit(['555@fax', 'x@a.example']);
    await box.pass(hour);
    const seen = [box.deliveries.length, box.reports.length, box.queue.stats().messages];
    await box.end();
    assert.deepEqual(seen, [4, 1, 0], `timers ${earlyMs} ms early`);
  }
});
