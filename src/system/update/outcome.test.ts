import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsSlots, outcomeOf, type Start } from './outcome.ts';
import type { LastUpdate } from './update-record.ts';

const last: LastUpdate = {
  from: '1.3.0',
  to: '1.4.0',
  slot: 'B',
  at: '2026-01-05T09:00:00.000Z',
  result: 'installed',
  reason: '',
  bootId: 'one',
};
const whole = [
  { slot: 'A', version: '1.3.0', ok: true, tries: 1 },
  { slot: 'B', version: '1.4.0', ok: true, tries: 0 },
] as const;
const former: Start = { slot: 'A', version: '1.3.0', bootId: 'two', slots: whole };
const newer: Start = { slot: 'B', version: '1.4.0', bootId: 'two', slots: whole };
const without = (version: string, tries: number): Start['slots'] => [whole[0], { ...whole[1], version, tries }];

test('what became of an update is told from what runs now', () => {
  const cases: readonly [LastUpdate['result'], Start, LastUpdate['result']][] = [
    // The program was started again, the machine was not.
    ['installed', { ...former, bootId: 'one' }, 'installed'],
    ['installing', { ...former, bootId: 'one', slots: without('', 0) }, 'interrupted'],
    ['installing', { ...former, bootId: 'one' }, 'installed'],
    // It came up.
    ['installed', newer, 'trial'],
    ['installing', newer, 'trial'],
    ['trial', newer, 'trial'],
    ['confirmed', newer, 'confirmed'],
    // It did not.
    ['installed', former, 'rolled-back'],
    ['trial', former, 'rolled-back'],
    ['installing', former, 'rolled-back'],
    ['installing', { ...former, slots: without('', 0) }, 'interrupted'],
    ['installing', { ...former, slots: [] }, 'interrupted'],
    // Later: it was overwritten, or no longer gets well; or the data were restored on another box.
    ['confirmed', { ...former, slots: without('', 0) }, 'rolled-back'],
    ['confirmed', { ...former, slots: without('1.4.0', 3) }, 'rolled-back'],
    ['confirmed', former, 'confirmed'],
    ['confirmed', { ...newer, slot: 'A', slots: without('', 0) }, 'confirmed'],
    ['rolled-back', newer, 'rolled-back'],
    ['failed', former, 'failed'],
  ];
  for (const [result, start, expected] of cases)
    assert.equal(outcomeOf({ ...last, result }, start), expected, JSON.stringify({ result, start }));
});

test('the slots are read only where they make a difference', () => {
  const wanting = (['installing', 'installed', 'trial', 'confirmed', 'rolled-back', 'failed'] as const).filter(
    (result) => needsSlots({ ...last, result }, former),
  );
  assert.deepEqual(wanting, ['installing', 'confirmed']);
  assert.equal(needsSlots({ ...last, result: 'confirmed' }, newer), false);
});
