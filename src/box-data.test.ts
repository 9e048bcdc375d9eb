import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkData, settleRestored } from './box-data.ts';
import type { ConfigDocument } from './config/schema.ts';
import { SqliteWriter } from './lib/sqlite.ts';
import type { Manifest } from './system/backup/manifest.ts';

const fixed = (address: string): ConfigDocument => ({
  postmaster: 'alice@office.test',
  system: { network: { mode: 'fixed', address, gateway: null, dns: [] }, time: { zone: 'Europe/Rome' } },
});

const manifest = (board: string): Manifest => ({
  format: 1,
  program: '0.1.0',
  at: '2026-11-22T02:15:30.000Z',
  what: 'config',
  box: { name: 'box', board },
  parts: [],
  files: 0,
  bytes: 0,
});

/** Restores settings of a box of one board onto one of another. @returns the network that it has then */
async function networkAfter(
  context: TestContext,
  boards: { readonly from: string; readonly to: string },
  takeNetwork: boolean,
  present: ConfigDocument | undefined = fixed('10.0.0.1/24'),
): Promise<unknown> {
  const place = await mkdtemp(join(tmpdir(), 'caselli-settle-'));
  const writer = new SqliteWriter();
  context.after(async () => {
    await writer.close();
    await rm(place, { recursive: true });
  });
  const [data, folder] = [join(place, 'data'), join(place, 'restored')];
  for (const one of [data, folder]) await mkdir(one);
  if (present) await writeFile(join(data, 'config.json'), JSON.stringify(present));
  await writeFile(join(folder, 'config.json'), JSON.stringify(fixed('192.168.7.7/24')));
  const box = { name: 'box', board: boards.to };
  await settleRestored(folder, manifest(boards.from), { data, box, writer, takeNetwork, releaseQueue: false });
  await checkData(folder);
  const { postmaster, system } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  assert.equal(postmaster, 'alice@office.test');
  assert.equal(system.time.zone, 'Europe/Rome');
  return system.network?.address;
}

test('on another board the network stays as it is there, unless asked', async (context) => {
  const other = { from: 'pcengines-apu', to: 'rpi4' };
  assert.equal(await networkAfter(context, other, false), '10.0.0.1/24');
  assert.equal(await networkAfter(context, other, true), '192.168.7.7/24');
  assert.equal(await networkAfter(context, { from: 'rpi4', to: 'rpi4' }, false), '192.168.7.7/24');
  assert.equal(await networkAfter(context, other, false, {}), undefined, 'a fresh box asks DHCP');
});

test('settings that this version cannot use are refused in words', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-settle-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.json'), '{"smtp": {"telepathy": true}}');
  await assert.rejects(checkData(folder), { kind: 'newer', message: /smtp\.telepathy is no setting of this version/ });
});
