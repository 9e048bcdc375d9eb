import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { opensInMs, parseHours } from './calling-hours.ts';

const hour = 3_600_000;
/** Wednesday, 25 November 2026, on the clock of the wall. */
const at = (day: number, hours: number, minutes = 0): number => new Date(2026, 10, day, hours, minutes).getTime();
const opens = (texts: readonly string[], now: number): number =>
  opensInMs(
    texts.map((text) => parseHours(text)!),
    now,
  ) / hour;

test('hours are read with days, lists and spans of them, and over midnight', () => {
  assert.deepEqual(parseHours('Mon-Fri 08:00-18:30'), { days: new Set([1, 2, 3, 4, 5]), from: 480, to: 1110 });
  assert.deepEqual(parseHours('sat, SUN 9:00 - 12:00')?.days, new Set([6, 0]));
  assert.deepEqual(parseHours('Fri-Mon 00:00-24:00'), { days: new Set([5, 6, 0, 1]), from: 0, to: 1440 });
  assert.deepEqual(parseHours('22:00–06:00'), { days: new Set([0, 1, 2, 3, 4, 5, 6]), from: 1320, to: 360 });
  for (const wrong of [
    '',
    'Mon-Fri',
    '8-18',
    'Xyz 08:00-09:00',
    '08:00-08:00',
    '24:00-25:00',
    '08:60-09:00',
    'Mon-Tue-Wed 1:00-2:00',
  ])
    assert.equal(parseHours(wrong), undefined, wrong);
});

test('within the hours nothing is waited for, outside until the next begin', () => {
  const office = ['Mon-Fri 08:00-18:00'];
  assert.equal(opens(office, at(25, 8)), 0);
  assert.equal(opens(office, at(25, 17, 59)), 0);
  assert.equal(opens(office, at(25, 18)), 14);
  assert.equal(opens(office, at(25, 7, 30)), 0.5);
  assert.equal(opens(office, at(27, 20)), 60, 'from Friday evening to Monday morning');
  assert.equal(opens(['22:00-06:00'], at(25, 3)), 0, 'those of yesterday last');
  assert.equal(opens(['Tue 22:00-06:00'], at(25, 5, 59)), 0);
  assert.equal(opens(['Tue 22:00-06:00'], at(25, 6)), 6 * 24 + 16);
  assert.equal(opens(['Wed 07:00-08:00'], at(25, 9)), 7 * 24 - 2);
  assert.equal(opens([], at(25, 3)), 0, 'no hours are all hours');
  assert.equal(opens([...office, 'Sat 10:00-12:00'], at(28, 9)), 1);
});

test('when the wait is over, the hours have begun', () => {
  const text = fc
    .tuple(fc.constantFrom('', 'Mon ', 'Mon-Fri ', 'Sat,Sun '), fc.nat(1439), fc.nat(1440))
    .filter(([, from, to]) => from !== to)
    .map(([days, ...times]) => {
      const [from, to] = times.map((m) => `${Math.floor(m / 60)}:${String(m % 60).padStart(2, '0')}`);
      return `${days}${from}-${to}`;
    });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), fc.nat(14 * 24 * 60), (texts, minutes) => {
      const hours = texts.map((one) => parseHours(one)!);
      const now = at(1, 0) + minutes * 60_000;
      const wait = opensInMs(hours, now);
      assert.ok(wait >= 0 && wait <= 8 * 24 * hour);
      assert.equal(opensInMs(hours, now + wait), 0);
      if (wait > 0) assert.equal(opensInMs(hours, now + wait - 1000), 1000);
    }),
  );
});
