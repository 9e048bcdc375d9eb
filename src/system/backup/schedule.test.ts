import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFailure, dueAt, latestSlot, type Progress } from './schedule.ts';

const at = (text: string): number => Date.parse(text);
const daily = { schedule: 'daily', hour: 1, weekday: 'sunday' } as const;
const weekly = { schedule: 'weekly', hour: 23, weekday: 'friday' } as const;
const slot = (schedule: Parameters<typeof latestSlot>[0], now: string, zone = 'UTC'): string | undefined => {
  const found = latestSlot(schedule, at(now), zone);
  return found === undefined ? undefined : new Date(found).toISOString();
};

test('the latest time that the schedule wanted, in the time of the place', () => {
  assert.equal(slot({ ...daily, schedule: 'off' }, '2026-11-22T12:00:00Z'), undefined);
  assert.equal(slot(daily, '2026-11-22T12:00:00Z'), '2026-11-22T01:00:00.000Z');
  assert.equal(slot(daily, '2026-11-22T01:00:00Z'), '2026-11-22T01:00:00.000Z');
  assert.equal(slot(daily, '2026-11-22T00:59:59Z'), '2026-11-21T01:00:00.000Z');
  assert.equal(slot(daily, '2026-11-22T12:00:00Z', 'Europe/Rome'), '2026-11-22T00:00:00.000Z');
  assert.equal(slot(daily, '2026-11-22T12:00:00Z', 'Asia/Kathmandu'), '2026-11-21T19:15:00.000Z');
  assert.equal(slot(weekly, '2026-11-22T12:00:00Z'), '2026-11-20T23:00:00.000Z');
  assert.equal(slot(weekly, '2026-11-20T22:59:00Z'), '2026-11-13T23:00:00.000Z');
});

test('summer time: an hour that is there twice is taken once a day at least, one that is not there is left out', () => {
  const two = { ...daily, hour: 2 };
  // Rome, 29 March 2026: 02:00 is 03:00.
  assert.equal(slot(two, '2026-03-29T12:00:00Z', 'Europe/Rome'), '2026-03-28T01:00:00.000Z');
  assert.equal(slot(two, '2026-03-30T12:00:00Z', 'Europe/Rome'), '2026-03-30T00:00:00.000Z');
  // 25 October 2026: 03:00 is 02:00 again.
  assert.equal(slot(two, '2026-10-25T12:00:00Z', 'Europe/Rome'), '2026-10-25T01:00:00.000Z');
});

test('a failed one is tried again, later and later, until the next time of the schedule', () => {
  let progress: Progress = { done: 0 };
  const first = at('2026-11-22T01:00:00Z');
  assert.equal(dueAt(undefined, progress), undefined);
  assert.equal(dueAt(first, progress), first);
  const minutes: number[] = [];
  for (let now = first; ; ) {
    progress = afterFailure(first, progress, now);
    const due = dueAt(first, progress);
    if (due === undefined) break;
    minutes.push((due - now) / 60_000);
    now = due;
  }
  assert.deepEqual(minutes, [10, 30, 120, 360]);
  const next = at('2026-11-23T01:00:00Z');
  assert.equal(dueAt(next, progress), next);
  assert.equal(dueAt(next, { done: next }), undefined);
});
