import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../lib/manual-clock.ts';
import { Confirmation, trialMs } from './confirmation.ts';

function watched(onTrial: boolean) {
  const clock = new ManualClock();
  const confirmedAt: number[] = [];
  const confirmation = new Confirmation({ clock, onTrial, confirm: async () => void confirmedAt.push(clock.now()) });
  return { clock, confirmation, confirmedAt, startMs: clock.now() };
}

test('a system that was confirmed before is confirmed at the first good check', async () => {
  const { clock, confirmation, confirmedAt } = watched(false);
  confirmation.health(false);
  await clock.advance(trialMs);
  assert.equal(confirmation.confirmed, false);
  confirmation.health(true);
  confirmation.health(true);
  await clock.advance(0);
  assert.equal(confirmation.confirmed, true);
  assert.equal(confirmedAt.length, 1);
});

test('a system on trial is confirmed once, when it was well for three minutes without a break', async () => {
  const checks = fc.array(fc.record({ afterMs: fc.integer({ min: 1, max: 90_000 }), well: fc.boolean() }));
  const property = fc.asyncProperty(checks, async (all) => {
    const { clock, confirmation, confirmedAt } = watched(true);
    let wellSince: number | undefined;
    let expected: number | undefined;
    for (const { afterMs, well } of all) {
      await clock.advance(afterMs);
      if (wellSince !== undefined && clock.now() >= wellSince + trialMs) expected ??= wellSince + trialMs;
      wellSince = well ? (wellSince ?? clock.now()) : undefined;
      confirmation.health(well);
    }
    await clock.advance(0);
    assert.deepEqual(confirmedAt, expected === undefined ? [] : [expected]);
    confirmation.stop();
    assert.equal(clock.pending, 0);
  });
  await fc.assert(property, { numRuns: 200 });
});

test('a confirmation that cannot be written is tried again at the next good check', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const confirm = async (): Promise<void> => {
    tries++;
    if (tries < 3) throw new Error('the helper does not answer');
  };
  const confirmation = new Confirmation({ clock, onTrial: false, confirm });
  for (let check = 0; check < 5; check++) {
    confirmation.health(true);
    await clock.advance(10_000);
  }
  assert.deepEqual([tries, confirmation.confirmed], [3, true]);
});
