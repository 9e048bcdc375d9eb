import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatGrubenv, grubenvBytes, parseGrubenv } from './grubenv.ts';

const block = (text: string): Uint8Array =>
  Buffer.from(`# GRUB Environment Block\n${text}`.padEnd(grubenvBytes, '#'), 'latin1');

test('variables come back as they were written, in a block of 1024 octets', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
  const value = fc.string({ unit: fc.constantFrom('a', '1', ' ', '=', '#', '\\', '\n', 'é'), maxLength: 20 });
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 10 }), (values) => {
      const variables = new Map(Object.entries(values));
      const written = formatGrubenv(variables);
      assert.equal(written.length, grubenvBytes);
      assert.deepEqual(parseGrubenv(written), variables);
    }),
  );
});

test('comments are passed over, continued lines belong together, a line without end is none', () => {
  const read = parseGrubenv(block('#a=1\nORDER=B A\nlong=one\\\ntwo\\\\three\nA_OK=1\nB_OK=1'));
  assert.deepEqual(
    [...read!],
    [
      ['ORDER', 'B A'],
      ['long', 'one\ntwo\\three'],
      ['A_OK', '1'],
    ],
  );
});

test('a wrong signature, and nothing at all, are damaged blocks', () => {
  assert.equal(parseGrubenv(new Uint8Array(grubenvBytes)), undefined);
  assert.equal(parseGrubenv(new Uint8Array()), undefined);
  assert.equal(parseGrubenv(block('').map((octet, at) => (at === 3 ? octet ^ 1 : octet))), undefined);
});

test('any octets are read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      parseGrubenv(octets);
      parseGrubenv(block(Buffer.from(octets).toString('latin1')));
    }),
  );
});

test('what does not fit, or could not be read again, is refused', () => {
  assert.throws(() => formatGrubenv(new Map([['a', 'x'.repeat(grubenvBytes)]])), RangeError);
  for (const name of ['', 'a=b', '#a', 'a b', 'a\n'])
    assert.throws(() => formatGrubenv(new Map([[name, '1']])), RangeError);
});
