import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type BoxEvent, EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { ConfigError, ConfigStore, valueAt } from './config-store.ts';
import { readNewerConfig } from './newer-config.ts';
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

const ofNewer = {
  name: 'box.office.test',
  version: 2,
  queue: { queueTime: '3d', spreading: { even: true } },
  fax: {
    lines: [
      { id: 'line1', port: 'serial:/dev/ttyS1', colour: true },
      { id: 'line2', port: 'sip:line' },
    ],
    maxPages: '99',
  },
  panel: { greeting: { text: 'x' } },
};

test('what a newer version wrote and this one does not know is passed over; the rest is in force', () => {
  const { config, problems } = readNewerConfig(ofNewer);
  assert.equal(config.name, 'box.office.test');
  assert.equal(config.queue.queueTime, 3 * 86_400_000);
  assert.deepEqual(
    config.fax.lines.map(({ id, port }) => [id, port]),
    [['line1', 'serial:/dev/ttyS1']],
    'a line on a port of a kind unknown here is no line',
  );
  assert.equal(config.fax.maxPages, 300);
  assert.ok(problems.some(({ path }) => path === 'queue.spreading'));
});

test('any document that a newer version may have written gives a configuration', () => {
  const words = fc.constantFrom(
    'name',
    'version',
    'queue',
    'queueTime',
    'fax',
    'lines',
    'id',
    'port',
    'smtp',
    'x',
    '0',
    '__proto__',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(fc.string({ maxLength: 5 }), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('3d')),
      fc.dictionary(words, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
      fc.array(tie('tree'), { maxLength: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (document) => {
      const { config } = readNewerConfig(document);
      assert.equal(typeof config.name, 'string');
    }),
    { numRuns: 500 },
  );
});

test('after a roll-back the box changes its settings, and those of the newer version stay in the file', async (context) => {
  const where = await place(context);
  const path = join(where.folder, 'config.json');
  await writeFile(path, JSON.stringify(ofNewer));
  await assert.rejects(ConfigStore.open(where), ConfigError);
  const store = await ConfigStore.open({ ...where, isOfNewer: true });
  assert.deepEqual(store.problems, []);
  assert.ok(store.passedOver.length > 0);
  await store.set('queue.queueTime', '5d');
  await assert.rejects(store.set('queue.queuetime', '5d'), /queue\.queuetime is no setting/);
  assert.equal(store.config.queue.queueTime, 5 * 86_400_000);
  const written = JSON.parse(await readFile(path, 'utf8'));
  assert.deepEqual(written.queue, { queueTime: '5d', spreading: { even: true } });
  assert.equal(written.version, 2);
  await store.set('queue.spreading', undefined);
  assert.ok(!store.passedOver.some(({ path: one }) => one === 'queue.spreading'));
});
