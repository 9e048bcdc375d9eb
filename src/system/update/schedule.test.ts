import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hourIn, nextCheckAt } from './schedule.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2026, 0, 5, 9);

test('a check comes once in its period, not at the same time everywhere, and always comes', () => {
  const checkedAt = fc.option(fc.integer({ min: now - 1000 * hourMs, max: now + 1000 * hourMs }), { nil: undefined });
  const random = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(checkedAt, fc.boolean(), fc.constantFrom('daily', 'weekly'), random, (at, failed, period, chance) => {
      const next = nextCheckAt({ checkedAt: at, failed }, period, now, chance);
      const periodMs = (period === 'daily' ? 24 : 168) * hourMs;
      assert.ok(next >= now && next <= now + periodMs * 1.1);
      if (at !== undefined && at <= now && !failed && now - at < periodMs * 0.9) assert.ok(next - at >= periodMs * 0.9);
    }),
  );
  assert.notEqual(
    nextCheckAt({ checkedAt: undefined, failed: false }, 'daily', now, 0.1),
    nextCheckAt({ checkedAt: undefined, failed: false }, 'daily', now, 0.9),
  );
});

test('the hour is that of the time zone', () => {
  assert.equal(hourIn('UTC', now), 9);
  assert.equal(hourIn('Europe/Rome', now), 10);
  assert.equal(hourIn('America/New_York', Date.UTC(2026, 0, 5, 5)), 0);
  assert.equal(hourIn('No/Where', now), 9);
});
