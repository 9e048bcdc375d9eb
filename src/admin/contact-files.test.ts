import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Contact } from '../accounts/address-book.ts';
import { writeContactCard } from './contact-cards.ts';
import { readContacts, writeTable } from './contact-files.ts';

const contactsOf = (text: string): Contact[] => readContacts(text).map(({ contact }) => contact);

/** Text as people have it in an address book: no line ends, no white space at the ends, one blank between words. */
const words = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((text) => text.replaceAll(/[\p{Cc}\p{Cs}\uFEFF\s]+/gu, ' ').trim());
const group = words.map((text) => text.replaceAll(/[;,]/g, '')).map((text) => text.trim());
const contact = fc.record({
  name: words.filter((text) => text !== ''),
  company: words.map((text) => text.replaceAll(/[;,]/g, '').trim()),
  fax: fc.constantFrom('', '555 0199', '+49 30 5550199'),
  mail: fc.constantFrom('', 'a@acme.test'),
  note: words,
  groups: fc.array(
    group.filter((text) => text !== ''),
    { maxLength: 3 },
  ),
});

test('what is written as vCard is read back', () => {
  fc.assert(
    fc.property(fc.array(contact, { maxLength: 5 }), (all) => {
      assert.deepEqual(
        contactsOf(all.map(writeContactCard).join('')),
        all.map((one) => ({ ...one })),
      );
    }),
  );
});

test('what is written as CSV is read back, but for what a spreadsheet would take as a formula', () => {
  const plain = contact.filter((one) => ![one.name, one.company, one.note].some((text) => /^[=@']/.test(text)));
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), (all) => {
      const text = writeTable([], true) + all.map((one) => writeTable([one], false)).join('');
      assert.deepEqual(
        contactsOf(text),
        all.map((one) => ({ ...one, groups: one.groups })),
      );
    }),
  );
});

test('files of other programs: Outlook, Google, a telephone of 2005', () => {
  assert.deepEqual(
    contactsOf(
      'Vorname;Nachname;Firma;Fax geschäftlich;E-Mail-Adresse\r\nEva;Maß;"Maß; Söhne";030/5550199;eva@mass.test\r\n',
    ),
    [{ name: 'Eva Maß', company: 'Maß; Söhne', fax: '030/5550199', mail: 'eva@mass.test', note: '', groups: [] }],
  );
  const old = [
    'BEGIN:VCARD',
    'VERSION:2.1',
    'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg',
    'TEL;WORK;VOICE:5550111',
    'TEL;WORK;FAX:5550199',
    'END:VCARD',
    '',
  ];
  assert.deepEqual(contactsOf(old.join('\r\n')), [
    { name: 'Jörg Müller', company: '', fax: '5550199', mail: '', note: '', groups: [] },
  ]);
});

test('cards with pictures of many megabytes, folded and quoted, and cards without end are read to their end', () => {
  const line = `${'A'.repeat(74)}\r\n `;
  const picture = `BEGIN:VCARD\r\nFN:Eva\r\nPHOTO;ENCODING=b:${line.repeat(100_000)}\r\nTEL;TYPE=fax:1\r\nEND:VCARD\r\n`;
  const quoted = `BEGIN:VCARD\r\nFN:Jo\r\nPHOTO;ENCODING=QUOTED-PRINTABLE:${`${'A'.repeat(70)}=\r\n`.repeat(100_000)}\r\nEND:VCARD\r\n`;
  assert.deepEqual(
    contactsOf(`${picture}${quoted}BEGIN:VCARD\r\nFN:lost`).map(({ name, fax }) => [name, fax]),
    [
      ['Eva', '1'],
      ['Jo', ''],
    ],
  );
});

test('what is no address book is said to be none', () => {
  assert.throws(() => readContacts('a,b,c\n1,2,3\n'), /first line must name the columns/);
  assert.deepEqual(readContacts(''), []);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        readContacts(text);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});
