import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { boxConfig } from './box-config.ts';
import { knownPlaces } from './config/listeners.ts';
import { readConfig } from './config/schema.ts';
import { firewallRules, openPorts } from './system/network/firewall.ts';

test('the firewall that the machine starts with is that of the settings a box begins with', async () => {
  const reading = readConfig(boxConfig({ hostName: 'caselli-1a2b' } as never));
  assert.ok(reading.kind === 'valid');
  const { mdns } = reading.config.system.network;
  const rules = firewallRules({ ...openPorts(knownPlaces(reading.config), false), mdns, ownNetworks: [] });
  const file = await readFile(new URL('../image/overlay/etc/nftables.conf', import.meta.url), 'utf8');
  assert.equal(
    file
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n'),
    rules,
  );
});
