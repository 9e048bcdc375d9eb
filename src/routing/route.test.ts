import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DirectorySnapshot } from '../accounts/directory-snapshot.ts';
import { makeSnapshot } from '../accounts/snapshot.ts';
import { readConfig } from '../config/schema.ts';
import { compileDialPlan } from '../fax/dial-plan.ts';
import { type RoutingConfig, routingConfig } from './config.ts';
import { explain, maxAliasDepth, route } from './route.ts';
import type { Asker, Routing } from './types.ts';

const person = (address: string, disabled = false) => ({ address, fullName: '', fax: true, disabled });
const people = [
  person('alice@office.test'),
  person('bob@office.test'),
  person('eve-marie@office.test'),
  person('gone@office.test', true),
  person('carol@shop.test'),
];
const aliases: Record<string, string[]> = {
  'info@office.test': ['alice@office.test', 'bob@office.test'],
  'all@office.test': ['info@office.test', 'alice@office.test', 'carol@shop.test'],
  'alice@office.test': ['alice@office.test', 'alice@elsewhere.example'],
  'away@office.test': ['someone@elsewhere.example'],
  'faxout@office.test': ['5551234@fax-lowres'],
  'ring@office.test': ['rang@office.test'],
  'rang@office.test': ['ring@office.test'],
  'half@office.test': ['nobody@office.test', 'bob@office.test'],
  'none@office.test': ['nobody@office.test', 'gone@office.test'],
  '@shop.test': ['bob@office.test'],
  '@moved.test': ['@office.test'],
};
const domains = ['office.test', 'shop.test', 'moved.test', 'intranet'];
const directory = makeSnapshot({
  people,
  domains,
  aliases: Object.entries(aliases).map(([name, targets]) => ({ name, targets })),
});
const read = readConfig({ name: 'box.office.test', postmaster: 'bob@office.test' });
assert.ok(read.kind === 'valid');
const config: RoutingConfig = routingConfig(read.config, ['192.0.2.7', '2001:db8::7']);

const stranger: Asker = { relay: false, fax: false, source: 'esmtp' };
const staff: Asker = { relay: true, fax: true, source: 'esmtp' };

function shown(routing: Routing): string {
  if (routing.kind === 'refused') return `${routing.code} ${routing.status}`;
  const ways = routing.recipients.map(({ route: way, address }) =>
    way.agent === 'local' ? `local ${way.account}` : way.agent === 'fax' ? `fax ${way.number}` : `esmtp ${address}`,
  );
  return (routing.alias ? 'alias: ' : '') + ways.join(', ');
}

function check(asker: Asker, cases: Record<string, string>, from: DirectorySnapshot = directory): void {
  for (const [address, wanted] of Object.entries(cases))
    assert.equal(shown(route(address, asker, from, config)), wanted, address);
}

test('own domains, for anybody', () => {
  check(stranger, {
    'bob@office.test': 'local bob@office.test',
    'BOB@Office.Test': 'local bob@office.test',
    '"bob"@office.test': 'local bob@office.test',
    bob: 'local bob@office.test',
    'bob@box.office.test': 'local bob@office.test',
    'bob@localhost': 'local bob@office.test',
    'bob@[192.0.2.7]': 'local bob@office.test',
    'bob@[IPv6:2001:db8::7]': 'local bob@office.test',
    'nobody@office.test': '550 5.1.1',
    nobody: '550 5.1.1',
    'gone@office.test': '550 5.2.1',
    'nobody@intranet': '550 5.1.1',
  });
});

test('sub-addresses are cut at + and -, three times at most', () => {
  check(stranger, {
    'bob+a@office.test': 'local bob@office.test',
    'bob-a-b+c@office.test': 'local bob@office.test',
    'bob-a-b-c-d@office.test': '550 5.1.1',
    'eve-marie@office.test': 'local eve-marie@office.test',
    'eve-marie-x@office.test': 'local eve-marie@office.test',
    'eve@office.test': '550 5.1.1',
    '+bob@office.test': '550 5.1.1',
    'info+x@office.test': 'alias: local alice@office.test, esmtp alice@elsewhere.example, local bob@office.test',
    'carol+x@shop.test': 'local carol@shop.test',
  });
  const routing = route('bob+a@office.test', stranger, directory, config);
  assert.ok(routing.kind === 'routed');
  assert.equal(routing.recipients[0]?.address, 'bob+a@office.test');
});

test('aliases: one to many, chains, the own mailbox, the outside, a fax, whole domains', () => {
  check(stranger, {
    'alice@office.test': 'alias: local alice@office.test, esmtp alice@elsewhere.example',
    'info@office.test': 'alias: local alice@office.test, esmtp alice@elsewhere.example, local bob@office.test',
    'all@office.test':
      'alias: local alice@office.test, esmtp alice@elsewhere.example, local bob@office.test, local carol@shop.test',
    'away@office.test': 'alias: esmtp someone@elsewhere.example',
    'faxout@office.test': 'alias: fax 5551234',
    'carol@shop.test': 'local carol@shop.test',
    'whoever@shop.test': 'alias: local bob@office.test',
    'bob@moved.test': 'alias: local bob@office.test',
    'nobody@moved.test': '550 5.1.1',
  });
});

