import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineEnds } from './line-ends.ts';

function through(chunks: readonly Uint8Array[]): string {
  const lineEnds = new LineEnds();
  return Buffer.concat([...chunks.map((chunk) => lineEnds.push(chunk)), lineEnds.end()]).toString('latin1');
}

test('CRLF stays, LF becomes CRLF, CR and NUL become spaces', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a\r\nb\r\n', 'a\r\nb\r\n'],
    ['a\nb\n\nc', 'a\r\nb\r\n\r\nc'],
    ['a\rb\r\r\nc\r', 'a b \r\nc '],
    ['\0a\0\r\n\0', ' a \r\n '],
    ['\n\r\n', '\r\n\r\n'],
    ['', ''],
  ];
  for (const [given, wanted] of cases) assert.equal(through([Buffer.from(given)]), wanted, JSON.stringify(given));
});

test('any cutting into chunks gives the same, and the simple rule in two replacements agrees', () => {
  const octet = fc.constantFrom('\r', '\n', '\0', '.', 'a', '\x80');
  fc.assert(
    fc.property(fc.array(fc.string({ unit: octet, maxLength: 8 }), { maxLength: 8 }), (parts) => {
      const whole = parts.join('');
      const model = whole
        .replaceAll(/\r\n|\n/g, '\v')
        .replaceAll(/[\r\0]/g, ' ')
        .replaceAll('\v', '\r\n');
      assert.equal(through(parts.map((part) => Buffer.from(part, 'latin1'))), model);
    }),
    { numRuns: 500 },
  );
});
