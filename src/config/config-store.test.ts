import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BoxEvent, EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { ConfigError, ConfigStore, valueAt } from './config-store.ts';
import { readConfig } from './schema.ts';
import { parseDuration } from './values.ts';

async function place(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-config-'));
  context.after(() => rm(folder, { recursive: true }));
  const clock = new ManualClock();
  const events = new EventBus(clock);
  return { folder, clock, events };
}

test('time spans are read as Courier writes them', () => {
  assert.equal(parseDuration('1w2d'), (7 + 2) * 86_400_000);
  assert.equal(parseDuration('90'), 90_000);
  assert.equal(parseDuration('4h30m'), 16_200_000);
  for (const wrong of ['', '5x', 'h', '1.5h', '-3m']) assert.equal(parseDuration(wrong), undefined, wrong);
});

test('an empty document is the whole configuration by defaults; a misspelled setting is named', () => {
  const empty = readConfig({});
  assert.equal(empty.kind, 'valid');
  assert.equal(valueAt(empty.kind === 'valid' && empty.config, 'queue.queueTime'), 7 * 86_400_000);
  assert.deepEqual(readConfig({ queue: { queuetime: '7d' }, smtp: { submission: { port: 99999 } } }), {
    kind: 'invalid',
    problems: [
      { path: 'smtp.submission.port', message: 'must be at most 65535' },
      { path: 'queue.queuetime', message: 'is no setting of this version' },
    ],
  });
});

test('a change is applied whole, kept in history, told with its paths, and found at the next opening', async (context) => {
  const where = await place(context);
  const store = await ConfigStore.open(where, { name: 'box.office.test' });
  const told: (readonly string[])[] = [];
  store.onChange((_config, changed) => told.push(changed));
  await Promise.all([store.set('queue.queueTime', '3d'), store.set('smtp.submission.port', 10587)]);
  assert.deepEqual(told, [['queue.queueTime'], ['smtp.submission.port']]);
  assert.equal(store.config.queue.queueTime, 3 * 86_400_000);
  assert.equal((await readdir(join(where.folder, 'history'))).length, 2);

  const again = await ConfigStore.open(where);
  assert.deepEqual(again.config, store.config);
  assert.equal(again.version, store.version);
  await again.set('queue.queueTime', undefined);
  assert.equal(again.config.queue.queueTime, 7 * 86_400_000);
});

test('a change that is not valid changes nothing', async (context) => {
  const where = await place(context);
  const store = await ConfigStore.open(where);
  const before = await readFile(join(where.folder, 'config.json'), 'utf8');
  await assert.rejects(store.set('smtp.submission.port', 'high'), ConfigError);
  await assert.rejects(store.set('smtp.submision.port', 25), /smtp\.submision is no setting/);
  await assert.rejects(store.set('__proto__.port', 25), ConfigError);
  assert.equal(await readFile(join(where.folder, 'config.json'), 'utf8'), before);
  assert.deepEqual(await readdir(join(where.folder, 'history')), []);
});

test('a file changed by hand is taken when valid, and named as a fault when not', async (context) => {
  const where = await place(context);
  const store = await ConfigStore.open(where);
  const stop = new AbortController();
  context.after(() => stop.abort());
  const next = (name: BoxEvent['name']) =>
    new Promise<BoxEvent>((resolve) => where.events.on((event) => event.name === name && resolve(event)));
  store.follow(stop.signal);
  const fault = next('box.fault');
  await writeFile(join(where.folder, 'config.json'), '{"name": 7}');
  await fault;
  assert.equal(store.config.name, 'localhost');
  assert.equal(store.problems[0]?.path, 'name');
  const changed = next('config.changed');
  await writeFile(join(where.folder, 'config.json'), '{"name": "other.test"}');
  await changed;
  assert.equal(store.config.name, 'other.test');
  assert.deepEqual(store.problems, []);
});

test('a wrong config.json is refused at opening with every problem', async (context) => {
  const where = await place(context);
  await writeFile(join(where.folder, 'config.json'), '{"name": 7, "fax": {"maxPages": 0}}');
  await assert.rejects(ConfigStore.open(where), (error: ConfigError) => error.problems.length === 2);
  await writeFile(join(where.folder, 'config.json'), '{');
  await assert.rejects(ConfigStore.open(where), /is not JSON/);
});
