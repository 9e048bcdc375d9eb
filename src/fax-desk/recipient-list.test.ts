import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesLimit, readNumbers } from './recipient-list.ts';

test('numbers with names, as people paste them', () => {
  const lines = [
    '5550199',
    '',
    'ACME; 555 0111',
    '+49 30 5550115\tEva Maß',
    'Office Supply <(555) 0199>',
    '"Smith, J",5550122',
  ];
  assert.deepEqual(readNumbers(lines.join('\r\n')), [
    { line: 1, name: '', number: '5550199' },
    { line: 3, name: 'ACME', number: '555 0111' },
    { line: 4, name: 'Eva Maß', number: '+49 30 5550115' },
    { line: 5, name: 'Office Supply', number: '(555) 0199' },
    { line: 6, name: 'Smith', number: '5550122' },
  ]);
});

test('a line without a number keeps what it says, so that it can be named', () => {
  assert.deepEqual(readNumbers('nobody'), [{ line: 1, name: '', number: 'nobody' }]);
});

test('too many lines are refused; any text gives at most one number a line', () => {
  assert.throws(() => readNumbers('1\n'.repeat(linesLimit + 1)), RangeError);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const found = readNumbers(text);
      assert.ok(found.length <= text.split(/\r\n|\r|\n/).length);
      for (const { name } of found) assert.ok(name.length <= 100 && !/\p{Cc}/u.test(name));
    }),
  );
});
