import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { firewallRules, type Openings, openPorts } from './firewall.ts';
import { networkOf } from './prefix.ts';

const nothing: Openings = { open: [], local: [], mdns: false, ownNetworks: [] };
const office: Openings = {
  open: [25, 587, 465, 143, 993, 110, 995],
  local: [80, 443],
  mdns: true,
  ownNetworks: ['192.168.1.0/24', '203.0.113.0/24', '2001:db8:1:2:0:0:0:0/64'],
};

/** nftables itself reads the rules, in a network of its own, where nothing can happen to the machine. */
function nft(words: readonly string[], rules: string): string {
  const { status, stdout, stderr } = spawnSync('unshare', ['-rn', 'sh', '-c', words.join(' ')], {
    input: rules,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stderr}\n${rules}`);
  return stdout;
}

/** Why namespaces cannot be had here; nftables then only reads the rules. */
const confined = spawnSync('unshare', ['-rn', 'true']).status !== 0 && 'no user namespaces on this machine';

test('nftables takes the rules, also in the place of former ones', { skip: confined }, () => {
  nft(['nft -c -f -'], firewallRules(nothing));
  const listed = nft(['nft -f - && nft list ruleset'], firewallRules(office) + firewallRules(office));
  assert.match(listed, /hook input priority filter; policy drop;/);
  assert.match(listed, /tcp dport \{ 25, 110, 143, 465, 587, 993, 995 \} jump everybody/);
  assert.match(listed, /tcp dport \{ 80, 443 \} jump local_only/);
  assert.equal(listed.match(/^table /gm)?.length, 1);
});

test('whatever ports and networks there are, nftables takes the rules', { skip: confined }, () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const network = fc
    .oneof(fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 })), fc.tuple(fc.ipV6(), fc.integer({ min: 1, max: 128 })))
    .map(([address, length]) => networkOf(`${address}/${length}`));
  const openings = fc.record({
    open: fc.array(port, { maxLength: 64 }),
    local: fc.array(port, { maxLength: 64 }),
    mdns: fc.boolean(),
    ownNetworks: fc.array(network, { maxLength: 8 }),
  });
  fc.assert(
    fc.property(openings, (one) => {
      nft(['nft -c -f -'], firewallRules(one));
    }),
    { numRuns: 25 },
  );
});

test('mail is open to everybody, panel and SSH to the local networks, loopback to nobody', () => {
  const at = (port: number, address = '::') => ({ address, port });
  const listeners = {
    smtp: at(25),
    imaps: at(993),
    pop3: at(2110, '127.0.0.1'),
    http: at(80),
    https: at(443, '0.0.0.0'),
  };
  assert.deepEqual(openPorts(listeners, false), { open: [25, 993], local: [80, 443] });
  assert.deepEqual(openPorts({ http: at(80, '::1') }, true), { open: [], local: [22] });
});
