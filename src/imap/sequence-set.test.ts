import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSet, parseSequenceSet, resolveSet } from './sequence-set.ts';

test('a set written and read again has the same numbers', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (numbers) => {
      const ranges = resolveSet(parseSequenceSet(formatSet(numbers)), 60);
      const found = ranges.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, index) => low + index));
      assert.deepEqual(
        found,
        numbers.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('ends in any order, overlaps, and the star', () => {
  assert.deepEqual(resolveSet(parseSequenceSet('5:3,4:8,10,11:*'), 12), [
    [3, 8],
    [10, 12],
  ]);
  assert.deepEqual(resolveSet(parseSequenceSet('9:*'), 2), [[2, 9]]);
  for (const wrong of ['', ',', '1,', '0', '1:', ':2', '1:2:3', 'a', '-1', '4294967296', '1:99999999999']) {
    assert.throws(() => parseSequenceSet(wrong), { status: 'BAD' }, wrong);
  }
});