test('loops and dead ends', () => {
  check(stranger, {
    'ring@office.test': '554 5.4.6',
    'half@office.test': 'alias: local bob@office.test',
    'none@office.test': '550 5.1.1',
  });
  const chain = (length: number): DirectorySnapshot =>
    makeSnapshot({
      people,
      domains,
      aliases: Array.from({ length }, (_, n) => ({
        name: `a${n}@office.test`,
        targets: [n + 1 < length ? `a${n + 1}@office.test` : 'bob@office.test'],
      })),
    });
  check(stranger, { 'a0@office.test': 'alias: local bob@office.test' }, chain(maxAliasDepth));
  check(stranger, { 'a0@office.test': '554 5.4.6' }, chain(maxAliasDepth + 1));
  const wide = Array.from({ length: 40 }, (_, n) => ({
    name: `w${n}@office.test`,
    targets: Array.from({ length: 40 }, (__, m) => `x${n}.${m}@elsewhere.example`),
  }));
  const top = { name: 'w@office.test', targets: wide.map(({ name }) => name) };
  check(stranger, { 'w@office.test': '550 5.2.4' }, makeSnapshot({ people, domains, aliases: [...wide, top] }));
});

test('postmaster is always there', () => {
  check(stranger, {
    postmaster: 'alias: local bob@office.test',
    'PostMaster@intranet': 'alias: local bob@office.test',
    'postmaster@shop.test': 'alias: local bob@office.test',
    'postmaster@[192.0.2.7]': 'alias: local bob@office.test',
  });
  const without = { ...config, postmaster: '' };
  assert.equal(shown(route('postmaster', stranger, directory, without)), '450 4.3.5');
  assert.equal(shown(route('postmaster@shop.test', stranger, directory, without)), 'alias: local bob@office.test');
  const own = { ...config, postmaster: 'postmaster@office.test' };
  assert.equal(shown(route('postmaster', stranger, directory, own)), '554 5.4.6');
});

test('the outside is for those who may relay', () => {
  check(stranger, { 'x@elsewhere.example': '550 5.7.1', 'x@[198.51.100.1]': '550 5.7.1' });
  check(staff, {
    'X@Elsewhere.example': 'esmtp X@elsewhere.example',
    '"a b"@elsewhere.example': 'esmtp "a b"@elsewhere.example',
    'x@[198.51.100.1]': 'esmtp x@[198.51.100.1]',
    'x@elsewhere': '553 5.1.2',
    'x@faxes': '553 5.1.2',
    'x@fax-foo': '553 5.1.2',
  });
});

test('faxes are for those who may fax; numbers that cannot be dialled have a reason', () => {
  check(stranger, { '5551234@fax': '550 5.7.1', 'rubbish@fax': '550 5.7.1' });
  check(staff, {
    '555-1234@FAX-cover': 'fax 5551234',
    '"(555) 1234"@fax': 'fax 5551234',
    'flowers@fax': '550 5.1.3',
    '@fax': '550 5.1.3',
  });
  const broken = { ...config, dialPlan: undefined };
  assert.equal(shown(route('5551234@fax', staff, directory, broken)), '450 4.3.5');
});

test('what is no address', () => {
  for (const text of [
    '',
    '@',
    'a@',
    '@b',
    'a b@office.test',
    'a@b..c',
    '.a@office.test',
    `${'a'.repeat(200)}@office.test`,
    'a@[999.1.1.1]',
    'a\u0000@office.test',
    'a@office.test\r\nRCPT',
  ])
    assert.equal(shown(route(text, staff, directory, config)), '553 5.1.3', JSON.stringify(text));
  const empty = makeSnapshot({ people: [], domains: [], aliases: [] });
  assert.equal(shown(route('alice', staff, empty, config)), '450 4.3.5');
});

test('the explanation names every turn', () => {
  assert.deepEqual(explain('half+x@office.test', stranger, directory, config).steps, [
    'half+x@office.test: sub-address of half@office.test',
    'half@office.test: alias of nobody@office.test, bob@office.test',
    'nobody@office.test: left out, 550 5.1.1 There is no mailbox nobody@office.test',
    'bob@office.test: mailbox bob@office.test',
  ]);
  const reading = compileDialPlan('rw^ 5 95$9\naccept^ 9 esmtp');
  assert.ok(reading.kind === 'plan');
  assert.deepEqual(explain('555@fax', staff, directory, { ...config, dialPlan: reading.plan }).steps, [
    '555@fax: dial plan line 1 (rw^ 5 95$9): rewritten, 9555',
    '555@fax: dial plan line 2 (accept^ 9 esmtp): accepted, 9555',
    '555@fax: fax, dialled as 9555',
  ]);
});

test('any directory, any question: an answer, without recipients twice', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'a-b', 'a+b', 'postmaster');
  const domain = fc.constantFrom('x.test', 'y.test', 'out.example', 'fax');
  const address = fc.tuple(name, domain).map(([left, right]) => `${left}@${right}`);
  const target = fc.oneof(address, fc.constantFrom('@x.test', '@y.test'));
  const alias = fc.record({
    name: fc.oneof(address, fc.constantFrom('@x.test', '@y.test')),
    targets: fc.array(target, { minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(
      fc.array(alias, { maxLength: 8 }),
      fc.array(address, { maxLength: 4 }),
      address,
      (many, accounts, asked) => {
        const snapshot = makeSnapshot({
          people: accounts.map((one) => person(one)),
          domains: ['x.test', 'y.test'],
          aliases: many,
        });
        const routing = route(asked, stranger, snapshot, config);
        if (routing.kind === 'refused') return;
        assert.ok(routing.recipients.length > 0);
        const ways = routing.recipients.map((one) => JSON.stringify(one));
        assert.equal(new Set(ways).size, ways.length);
      },
    ),
    { numRuns: 1000 },
  );
});
