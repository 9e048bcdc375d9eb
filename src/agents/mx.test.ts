import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exchanges, findExchanges } from './mx.ts';
import { ownHosts } from './own-hosts.ts';
import type { MxRecord, Resolver } from './resolver.ts';

const error = (code: string): Error => Object.assign(new Error(code), { code });

function resolver(
  mx: readonly MxRecord[] | string,
  addresses: Readonly<Record<string, readonly string[] | string>>,
): Resolver {
  return {
    mx: async () => {
      if (typeof mx === 'string') throw error(mx);
      return mx;
    },
    addresses: async (host) => {
      const found = addresses[host] ?? 'ENOTFOUND';
      if (typeof found === 'string') throw error(found);
      return found;
    },
  };
}

async function ask(domain: string, dns: Resolver, self = 'box.test', lots: readonly number[] = []): Promise<Exchanges> {
  let turn = 0;
  const isSelf = (name: string, addresses: readonly string[]): boolean =>
    name === self || addresses.includes('192.0.2.99');
  return findExchanges(domain, { resolver: dns, isSelf, random: () => lots[turn++] ?? 0 });
}

const names = (found: Exchanges): unknown =>
  found.kind === 'hosts' ? found.hosts.map((one) => one.name) : `${found.kind} ${found.status}`;

test('by preference, those of one preference in random order, IPv6 before IPv4', async () => {
  const dns = resolver(
    [
      { exchange: 'C.far.test.', priority: 20 },
      { exchange: 'a.far.test', priority: 10 },
      { exchange: 'b.far.test', priority: 10 },
    ],
    { 'a.far.test': ['192.0.2.1', '2001:db8::1'], 'b.far.test': ['192.0.2.2'], 'c.far.test': ['192.0.2.3'] },
  );
  assert.deepEqual(names(await ask('far.test', dns, '', [0, 0.9, 0.1])), ['b.far.test', 'a.far.test', 'c.far.test']);
  const found = await ask('far.test', dns, '', [0, 0.1, 0.9]);
  assert.deepEqual(found.kind === 'hosts' && found.hosts[0], {
    name: 'a.far.test',
    addresses: ['2001:db8::1', '192.0.2.1'],
  });
});

test('no MX: the domain is the host; nothing at all: permanent; no answer: temporary', async () => {
  assert.deepEqual(names(await ask('far.test', resolver('ENODATA', { 'far.test': ['192.0.2.1'] }))), ['far.test']);
  assert.deepEqual(names(await ask('far.test', resolver([], { 'far.test': ['192.0.2.1'] }))), ['far.test']);
  assert.equal(names(await ask('far.test', resolver('ENODATA', {}))), 'failed 5.1.2');
  assert.equal(names(await ask('far.test', resolver('ENOTFOUND', {}))), 'failed 5.1.2');
  assert.equal(names(await ask('far.test', resolver('ESERVFAIL', {}))), 'deferred 4.4.3');
  assert.equal(names(await ask('far.test', resolver('ENODATA', { 'far.test': 'EAI_AGAIN' }))), 'deferred 4.4.3');
});

test('null MX, MX without address, MX that is an address', async () => {
  assert.equal(names(await ask('far.test', resolver([{ exchange: '', priority: 0 }], {}))), 'failed 5.1.10');
  assert.equal(names(await ask('far.test', resolver([{ exchange: '.', priority: 0 }], {}))), 'failed 5.1.10');
  assert.equal(names(await ask('far.test', resolver([{ exchange: 'gone.test', priority: 0 }], {}))), 'failed 5.4.4');
  assert.equal(
    names(await ask('far.test', resolver([{ exchange: 'slow.test', priority: 0 }], { 'slow.test': 'EAI_AGAIN' }))),
    'deferred 4.4.3',
  );
  assert.equal(names(await ask('far.test', resolver([{ exchange: '192.0.2.1', priority: 0 }], {}))), 'failed 5.4.4');
});

test('only hosts better than this box are used; a loop is permanent', async () => {
  const addresses = {
    'a.test': ['192.0.2.1'],
    'box.test': ['192.0.2.5'],
    'c.test': ['192.0.2.3'],
    'alias.test': ['192.0.2.99'],
  };
  const mx = (exchange: string, priority: number): MxRecord => ({ exchange, priority });
  assert.deepEqual(
    names(await ask('far.test', resolver([mx('a.test', 10), mx('box.test', 20), mx('c.test', 20)], addresses))),
    ['a.test'],
  );
  assert.equal(
    names(await ask('far.test', resolver([mx('box.test', 10), mx('c.test', 20)], addresses))),
    'failed 5.4.6',
  );
  assert.equal(names(await ask('far.test', resolver([mx('alias.test', 10)], addresses))), 'failed 5.4.6');
  assert.equal(names(await ask('box.test', resolver('ENODATA', addresses))), 'failed 5.4.6');
  const isOwn = ownHosts(() => ['box.test']);
  assert.ok(
    isOwn('BOX.test', []) &&
      isOwn('x.test', ['127.0.0.2']) &&
      isOwn('x.test', ['::1']) &&
      !isOwn('x.test', ['192.0.2.77']),
  );
});

test('address literals and names that cannot be', async () => {
  const none = resolver('ESERVFAIL', {});
  assert.deepEqual(await ask('[192.0.2.1]', none), {
    kind: 'hosts',
    hosts: [{ name: '192.0.2.1', addresses: ['192.0.2.1'] }],
  });
  assert.deepEqual(names(await ask('[IPv6:2001:db8::1]', none)), ['2001:db8::1']);
  assert.equal(names(await ask('[192.0.2.99]', none)), 'failed 5.4.6');
  assert.equal(names(await ask('a\u2028b.test', none)), 'failed 5.1.2');
});
