import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  asciiAddress,
  asciiDomain,
  formatMailbox,
  literalAddress,
  parseMailbox,
  splitAddress,
  unicodeDomain,
} from './address.ts';

test('mailboxes of RFC 5321 are read, the domain in lower case', () => {
  assert.deepEqual(parseMailbox('Alice@Office.TEST'), { localpart: 'Alice', domain: 'office.test' });
  assert.deepEqual(parseMailbox('5551234@fax-lowres'), { localpart: '5551234', domain: 'fax-lowres' });
  assert.deepEqual(parseMailbox('"a b\\"c@d"@x.test'), { localpart: 'a b"c@d', domain: 'x.test' });
  assert.deepEqual(parseMailbox('a@[192.0.2.1]'), { localpart: 'a', domain: '[192.0.2.1]' });
  assert.deepEqual(parseMailbox('a@[ipv6:2001:DB8::1]'), { localpart: 'a', domain: '[IPv6:2001:db8::1]' });
  assert.deepEqual(parseMailbox('jürgen@Bücher.test'), { localpart: 'jürgen', domain: 'bücher.test' });
});

test('what is no mailbox is refused', () => {
  const wrong = [
    '', 'a', '@b', 'a@', 'a b@c', '.a@b', 'a.@b', 'a..b@c', 'a@-b', 'a@b-', 'a@b..c', 'a@b.', '"a@b', '""@b', 'a@[1.2.3]',
    'a@[300.1.1.1]', 'a@[IPv6:zz]', 'a\r\nb@c', '"a\r\nb"@c', 'a\u0085b@c', `${'a'.repeat(129)}@b`, `a@${'b.'.repeat(130)}c`,
    `a@${'b'.repeat(64)}`, 'a@b_c', '<a@b>',
  ]; // biome-ignore format: a list
  assert.deepEqual(
    wrong.filter((text) => parseMailbox(text)),
    [],
  );
  assert.equal(parseMailbox('jürgen@x.test', { utf8: false }), undefined);
});

test('what is formatted is read back', () => {
  const localpart = fc.string({ unit: fc.constantFrom(...'aZ0.!# "\\@<é'), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(localpart, (local) => {
      const mailbox = { localpart: local, domain: 'office.test' };
      assert.deepEqual(parseMailbox(formatMailbox(mailbox)), mailbox);
    }),
  );
});

test('domains go to A-labels and back', () => {
  assert.equal(asciiDomain('bücher.test'), 'xn--bcher-kva.test');
  assert.equal(unicodeDomain('xn--bcher-kva.test'), 'bücher.test');
  assert.equal(asciiDomain('[IPv6:2001:db8::1]'), '[IPv6:2001:db8::1]');
  assert.equal(literalAddress('[IPv6:2001:db8::1]'), '2001:db8::1');
  assert.equal(literalAddress('office.test'), undefined);
  assert.equal(asciiAddress('a@bücher.test'), 'a@xn--bcher-kva.test');
  assert.equal(asciiAddress('jürgen@bücher.test'), undefined);
  assert.deepEqual(splitAddress('a@b@C'), { localpart: 'a@b', domain: 'c' });
});
