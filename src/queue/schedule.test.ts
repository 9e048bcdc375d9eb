import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../config/schema.ts';
import { afterDeferral, expiryOf, interruptionWaitMs, retryWaitMs, type ScheduleConfig } from './schedule.ts';

const read = readConfig({});
assert.ok(read.kind === 'valid');
const config: ScheduleConfig = read.config.queue;
const minute = 60_000;

const waits = (count: number, schedule: ScheduleConfig): number[] =>
  Array.from({ length: count }, (_, n) => retryWaitMs(n + 1, schedule) / minute);

test("the manual's schedule", () => {
  assert.deepEqual(waits(18, config), [5, 5, 5, 15, 5, 5, 30, 5, 5, 60, 5, 5, 120, 5, 5, 120, 5, 5]);
});

test("Courier's formula (alpha 5m, beta 3, gamma 15m, maxdelta 3) can be configured", () => {
  const formula = (n: number): number => (n % 3 ? 5 : 15 * 2 ** Math.min(n / 3, 3));
  const schedule = {
    ...config,
    retrySchedule: [5, 5, 30, 5, 5, 60].map((m) => m * minute),
    retryThen: [5, 5, 120].map((m) => m * minute),
  };
  assert.deepEqual(
    waits(30, schedule),
    Array.from({ length: 30 }, (_, n) => formula(n + 1)),
  );
});

test('a week of attempts ends on the minute', () => {
  const expiresAt = expiryOf(0, 'esmtp', config);
  const at: number[] = [];
  for (let now = 0, attempts = 0; ; ) {
    at.push(now / minute);
    const next = afterDeferral({ attempts, expiresAt }, {}, now, config);
    if (next.kind === 'expired') break;
    ({ attempts, nextAt: now } = next);
  }
  assert.deepEqual(at.slice(0, 14), [0, 5, 10, 15, 30, 35, 40, 70, 75, 80, 140, 145, 150, 270]);
  assert.equal(at.at(-1), 7 * 24 * 60);
  assert.equal(at.length, 13 + 76 * 3 + 1, 'the schedule, 76 rounds of 130 minutes, the last one');
});

test('an agent may ask for another wait, and for an attempt not to count', () => {
  const state = { attempts: 3, expiresAt: 8 * 60 * minute };
  assert.deepEqual(afterDeferral(state, { retryAfterMs: 90_000 }, 0, config), {
    kind: 'again',
    attempts: 4,
    nextAt: 90_000,
    restMs: 0,
  });
  assert.deepEqual(afterDeferral(state, { uncounted: true }, 0, config), {
    kind: 'again',
    attempts: 3,
    nextAt: minute,
    restMs: 0,
  });
  assert.deepEqual(afterDeferral(state, { uncounted: true, retryAfterMs: 0 }, 0, config), {
    kind: 'again',
    attempts: 3,
    nextAt: 1000,
    restMs: 0,
  });
});

test('a rest by rule is not cut, counts for nothing, and is no part of the time that the message has', () => {
  const state = { attempts: 3, expiresAt: 10 * minute };
  assert.deepEqual(afterDeferral(state, { rests: true, retryAfterMs: 60 * minute, uncounted: true }, 0, config), {
    kind: 'again',
    attempts: 3,
    nextAt: 60 * minute,
    restMs: 60 * minute,
  });
});

test('the last wait is cut to the end of the queue time', () => {
  const next = afterDeferral({ attempts: 12, expiresAt: 1000 * minute }, {}, 999 * minute, config);
  assert.deepEqual(next, { kind: 'again', attempts: 13, nextAt: 1000 * minute, restMs: 0 });
  assert.deepEqual(afterDeferral({ attempts: 13, expiresAt: 1000 * minute }, {}, 1000 * minute, config), {
    kind: 'expired',
  });
});

test('a message that kills the box waits longer each time', () => {
  assert.deepEqual([1, 2, 3, 4, 20].map(interruptionWaitMs), [0, 1000, 2000, 4000, 300_000]);
});
