import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesAny, matchesPattern } from './list-pattern.ts';

test('patterns match as regular expressions would', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '%'), maxLength: 6 }), text, (pattern, name) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('%', '[^.]*');
      assert.equal(matchesPattern(pattern, name), new RegExp(`^${source}$`).test(name));
    }),
  );
});

test('a pattern of many wildcards is answered at once', () => {
  assert.equal(matchesPattern('*a'.repeat(400), `${'a'.repeat(399)}b`), false);
});

test('INBOX in any case of letters, and no other name', () => {
  assert.ok(matchesAny(['inb%'], 'INBOX'));
  assert.ok(!matchesAny(['sent'], 'Sent'));
  assert.ok(matchesPattern('Zo%', 'Zoë😀'));
});
