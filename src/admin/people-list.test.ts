import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import papaparse from 'papaparse';
import { peopleLimit, readPeople } from './people-list.ts';

const short = (text: string) =>
  readPeople(text).map(({ line, address, fullName, password, fax }) => [line, address, fullName, password, fax]);

test('lists as spreadsheets and mail programs give them', () => {
  assert.deepEqual(short('Name,E-Mail,Fax,Password\r\n"Miller, Alice",alice@office.test,no,Wood-Lake-9\r\n'), [
    [2, 'alice@office.test', 'Miller, Alice', 'Wood-Lake-9', false],
  ]);
  assert.deepEqual(short('\uFEFFVorname;Nachname;E-Mail-Adresse\nJörg;Groß;joerg@office.test\n'), [
    [2, 'joerg@office.test', 'Jörg Groß', '', true],
  ]);
  assert.deepEqual(short('alice@office.test\tAlice Miller\n\nBob Brown\tbob@office.test\n'), [
    [1, 'alice@office.test', 'Alice Miller', '', true],
    [3, 'bob@office.test', 'Bob Brown', '', true],
  ]);
  assert.deepEqual(short('Alice Miller <alice@office.test>\nbob\n'), [
    [1, 'alice@office.test', 'Alice Miller', '', true],
    [2, 'bob', '', '', true],
  ]);
  assert.deepEqual(short(''), []);
  assert.throws(() => readPeople('a@b.test\n'.repeat(peopleLimit + 1)), RangeError);
});

test('whatever a spreadsheet program writes comes back', () => {
  const cell = fc.string({ unit: fc.constantFrom(...'aé ;,"\t\'-'), maxLength: 8 }).map((text) => text.trim());
  const person = fc.record({ address: fc.stringMatching(/^[a-z]{1,8}$/), name: cell });
  fc.assert(
    fc.property(
      fc.array(person, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(',', ';', '\t'),
      (people, delimiter) => {
        const rows = people.map(({ address, name }) => [`${address}@office.test`, name]);
        const text = papaparse.unparse([['Mail', 'Name'], ...rows], { delimiter });
        assert.deepEqual(
          readPeople(text).map(({ address, fullName }) => [address, fullName]),
          rows,
        );
      },
    ),
  );
});
