import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { readConfig } from '../../config/schema.ts';
import { type BoxEvent, EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { Privileged } from '../privileged/operations.ts';
import { type NetworkFacts, readNetworkFacts } from './network-facts.ts';
import { type NetworkConfig, NetworkSettings, networkWish, trialMs } from './network-settings.ts';
import { ipCommands, type NetworkWish, networkFile } from './plan.ts';
import { networkOf, within } from './prefix.ts';

const defaults = readConfig({});
assert.ok(defaults.kind === 'valid');
const dhcp: NetworkConfig = defaults.config.system.network;
const fixed: NetworkConfig = {
  ...dhcp,
  mode: 'fixed',
  address: '192.168.1.5/24',
  gateway: '192.168.1.1',
  dns: ['192.168.1.1'],
};

/** A box with one card, as the settings see it; what the helper was asked for is in `applied`. */
class TestBox {
  readonly clock = new ManualClock();
  readonly events = new EventBus(this.clock);
  readonly happened: BoxEvent[] = [];
  readonly applied: NetworkWish[] = [];
  config: NetworkConfig = dhcp;
  addresses: readonly string[] = ['10.0.0.7/8'];
  isBox = true;
  folder = '';
  settings: NetworkSettings;

  private constructor(folder: string) {
    this.folder = folder;
    this.events.on((event) => this.happened.push(event));
    this.settings = this.made();
  }

  static async make(context: TestContext): Promise<TestBox> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-network-'));
    const box = new TestBox(folder);
    context.after(async () => {
      await box.settings.stop();
      assert.equal(box.clock.pending, 0);
      await rm(folder, { recursive: true });
    });
    return box;
  }

  /** As after a power cut: nothing of the former program is left but its files. */
  made(): NetworkSettings {
    const run = async (_name: string, wish: NetworkWish) => {
      this.applied.push(wish);
      this.addresses = [wish.fixed?.address ?? '10.0.0.7/8'];
      return {};
    };
    return new NetworkSettings({
      privileged: { isBox: this.isBox, run } as unknown as Privileged,
      clock: this.clock,
      events: this.events,
      hostName: 'caselli-1a2b',
      folder: this.folder,
      config: () => this.config,
      setConfig: async (reach) => {
        this.config = { ...this.config, ...reach };
        void this.settings.changed();
      },
      facts: async () => this.facts(),
    });
  }

  facts(): NetworkFacts {
    return {
      cards: [
        { name: 'eth0', link: false, mac: '' },
        { name: 'eth1', link: true, mac: '' },
      ],
      addresses: () => this.addresses,
      gateway: '10.0.0.1',
      gatewayAnswers: true,
      dns: [],
    };
  }

  async change(config: NetworkConfig): Promise<void> {
    this.config = config;
    await this.settings.changed();
  }

  states(): string[] {
    return this.happened.flatMap((event) => (event.name === 'network.trial' ? [event.fields.state] : []));
  }
}

test('the wish of the settings is applied at the start, on the first card with a cable', async (context) => {
  const box = await TestBox.make(context);
  await box.settings.start();
  assert.deepEqual(box.applied, [{ interface: 'eth1', hostName: 'caselli-1a2b', fixed: null }]);
  assert.equal(await readFile(join(box.folder, 'network'), 'utf8'), 'mode=dhcp\ninterface=\nhostname=caselli-1a2b\n');
  assert.deepEqual(
    box.happened.map(({ name }) => name),
    ['network.changed'],
  );
});

test('a change that nobody confirms is undone after two minutes', async (context) => {
  const box = await TestBox.make(context);
  await box.settings.start();
  await box.change(fixed);
  assert.equal(box.applied.at(-1)?.fixed?.address, '192.168.1.5/24');
  assert.equal((await box.settings.status()).trialUntil, box.clock.now() + trialMs);
  await box.clock.advance(trialMs - 1);
  assert.equal(box.config.mode, 'fixed');
  await box.clock.advance(1);
  await box.settings.stop();
  assert.equal(box.config.mode, 'dhcp');
  assert.equal(box.applied.at(-1)?.fixed, null);
  assert.deepEqual(box.states(), ['began', 'undone']);
});

test('a confirmed change stays, whether by word or by reaching the new address', async (context) => {
  const box = await TestBox.make(context);
  await box.settings.start();
  await box.change(fixed);
  await box.settings.reachedOn('127.0.0.1');
  await box.settings.reachedOn('::ffff:10.0.0.7');
  assert.notEqual((await box.settings.status()).trialUntil, undefined);
  await box.settings.reachedOn('::ffff:192.168.1.5');
  assert.equal((await box.settings.status()).trialUntil, undefined);
  await box.clock.advance(2 * trialMs);
  assert.equal(box.config.mode, 'fixed');
  assert.match(await readFile(join(box.folder, 'network'), 'utf8'), /^mode=fixed$/m);

  await box.change(dhcp);
  assert.equal(await box.settings.confirm(), true);
  assert.equal(await box.settings.confirm(), false);
  await box.clock.advance(2 * trialMs);
  assert.equal(box.config.mode, 'dhcp');
  assert.deepEqual(box.states(), ['began', 'confirmed', 'began', 'confirmed']);
});

