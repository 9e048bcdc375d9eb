import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as mimeFuncs from 'nodemailer/lib/mime-funcs';
import { formatDate, parseDate } from './date.ts';
import { decodeWords, encodePhrase, encodeWords } from './encoded-word.ts';
import { Header, maxFields } from './header.ts';
import { fileName, formatParameters, parseContentType, parseParameters } from './parameters.ts';
import { receivedField, transmissionType } from './received.ts';

test('fields are read, folded, odd and in other charsets', () => {
  const block = Buffer.concat([
    Buffer.from('From odd@x Mon Jan  5\r\nSubject: one\r\n two\r\nX-Odd\r\nto : a@b\nX-Latin: '),
    Buffer.from([0xfc]),
    Buffer.from('\r\nX-Utf8: ü\r\n\r\nNot: here\r\n'),
  ]);
  const header = Header.parse(block);
  assert.deepEqual(
    header.fields.map(({ name, value }) => [name, value]),
    [
      ['Subject', 'one two'],
      ['to', 'a@b'],
      ['X-Latin', 'ü'],
      ['X-Utf8', 'ü'],
    ],
  );
  const subject = header.fields[0]!;
  assert.equal(block.subarray(subject.start, subject.end).toString(), 'Subject: one\r\n two\r\n');
  assert.equal(header.first('TO'), 'a@b');
  assert.deepEqual(header.all('x-none'), []);
  assert.equal(Header.parse('a: b\r\n'.repeat(5000)).fields.length, maxFields);
});

test('encoded-words are decoded', () => {
  const cases: readonly [string, string][] = [
    ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
    ['=?ISO-8859-1?Q?a_b?=\r\n  =?UTF-8?B?w7w=?= c', 'a bü c'],
    ['=?utf-8?B?w7w?= x', 'ü x'],
    ['=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=', 'ü'],
    ['a =?US-ASCII*EN?Q?Keith_Moore?= <a@b>', 'a Keith Moore <a@b>'],
    ['=?x-never-heard-of?Q?=FCber?=', 'über'],
    ['=?utf-8?X?abc?=', '=?utf-8?X?abc?='],
    ['=?gb2312?B?xOO6ww==?=', '你好'],
    ['x=?utf-8?Q?=C3=BC?=y', 'xüy'],
  ];
  for (const [raw, text] of cases) assert.equal(decodeWords(raw), text, raw);
});

test('what is encoded is one line of ASCII and decodes to the same, with us and with nodemailer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const expected = text.replaceAll(/[\x00-\x1f\x7f]+/g, ' ');
      const encoded = encodeWords(text);
      assert.match(encoded, /^[\x20-\x7e]*$/);
      assert.equal(decodeWords(encoded), expected);
      for (const word of encoded.split(' ')) if (word.startsWith('=?')) assert.ok(word.length <= 75);
      const phrase = encodePhrase(text);
      assert.match(phrase, /^[\x20-\x7e]*$/);
      if (phrase.startsWith('=?')) assert.equal(decodeWords(phrase), expected.trim());
    }),
  );
  for (const text of ['Grüße aus Köln', '名前', 'plain']) {
    assert.equal(decodeWords(mimeFuncs.encodeWords(text, 'Q', 52)), text);
    assert.equal(decodeWords(mimeFuncs.encodeWords(text, 'B', 52)), text);
  }
});

