import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createExchange } from '../../hw/exchange/exchange.ts';
import { ConfigStore } from '../config/config-store.ts';
import type { FaxLines } from '../fax-lines/fax-lines.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { memoryPair } from '../modem/memory-port.ts';
import { lineAdmin } from './line-admin.ts';

async function office(t: import('node:test').TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'line-admin-'));
  const clock = systemClock;
  const exchange = createExchange({ clock, folder: join(folder, 'far'), speedFactor: 500, ids: idSource(clock) });
  for (const number of ['5550100', '5550101']) exchange.addLine(number);
  const settings = await ConfigStore.open({ folder, clock, events: new EventBus(clock) });
  t.after(async () => {
    await exchange.close();
    await rm(folder, { recursive: true });
  });
  const opened: string[] = [];
  /** What the pool says of a line that it has: undefined while none runs. */
  const pool: { state: 'stopped' | 'busy' } = { state: 'stopped' };
  const admin = lineAdmin({
    lines: { without: async () => (pool.state === 'busy' ? 'busy' : undefined) } as unknown as FaxLines,
    config: () => settings.config.fax,
    change: (edit) => settings.change(edit),
    openPort: async ({ port, baud }) => {
      opened.push(`${port} ${baud}`);
      if (port === 'serial:/dev/ttyS9') throw new Error('is used by process 1');
      const number = /^exchange:(\d+)$/.exec(port)?.[1];
      if (number !== undefined) return exchange.port(number);
      if (port === 'serial:/dev/ttyS1' && baud === 115_200) return exchange.port('5550101');
      return memoryPair()[0];
    },
    views: async () => [],
    clock,
    serialDevices: async () =>
      ['/dev/ttyS1', '/dev/ttyS9'].map((path) => ({ device: path, path, product: 'Some modem' })),
    simulated: () => ['5550100'],
  });
  return { admin, settings, opened, pool };
}

test('modems are found at any usual speed; ports of lines and of other programs are left alone', async (t) => {
  const { admin, opened } = await office(t);
  const [found, same] = await Promise.all([admin.lineFind(), admin.lineFind()]);
  assert.equal(found, same, 'two who ask do not disturb each other');
  assert.deepEqual(
    found.map(({ port, state, baud }) => [port, state, baud]),
    [
      ['serial:/dev/ttyS1', 'modem', 115_200],
      ['serial:/dev/ttyS9', 'used', 0],
      ['exchange:5550100', 'modem', 38_400],
    ],
  );
  opened.length = 0;
  await admin.lineSet({ line: 'fax1', port: 'exchange:5550100' });
  await admin.lineSet({ line: 'fax2', port: 'serial:/dev/ttyS1' });
  const again = await admin.lineFind();
  assert.deepEqual(
    again.map(({ line, state }) => [line, state]),
    [
      ['fax2', 'line'],
      ['', 'used'],
      ['fax1', 'line'],
    ],
  );
  assert.deepEqual(opened, ['serial:/dev/ttyS9 38400']);
});

test('lines are added, changed and removed; what is wrong changes nothing', async (t) => {
  const { admin, settings } = await office(t);
  await admin.lineSet({ line: 'fax1', port: 'exchange:5550100', number: '+49 30 1234567' });
  await admin.lineSet({ line: 'fax1', receive: false });
  const [line] = settings.config.fax.lines;
  assert.deepEqual([line!.number, line!.receive, line!.port], ['+49 30 1234567', false, 'exchange:5550100']);
  for (const wrong of [
    { line: 'fax2', port: 'exchange:5550100' },
    { line: 'fax2' },
    { line: 'Fax 2', port: 'exchange:1' },
    { line: 'fax2', port: 'modem' },
    { line: 'fax1', answerAfterRings: 0 },
  ])
    await assert.rejects(admin.lineSet(wrong), { name: 'AdminError' });
  await assert.rejects(admin.lineRemove({ line: 'fax2' }), /no fax line fax2/);
  assert.equal(settings.config.fax.lines.length, 1);
  await admin.lineRemove({ line: 'fax1' });
  assert.deepEqual(settings.config.fax.lines, []);
});

test('a line or a port is tested; a line in a call is not', async (t) => {
  const { admin, pool } = await office(t);
  await admin.lineSet({ line: 'fax1', port: 'exchange:5550100', number: '030/1234567' });
  const test = await admin.lineTest({ line: 'fax1', port: '', dialTone: true });
  assert.deepEqual([test.works, test.steps.at(-1)!.step], [true, 'dial-tone'], test.transcript);
  assert.equal((await admin.lineTest({ line: '', port: 'exchange:5550101', dialTone: false })).works, true);
  const used = await admin.lineTest({ line: '', port: 'serial:/dev/ttyS9', dialTone: false });
  assert.deepEqual([used.works, used.steps[0]!.step], [false, 'open']);
  await assert.rejects(admin.lineTest({ line: '', port: 'exchange:5550100', dialTone: false }), /test the line/);
  await assert.rejects(admin.lineTest({ line: '', port: '/etc/passwd', dialTone: false }), /port/);
  await assert.rejects(admin.lineTest({ line: 'fax2', port: '', dialTone: false }), /no fax line/);
  pool.state = 'busy';
  await assert.rejects(admin.lineTest({ line: 'fax1', port: '', dialTone: false }), /in a call/);
});
