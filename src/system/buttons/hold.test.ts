import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../lib/manual-clock.ts';
import { Hold } from './hold.ts';

function watched(holdMs: number): { clock: ManualClock; hold: Hold; times: () => number } {
  const clock = new ManualClock();
  let times = 0;
  const hold = new Hold(clock, holdMs, () => {
    times += 1;
  });
  return { clock, hold, times: () => times };
}

test('a key that must be held: while it is held, after the time, once', async () => {
  const { clock, hold, times } = watched(10_000);
  hold.press();
  await clock.advance(9_999);
  assert.equal(times(), 0);
  await clock.advance(1);
  assert.equal(times(), 1);
  await clock.advance(60_000);
  hold.release();
  assert.equal(times(), 1);
  hold.press();
  await clock.advance(10_000);
  assert.equal(times(), 2);
});

test('a key that was let go too soon begins anew', async () => {
  const { clock, hold, times } = watched(10_000);
  for (let press = 0; press < 3; press++) {
    hold.press();
    await clock.advance(9_000);
    hold.release();
    await clock.advance(1_000);
  }
  assert.equal(times(), 0);
  assert.equal(clock.pending, 0);
});

test('without a time to hold, pressing is enough', () => {
  const { clock, hold, times } = watched(0);
  hold.press();
  assert.equal(times(), 1);
  hold.press();
  assert.equal(times(), 1, 'pressed already');
  hold.release();
  hold.press();
  assert.equal(times(), 2);
  assert.equal(clock.pending, 0);
});

test('whatever is pressed and let go when: as often as a press lasted the time', async () => {
  const happenings = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 150 })), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 100 }), happenings, async (holdMs, happened) => {
      const { clock, hold, times } = watched(holdMs);
      let expected = 0;
      let heldMs: number | undefined;
      for (const [down, thenMs] of happened) {
        if (down) {
          hold.press();
          heldMs ??= 0;
        } else {
          hold.release();
          heldMs = undefined;
        }
        await clock.advance(thenMs);
        if (heldMs === undefined) continue;
        if (heldMs < holdMs && heldMs + thenMs >= holdMs) expected += 1;
        heldMs += thenMs;
      }
      assert.equal(times(), expected);
    }),
    { numRuns: 50 },
  );
});