test('the power fails during a trial: the former setting is taken at the next start', async (context) => {
  const box = await TestBox.make(context);
  await box.settings.start();
  await box.change(fixed);
  assert.match(await readFile(join(box.folder, 'network'), 'utf8'), /^mode=dhcp$/m);
  const before = box.settings;
  box.settings = box.made();
  await before.stop();
  await box.settings.start();
  assert.equal(box.config.mode, 'dhcp');
  assert.equal(box.applied.at(-1)?.fixed, null);
  await box.clock.advance(2 * trialMs);
  assert.deepEqual(box.states(), ['began', 'undone']);
});

test('several changes during one trial all go back to what was before the first', async (context) => {
  const box = await TestBox.make(context);
  await box.settings.start();
  await box.change(fixed);
  await box.change({ ...fixed, address: '192.168.1.6/24' });
  await box.clock.advance(trialMs);
  await box.settings.stop();
  assert.equal(box.config.mode, 'dhcp');
});

test('a machine that is no box is left as it is', async (context) => {
  const box = await TestBox.make(context);
  box.isBox = false;
  box.settings = box.made();
  await box.settings.start();
  await box.change(fixed);
  assert.deepEqual(box.applied, []);
  assert.deepEqual(box.states(), []);
});

test('a wish that cannot be is said in words', () => {
  const facts: NetworkFacts = { cards: [], addresses: () => [], gateway: '', gatewayAnswers: false, dns: [] };
  assert.equal(networkWish(dhcp, facts, 'a'), 'there is no network card');
  assert.equal(networkWish({ ...dhcp, interface: 'eth7' }, facts, 'a'), 'there is no network card eth7');
  const card = { ...facts, cards: [{ name: 'eth0', link: true, mac: '' }] };
  assert.match(String(networkWish({ ...fixed, address: null }, card, 'a')), /address is empty/);
  assert.match(String(networkWish({ ...fixed, address: '192.168.1.5' }, card, 'a')), /length of its network/);
});

test('applying what is already so changes nothing; going from one address to another takes the old one away', () => {
  const wish: NetworkWish = {
    interface: 'eth0',
    hostName: 'caselli-1a2b',
    fixed: { address: '192.168.1.5/24', gateway: '192.168.1.1', dns: [] },
  };
  const up = ['link', 'set', 'eth0', 'up'];
  const route = ['-f', 'inet', 'route', 'replace', 'default', 'via', '192.168.1.1', 'dev', 'eth0'];
  assert.deepEqual(ipCommands(wish, ['192.168.1.5/24'], networkFile(wish)), [up, route]);
  assert.deepEqual(ipCommands(wish, ['10.0.0.7/8', 'fd00::2/64'], 'mode=dhcp\ninterface=eth0\nhostname=x\n'), [
    up,
    ['addr', 'del', '10.0.0.7/8', 'dev', 'eth0'],
    ['addr', 'add', '192.168.1.5/24', 'dev', 'eth0'],
    route,
  ]);
  const asked = { ...wish, fixed: null };
  assert.deepEqual(ipCommands(asked, ['10.0.0.7/8'], networkFile(asked)), [up]);
  assert.deepEqual(ipCommands(asked, ['192.168.1.5/24'], networkFile(wish)), [
    up,
    ['-f', 'inet', 'addr', 'flush', 'dev', 'eth0'],
  ]);
});

test('the network of an address', () => {
  assert.equal(networkOf('192.168.1.5/24'), '192.168.1.0/24');
  assert.equal(networkOf('10.255.3.4/9'), '10.128.0.0/9');
  assert.equal(networkOf('10.1.2.3/32'), '10.1.2.3/32');
  assert.equal(networkOf('2001:db8::12:3/64'), '2001:db8:0:0:0:0:0:0/64');
  fc.assert(
    fc.property(fc.oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128))), ([address, length]) => {
      const network = networkOf(`${address}/${length}`);
      assert.ok(isIP(network.split('/')[0]!) !== 0, network);
      assert.equal(networkOf(network), network);
      assert.ok(within(address, [network]));
    }),
  );
});

test('gateway, its answer and name servers are read from the kernel', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'caselli-facts-'));
  context.after(() => rm(root, { recursive: true }));
  for (const folder of ['sys/class/net/lo', 'sys/class/net/eth0', 'proc/net', 'etc'])
    await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, 'sys/class/net/eth0/carrier'), '1\n');
  await writeFile(join(root, 'sys/class/net/eth0/address'), '52:54:00:12:34:56\n');
  const table =
    'Iface\tDestination\tGateway \tFlags\tRefCnt\neth0\t00000000\t0202000A\t0003\t0\neth0\t0002000A\t00000000\t0001\t0\n';
  await writeFile(join(root, 'proc/net/route'), table);
  const arp =
    'IP address       HW type     Flags       HW address\n10.0.2.2         0x1         0x2         52:55:0a:00:02:02     *        eth0\n';
  await writeFile(join(root, 'proc/net/arp'), arp);
  await writeFile(join(root, 'etc/resolv.conf'), 'nameserver 10.0.2.3\n# nameserver 9.9.9.9\n');
  const { cards, gateway, gatewayAnswers, dns } = await readNetworkFacts(`${root}/`);
  assert.deepEqual(cards, [{ name: 'eth0', link: true, mac: '52:54:00:12:34:56' }]);
  assert.deepEqual([gateway, gatewayAnswers, dns], ['10.0.2.2', true, ['10.0.2.3']]);
  const none = await readNetworkFacts(`${root}/nowhere/`);
  assert.deepEqual([none.cards, none.gateway, none.gatewayAnswers, none.dns], [[], '', false, []]);
});
