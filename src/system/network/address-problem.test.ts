import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressProblem } from './address-problem.ts';

const wish = (address: string, gateway = '', dns: readonly string[] = []) => addressProblem({ address, gateway, dns });

test('addresses of offices are taken', () => {
  for (const [address, gateway] of [
    ['192.168.1.5/24', '192.168.1.1'],
    ['10.0.0.1/8', '10.255.255.254'],
    ['172.16.4.2/30', '172.16.4.1'],
    ['192.0.2.0/31', '192.0.2.1'],
    ['192.0.2.7/32', ''],
    ['2001:db8::5/64', '2001:db8::1'],
    ['2001:db8::5/64', 'fe80::1'],
    ['192.168.1.5/24', ''],
  ])
    assert.equal(wish(address!, gateway), undefined, `${address} ${gateway}`);
});

test('what could not be reached is said', () => {
  assert.match(wish('192.168.1.5') ?? '', /length of its network/);
  assert.match(wish('192.168.1.500/24') ?? '', /no IP address/);
  assert.match(wish('192.168.1.5/33') ?? '', /no length/);
  assert.match(wish('192.168.1.5/x') ?? '', /no length/);
  assert.match(wish('192.168.1.0/24') ?? '', /network itself/);
  assert.match(wish('192.168.1.255/24') ?? '', /broadcast/);
  assert.match(wish('127.0.0.1/8') ?? '', /cannot be/);
  assert.match(wish('239.1.2.3/24') ?? '', /cannot be/);
  assert.match(wish('192.168.1.5/24', '192.168.2.1') ?? '', /not in the network/);
  assert.match(wish('192.168.1.5/24', '192.168.1.5') ?? '', /address of the box/);
  assert.match(wish('192.168.1.5/24', 'router') ?? '', /no IP address/);
  assert.match(wish('192.168.1.5/24', '192.168.1.1', ['dns.example']) ?? '', /name server/);
});

test('of each IPv4 network the first and the last address are refused, and no other', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 126 }),
      fc.integer({ min: 8, max: 30 }),
      fc.nat(),
      (first, length, chance) => {
        const size = 2 ** (32 - length);
        const base = Math.floor((first * 2 ** 24 + (chance % 2 ** 24)) / size) * size;
        const text = (value: number): string =>
          [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
        assert.match(wish(`${text(base)}/${length}`) ?? '', /itself/);
        assert.match(wish(`${text(base + size - 1)}/${length}`) ?? '', /broadcast/);
        if (first !== 127) assert.equal(wish(`${text(base + 1 + (chance % (size - 2)))}/${length}`), undefined);
      },
    ),
  );
});
