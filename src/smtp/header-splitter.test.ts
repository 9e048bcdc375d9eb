import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderSplitter } from './header-splitter.ts';

function split(text: string, size = text.length, limit = 1000): { header: string; rest: string } | 'too big' {
  const splitter = new HeaderSplitter(limit);
  const bytes = Buffer.from(text, 'latin1');
  const told = (part: Uint8Array): string => Buffer.from(part).toString('latin1');
  for (let at = 0; at < bytes.length; at += size) {
    const found = splitter.push(bytes.subarray(at, at + size));
    if (found === 'too big') return found;
    if (found) return { header: told(found.header), rest: told(found.rest) + told(bytes.subarray(at + size)) };
  }
  const all = splitter.end();
  return { header: told(all.header), rest: told(all.rest) };
}

test('the header ends at the empty line, or where something stands that is no field', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['A: 1\r\nB: 2\r\n\r\nbody\r\n', 'A: 1\r\nB: 2\r\n', 'body\r\n'],
    ['A: 1\r\n folded\r\n\r\n\r\nbody', 'A: 1\r\n folded\r\n', '\r\nbody'],
    ['A: 1\r\nno field\r\nB: 2\r\n', 'A: 1\r\n', 'no field\r\nB: 2\r\n'],
    ['just text\r\n\r\nmore', '', 'just text\r\n\r\nmore'],
    [' folded first\r\nA: 1\r\n', '', ' folded first\r\nA: 1\r\n'],
    ['\r\nbody', '', 'body'],
    ['From x@y Mon Jan  5\r\nA: 1\r\n\r\nb', 'A: 1\r\n', 'b'],
    ['A : 1\r\n', 'A : 1\r\n', ''],
    ['', '', ''],
  ];
  for (const [text, header, rest] of cases) assert.deepEqual(split(text), { header, rest }, JSON.stringify(text));
});

test('a header without an end is too big at the limit, in chunks as in one', () => {
  assert.equal(split('A: 1\r\n'.repeat(1000)), 'too big');
  assert.equal(split('x'.repeat(2000), 7), 'too big');
});

test('any cutting into chunks gives the same', () => {
  const line = fc.constantFrom('A: 1\r\n', ' more\r\n', '\r\n', 'text\r\n', 'From x\r\n', 'B:\r\n');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.integer({ min: 1, max: 9 }), (lines, size) => {
      assert.deepEqual(split(lines.join(''), size), split(lines.join('')));
    }),
    { numRuns: 300 },
  );
});
