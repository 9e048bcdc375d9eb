import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMailboxName, encodeMailboxName } from './mailbox-name.ts';

test('the examples of RFC 3501 §5.1.3', () => {
  assert.equal(decodeMailboxName('~peter/mail/&U,BTFw-/&ZeVnLIqe-'), '~peter/mail/台北/日本語');
  assert.equal(encodeMailboxName('~peter/mail/台北/日本語'), '~peter/mail/&U,BTFw-/&ZeVnLIqe-');
  assert.equal(decodeMailboxName('Hi Mom &Jjo--!'), 'Hi Mom ☺-!');
  assert.equal(decodeMailboxName('&Jjo!'), undefined);
  assert.equal(decodeMailboxName('&U,BTFw-&ZeVnLIqe-'), undefined);
});

test('every name there and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      assert.equal(decodeMailboxName(encodeMailboxName(name)), name);
    }),
  );
});

test('what is taken has one form only', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('&', '-', 'A', 'G', 'E', ',', '+', 'ü') }), (wire) => {
      const name = decodeMailboxName(wire);
      if (name !== undefined) assert.equal(encodeMailboxName(name), wire);
    }),
  );
});
