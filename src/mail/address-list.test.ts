import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import addressparser from 'nodemailer/lib/addressparser';
import { maxAddresses, parseAddressList } from './address-list.ts';
import type { AddressEntry } from './mime-part.ts';

const cases: readonly [string, AddressEntry[]][] = [
  ['', []],
  ['a@b', [{ mailbox: 'a', host: 'b' }]],
  ['Pete <pete@silly.test>', [{ name: 'Pete', mailbox: 'pete', host: 'silly.test' }]],
  ['"Joe Q. \\"Public\\"" <john.q@x.test>', [{ name: 'Joe Q. "Public"', mailbox: 'john.q', host: 'x.test' }]],
  ['Joe Q. Public <john.q@x.test>', [{ name: 'Joe Q. Public', mailbox: 'john.q', host: 'x.test' }]],
  ['a@b (Ann (the) Other)', [{ name: 'Ann (the) Other', mailbox: 'a', host: 'b' }]],
  [
    '"a b"@c, d@e',
    [
      { mailbox: 'a b', host: 'c' },
      { mailbox: 'd', host: 'e' },
    ],
  ],
  ['<@r1,@r2:a@b>', [{ mailbox: 'a', host: 'b' }]],
  ['a . b @ c . d', [{ mailbox: 'a.b', host: 'c.d' }]],
  [', , a@b,,', [{ mailbox: 'a', host: 'b' }]],
  ['undisclosed recipients:;', [{ mailbox: 'undisclosed recipients' }, {}]],
  [
    'Team:a@b,C <c@d>;, e@f',
    [
      { mailbox: 'Team' },
      { mailbox: 'a', host: 'b' },
      { name: 'C', mailbox: 'c', host: 'd' },
      {},
      { mailbox: 'e', host: 'f' },
    ],
  ],
  ['Team: a@b', [{ mailbox: 'Team' }, { mailbox: 'a', host: 'b' }, {}]],
  ['root', [{ mailbox: 'root', host: '' }]],
  ['a@[192.0.2.1]', [{ mailbox: 'a', host: '[192.0.2.1]' }]],
  ['=?utf-8?Q?J=C3=BC?= <a@b>', [{ name: '=?utf-8?Q?J=C3=BC?=', mailbox: 'a', host: 'b' }]],
  [
    'a@b; c@d',
    [
      { mailbox: 'a', host: 'b' },
      { mailbox: 'c', host: 'd' },
    ],
  ],
  ['"unclosed <a@b>', [{ mailbox: 'unclosed <a@b>', host: '' }]],
  ['<>', []],
];

test('address lists of RFC 5322, with what is really sent', () => {
  for (const [text, entries] of cases) assert.deepEqual(parseAddressList(text), entries, text);
});

test('nodemailer reads lists of names and addresses alike', () => {
  const name = fc.string({ unit: fc.constantFrom(...'aB é,."<'), maxLength: 12 }).map((text) => text.trim());
  const local = fc
    .string({ unit: fc.constantFrom(...'abc1.'), minLength: 1, maxLength: 8 })
    .map((text) => `x${text}y`.replaceAll(/\.+/g, '.'));
  fc.assert(
    fc.property(fc.array(fc.record({ name, local }), { minLength: 1, maxLength: 6 }), (people) => {
      const text = people.map((one) => `"${one.name.replaceAll(/["\\]/g, '\\$&')}" <${one.local}@x.test>`).join(', ');
      const ours = parseAddressList(text).map((one) => ({
        name: one.name ?? '',
        address: `${one.mailbox}@${one.host}`,
      }));
      assert.deepEqual(
        ours,
        addressparser(text, { flatten: true }).map(({ name, address }) => ({ name, address })),
      );
    }),
  );
});

test('anything is read, within bounds', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a@<>,:;()[]"\\ .é\0'), maxLength: 60 }), (text) => {
      parseAddressList(text);
    }),
  );
  assert.equal(parseAddressList('a@b,'.repeat(20_000)).length, maxAddresses);
  for (const piece of ['(', '"', '<', ':', '[', '@:', 'a ', '\\'])
    parseAddressList(`${'a '.repeat(50_000)}@${piece.repeat(100_000)}`);
});
