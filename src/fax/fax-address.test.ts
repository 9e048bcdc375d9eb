import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { faxOptions, maxNumberLength, parseFaxAddress } from './fax-address.ts';

const none = { lowResolution: false, ignoreUnknown: false, coverOnly: false };

test('options come in any order, repeated, in any case of letters; anything else is no fax domain', () => {
  assert.deepEqual(faxOptions('fax'), none);
  assert.deepEqual(faxOptions('fax-lowres-ignore'), { ...none, lowResolution: true, ignoreUnknown: true });
  assert.deepEqual(faxOptions('FAX-Cover-lowres-COVER'), { ...none, lowResolution: true, coverOnly: true });
  for (const other of ['fax-foo', 'fax-', 'faxes', 'fax.office.test', 'my-fax', '', 'fax-lowres-', 'fax-lowresx'])
    assert.equal(faxOptions(other), undefined, other);
});

test('numbers are read as people write them', () => {
  const cases: Record<string, string> = {
    '5551234': '5551234',
    '555-1234': '5551234',
    '555.12.34': '5551234',
    '06/555': '06555',
    '+39-06-555': '+3906555',
    '"(06) 555 12"': '0655512',
    '"9,555"': '9,555',
    '9p555': '9,555',
    '9w555': '9W555',
    '9+555': '9@555',
    '"+9@555"': '+9@555',
    '*21#': '*21#',
    '12abcd': '12ABCD',
    '"5\\5"': '55',
  };
  for (const [written, number] of Object.entries(cases))
    assert.deepEqual(parseFaxAddress(`${written}@fax`), { kind: 'fax', number, options: none }, written);
});

test('what cannot be dialled is refused with its reason', () => {
  const reasons: Record<string, RegExp> = {
    '1-800-FLOWERS': /“F”/,
    '555;1234': /“;”/,
    '555\u00001234': /U\+0000/,
    '٥٥٥': /“٥”/,
    '': /no digit/,
    '"()"': /no digit/,
    '+': /no digit/,
    [`${'5'.repeat(maxNumberLength)}5`]: /longer than 80/,
    ['-'.repeat(1000)]: /longer than 80/,
  };
  for (const [written, reason] of Object.entries(reasons)) {
    const read = parseFaxAddress(`${written}@fax`);
    assert.equal(read.kind, 'invalid', written);
    assert.match((read as { reason: string }).reason, reason);
  }
  assert.deepEqual(parseFaxAddress('alice@office.test'), { kind: 'other' });
  assert.deepEqual(parseFaxAddress('fax'), { kind: 'other' });
});

test('whatever is written: the digits of an accepted number are those written, in order', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (written) => {
      const read = parseFaxAddress(`${written}@fax`);
      if (read.kind !== 'fax') return;
      assert.match(read.number, /^\+?[0-9A-D#*W,@]{1,80}$/);
      assert.equal(read.number.replaceAll(/[^0-9]/g, ''), written.replaceAll(/[^0-9]/g, ''));
    }),
    { numRuns: 500 },
  );
});
