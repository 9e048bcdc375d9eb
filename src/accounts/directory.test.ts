import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { addressProblem, canonicalAddress } from './address-rules.ts';
import { Directory } from './directory.ts';
import { DirectoryError } from './directory-error.ts';

const cost = { ln: 4, r: 8, p: 1 };
let folder: string;
let writer: SqliteWriter;
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-accounts-'));
  writer = new SqliteWriter();
});
after(async () => {
  await writer.close();
  await rm(folder, { recursive: true });
});

async function office(): Promise<{ directory: Directory; path: string; told: string[] }> {
  const events = new EventBus(new ManualClock());
  const told: string[] = [];
  events.on((event) => told.push(`${event.name} ${JSON.stringify(event.fields)}`));
  const path = join(folder, `directory-${count++}.db`);
  const directory = await Directory.open(writer, path, { events, cost });
  await directory.addDomain('Office.Test');
  await directory.addPerson({ address: 'Alice', fullName: 'Alice Adams', password: 'correct horse' });
  return { directory, path, told };
}

function refused(kind: DirectoryError['kind'], words: RegExp) {
  return (error: unknown): boolean =>
    error instanceof DirectoryError && error.kind === kind && words.test(error.message);
}

test('a person is found under any case, is told of, and is there after the next opening', async () => {
  const { directory, path, told } = await office();
  const alice = { address: 'alice@office.test', fullName: 'Alice Adams', fax: true, disabled: false };
  assert.deepEqual(directory.snapshot().account('ALICE@office.TEST'), alice);
  assert.deepEqual(told, ['account.added {"account":"alice@office.test"}']);
  await directory.updatePerson('alice', { fax: false });
  assert.deepEqual(directory.listPeople(), [{ ...alice, fax: false }]);
  await directory.close();
  const again = await Directory.open(writer, path, { events: new EventBus(new ManualClock()), cost });
  assert.deepEqual(again.listPeople(), [{ ...alice, fax: false }]);
  await again.close();
});

test('a snapshot stands still while the directory moves on', async () => {
  const { directory } = await office();
  const before = directory.snapshot();
  assert.equal(directory.snapshot(), before);
  let told = 0;
  const stop = directory.onChange((snapshot) => {
    told++;
    assert.equal(snapshot, directory.snapshot());
  });
  await directory.addPerson({ address: 'bob', password: 'correct horse' });
  stop();
  await directory.removePerson('alice');
  assert.equal(told, 1);
  assert.equal(before.account('bob@office.test'), undefined);
  assert.ok(before.account('alice@office.test'));
  assert.equal(directory.snapshot().account('alice@office.test'), undefined);
  assert.throws(() => Object.assign(before, { defaultDomain: 'evil.test' }), TypeError);
  await directory.close();
});

test('what cannot be is refused in words', async () => {
  const { directory } = await office();
  const add = (address: string, password = 'correct horse') => directory.addPerson({ address, password });
  await assert.rejects(add('alice'), refused('exists', /alice@office.test/));
  await assert.rejects(add('bob@elsewhere.test'), refused('missing', /elsewhere.test.*add it first/));
  await assert.rejects(add('bob', 'short'), refused('invalid', /password is too short/));
  await assert.rejects(add('b ob'), refused('invalid', /before the @/));
  await assert.rejects(add('../bob'), refused('invalid', /before the @/));
  await assert.rejects(add('.bob'), refused('invalid', /before the @/));
  await assert.rejects(add(`${'b'.repeat(65)}`), refused('invalid', /64 octets/));
  await assert.rejects(directory.setPassword('bob', 'correct horse'), refused('missing', /nobody/));
  await assert.rejects(directory.removePerson('bob'), refused('missing', /nobody/));
  await assert.rejects(directory.updatePerson('alice', { fullName: 'a\r\nBcc: x' }), refused('invalid', /full name/));
  await assert.rejects(directory.addDomain('fax'), refused('invalid', /kept for faxes/));
  await assert.rejects(directory.addDomain('-x-'), refused('invalid', /not a domain name/));
  await assert.rejects(directory.addDomain('OFFICE.test'), refused('exists', /already/));
  await assert.rejects(directory.removeDomain('elsewhere.test'), refused('missing', /not a domain of this box/));
  await assert.rejects(directory.removeAlias('sales'), refused('missing', /no alias/));
  assert.equal(directory.listPeople().length, 1);
  await directory.close();
});