test('parameters, with RFC 2231 and with what is really sent', () => {
  const cases: readonly [string, string, Record<string, string>][] = [
    ['TEXT/Plain; Charset=US-ASCII (Plain text)', 'text/plain', { charset: 'US-ASCII' }],
    ['multipart/mixed; boundary="a;b\\"c"', 'multipart/mixed', { boundary: 'a;b"c' }],
    [
      'message/external-body; URL*0="ftp://"; URL*1="cs.utk.test/x"',
      'message/external-body',
      { url: 'ftp://cs.utk.test/x' },
    ],
    [
      "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun",
      'application/x-stuff',
      { title: 'This is ***fun' },
    ],
    [
      "a/b; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
      'a/b',
      { title: "This is even more ***fun*** isn't it!" },
    ],
    ["attachment; filename=plain.pdf; filename*=UTF-8''sch%C3%B6n.pdf", 'attachment', { filename: 'schön.pdf' }],
    ['attachment; filename=a b.pdf;', 'attachment', { filename: 'a b.pdf' }],
    ['attachment; filename="unclosed.pdf', 'attachment', { filename: 'unclosed.pdf' }],
    ['attachment; filename="C:\\\\x\\\\y.pdf"', 'attachment', { filename: 'C:\\x\\y.pdf' }],
    ['a/b; x=1; X=2; =3; ; y', 'a/b', { x: '1' }],
    ['', '', {}],
  ];
  for (const [raw, value, parameters] of cases) assert.deepEqual(parseParameters(raw), { value, parameters }, raw);
  assert.equal(parseContentType('nonsense'), undefined);
  assert.equal(parseParameters('a/b; __proto__=x').parameters.constructor, Object);
  assert.equal(
    fileName({
      parameters: {},
      disposition: { type: 'attachment', parameters: { filename: '../=?utf-8?Q?=C3=BC?=.pdf' } },
    }),
    'ü.pdf',
  );
});

test('written parameters are read back, by us and by nodemailer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => {
      const field = formatParameters('attachment', { filename: text });
      assert.ok(
        field.split('\r\n').every((line) => line.length <= 78),
        field,
      );
      assert.equal(parseParameters(field.replaceAll('\r\n', '')).parameters.filename, text);
    }),
  );
  assert.equal(mimeFuncs.parseHeaderValue(formatParameters('a/b', { name: 'a "b".pdf' })).params.name, 'a "b".pdf');
  for (const name of ['übergröße.pdf', 'long '.repeat(30)]) {
    const foreign = mimeFuncs.buildHeaderValue({ value: 'attachment', params: { filename: name } });
    assert.equal(parseParameters(foreign).parameters.filename, name);
  }
});

test('dates are written and read', () => {
  const at = Date.UTC(2026, 0, 5, 9, 0, 7);
  assert.equal(formatDate(at), 'Mon, 05 Jan 2026 09:00:07 +0000');
  assert.equal(formatDate(at, -210), 'Mon, 05 Jan 2026 05:30:07 -0330');
  const forms = [
    'Mon, 05 Jan 2026 09:00:07 +0000',
    '5 Jan 26 09:00:07 GMT',
    'Mon, 5 Jan 2026 04:00:07 EST',
    'Mon (x), 5 Jan (y (z)) 2026 10:00:07 +0100 (CET)',
    'Monday, 05-Jan-26 09:00:07 UTC',
  ];
  for (const form of forms) assert.equal(parseDate(form), at, form);
  for (const wrong of ['', 'yesterday', '31 Feb 2026 00:00 +0000', '1 Foo 2026 00:00 +0000', '1 Jan 2026 25:00'])
    assert.equal(parseDate(wrong), undefined, wrong);
  const time = fc.integer({ min: 0, max: 4e12 }).map((ms) => ms - (ms % 1000));
  fc.assert(
    fc.property(time, fc.integer({ min: -720, max: 840 }), (ms, zone) => {
      assert.equal(parseDate(formatDate(ms, zone)), ms);
      assert.equal(Date.parse(formatDate(ms, zone)), ms);
    }),
  );
});

test('the Received field has Courier\u2019s shape and cannot be broken out of', () => {
  const at = Date.UTC(2026, 0, 5, 9);
  const field = receivedField({
    from: 'client.test', host: 'h.test', address: '192.0.2.1', auth: { mechanism: 'PLAIN', account: 'a@b' }, tls: 'TLSv1.3',
    by: 'box.test', with: transmissionType({ extended: true, tls: true, auth: true, utf8: false }), id: 'q1', at,
  }); // biome-ignore format: one line a thing
  assert.equal(
    field,
    'Received: from client.test (h.test [192.0.2.1])\r\n  (AUTH: PLAIN a@b, TLSv1.3)\r\n  by box.test with ESMTPSA\r\n' +
      '  id q1; Mon, 05 Jan 2026 09:00:00 +0000\r\n',
  );
  const evil = receivedField({ from: 'x\r\nEvil: y (', by: 'b', with: 'SMTP', id: 'q', at });
  assert.deepEqual(
    Header.parse(evil).fields.map((one) => one.name),
    ['Received'],
  );
});