test('aliases: several targets in order, of a whole domain, replaced, removed', async () => {
  const { directory } = await office();
  assert.deepEqual(await directory.addAlias('sales', ['bob@elsewhere.test', 'alice', 'ALICE', '5551234@fax-lowres']), {
    name: 'sales@office.test',
    targets: ['bob@elsewhere.test', 'alice@office.test', '5551234@fax-lowres'],
  });
  await assert.rejects(directory.addAlias('sales', ['alice']), refused('exists', /already/));
  await assert.rejects(directory.addAlias('me', ['me']), refused('invalid', /itself/));
  await assert.rejects(directory.addAlias('none', []), refused('invalid', /at least one/));
  await assert.rejects(directory.addAlias('bad', ['a b@c']), refused('invalid', /not a mail address/));
  await assert.rejects(directory.addAlias('bad', ['@office.test']), refused('invalid', /nothing before/));
  await assert.rejects(directory.addAlias('x@elsewhere.test', ['alice']), refused('missing', /not a domain/));
  await assert.rejects(
    directory.addPerson({ address: 'sales', password: 'correct horse' }),
    refused('exists', /alias/),
  );
  await directory.addDomain('office.example');
  await directory.addAlias('@office.example', ['@office.test']);
  await directory.addAlias('@office.test', ['alice']);
  const snapshot = directory.snapshot();
  assert.deepEqual(snapshot.alias('Sales@Office.Test'), [
    'bob@elsewhere.test',
    'alice@office.test',
    '5551234@fax-lowres',
  ]);
  assert.deepEqual(snapshot.alias('anybody@office.example'), ['anybody@office.test']);
  assert.deepEqual(snapshot.alias('nobody@office.test'), ['alice@office.test']);
  assert.equal(snapshot.alias('alice@office.test'), undefined, 'a person comes before the alias of the domain');
  await directory.setAlias('sales', ['alice']);
  assert.deepEqual(directory.snapshot().alias('sales@office.test'), ['alice@office.test']);
  assert.deepEqual((await directory.removePerson('alice')).aliases, ['@office.test', 'sales@office.test']);
  await directory.removeAlias('sales');
  assert.deepEqual(
    directory.listAliases().map((alias) => alias.name),
    ['@office.example', '@office.test'],
  );
  await directory.close();
});

test('a domain in use goes with force only, and takes what is in it', async () => {
  const { directory, told } = await office();
  await directory.addDomain('second.test');
  await directory.addPerson({ address: 'bob@second.test', password: 'correct horse' });
  await directory.addAlias('info@second.test', ['alice']);
  await assert.rejects(directory.removeDomain('second.test'), refused('exists', /1 people and 1 aliases/));
  const gone = await directory.removeDomain('second.test', true);
  assert.deepEqual(gone, { people: ['bob@second.test'], aliases: ['info@second.test'] });
  assert.equal(told.at(-1), 'account.removed {"account":"bob@second.test"}');
  assert.deepEqual(directory.listDomains(), ['office.test']);
  await directory.close();
});

test('the first domain completes names until another is made the default', async () => {
  const { directory } = await office();
  await directory.addDomain('b\u00fcro.test');
  assert.equal(directory.complete('Bob'), 'bob@office.test');
  await directory.setDefaultDomain('xn--bro-hoa.test');
  assert.equal(directory.complete('Bob'), 'bob@b\u00fcro.test');
  assert.deepEqual(directory.listDomains(), ['b\u00fcro.test', 'office.test']);
  assert.equal(directory.snapshot().isLocalDomain('XN--BRO-HOA.test'), true);
  await directory.close();
});

test('changes asked for at one time are made one after the other', async () => {
  const { directory } = await office();
  const add = () => directory.addPerson({ address: 'bob', password: 'correct horse' });
  const settled = await Promise.allSettled([add(), add(), directory.removePerson('bob'), add()]);
  assert.deepEqual(
    settled.map((one) => one.status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  await directory.close();
});

test('whatever is taken as an address is one safe folder name and its own canonical form', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom('office.test', 'b\u00fcro.test'),
      (text, domain) => {
        const address = canonicalAddress(`${text}@${domain}`);
        fc.pre(addressProblem(address) === undefined);
        assert.equal(canonicalAddress(address), address);
        assert.ok(!/[/\\\0\s\p{Cc}]/u.test(address) && !address.startsWith('.'));
        assert.ok(Buffer.byteLength(address) <= 255);
      },
    ),
  );
});
