import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readConfig } from '../../config/schema.ts';
import { type BoxEvent, EventBus } from '../../lib/events.ts';
import { idSource } from '../../lib/ids.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { BackupError } from './backup-error.ts';
import { Backups } from './backups.ts';
import { type BackupSettings, type Destination, readBackupName } from './destinations/destination.ts';
import { folderDestination } from './destinations/folder.ts';
import type { WithDestination } from './destinations/open.ts';
import type { BackupPart } from './parts.ts';
import { extractFrom, verifyBackup } from './restore.ts';

const hour = 60 * 60_000;
const parts: readonly BackupPart[] = [
  { path: 'mail', kind: 'folder', config: false },
  { path: 'config.json', kind: 'file', config: true },
];

function settingsWith(change: object): BackupSettings {
  const reading = readConfig({ system: { backup: { passphrase: 'a long passphrase', ...change } } });
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  return reading.config.system.backup;
}

interface Bench {
  readonly backups: Backups;
  readonly clock: ManualClock;
  readonly data: string;
  readonly stick: string;
  readonly told: BoxEvent[];
  settings: BackupSettings;
  /** Stands before the destination. */
  wrap: (destination: Destination) => Destination;
  /** As after a power cut. */
  again(): Promise<Backups>;
  /** Lets time go by, and what it starts come to its end. */
  pass(ms: number): Promise<void>;
}

async function bench(context: TestContext, change: object = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-backups-'));
  context.after(() => rm(folder, { recursive: true }));
  const [data, stick] = [join(folder, 'data'), join(folder, 'stick')];
  await mkdir(join(data, 'mail'), { recursive: true });
  await writeFile(join(data, 'mail', 'one'), 'a mail');
  await writeFile(join(data, 'config.json'), '{}');
  const clock = new ManualClock(Date.UTC(2026, 10, 22, 12));
  const events = new EventBus(clock);
  const told: BoxEvent[] = [];
  events.on((event) => told.push(event));
  const withDestination: WithDestination = (_kind, _settings, use) =>
    use(made.wrap(folderDestination(stick, 'The stick')));
  const open = () =>
    Backups.open({
      data,
      parts,
      program: '1.0.0',
      box: () => ({ name: 'box.office.test', board: '' }),
      settings: () => made.settings,
      zone: () => 'UTC',
      tally: async (copy) => ({ mails: (await readdir(join(copy, 'mail')).catch(() => [])).length }),
      withDestination,
      clock,
      ids: idSource(clock),
      events,
    });
  const made: Bench = {
    backups: undefined as unknown as Backups,
    clock,
    data,
    stick,
    told,
    settings: settingsWith(change),
    wrap: (destination) => destination,
    again: open,
    pass: async (ms) => {
      for (let minutes = ms / 60_000; minutes > 0; minutes--) {
        await clock.advance(60_000);
        await made.backups.settled();
      }
    },
  };
  Object.assign(made, { backups: await open() });
  return made;
}

const timesOf = (names: readonly string[]): string[] =>
  names.map((name) => new Date(readBackupName(name)!.at).toISOString().slice(0, 16)).sort();

test('daily at its hour, the newest kept, each one whole; the first at once', async (context) => {
  const box = await bench(context, { schedule: 'daily', hour: 3, keep: 2 });
  box.backups.start();
  await box.pass(2 * 60_000);
  assert.deepEqual(timesOf(await readdir(box.stick)), ['2026-11-22T12:01']);
  await box.pass(72 * hour);
  assert.deepEqual(timesOf(await readdir(box.stick)), ['2026-11-24T03:00', '2026-11-25T03:00']);
  assert.equal(box.told.filter(({ name }) => name === 'backup.done').length, 4);
  assert.equal(box.backups.findings()[0]?.level, 'ok');
  await box.backups.stop();
  assert.equal(box.clock.pending, 0);
  const reader = { ...restoreParts(box), data: join(box.data, '..', 'elsewhere') };
  for (const name of await readdir(box.stick)) {
    const content = folderDestination(box.stick, '').read(name);
    assert.deepEqual((await verifyBackup(reader, content, 'a long passphrase')).tally, { mails: 1 });
  }
  assert.deepEqual(await readdir(join(box.data, 'backup')), ['state.json']);
});

function restoreParts({ data }: Bench) {
  return {
    data,
    parts,
    program: '1.0.0',
    newId: () => 'x',
    tally: async (copy: string) => ({ mails: (await readdir(join(copy, 'mail')).catch(() => [])).length }),
    check: async () => {},
  };
}

test('a failed one is told, shown, tried again later and later, and well again when it works', async (context) => {
  const box = await bench(context, { schedule: 'daily', hour: 3 });
  const tried: string[] = [];
  box.wrap = (destination) => ({
    ...destination,
    put: async () => {
      tried.push(new Date(box.clock.now()).toISOString().slice(11, 16));
      throw new BackupError('destination', 'The stick is full.');
    },
  });
  box.backups.start();
  await box.pass(14 * hour);
  assert.deepEqual(tried, ['12:01', '12:11', '12:41', '14:41', '20:41']);
  const [finding] = box.backups.findings();
  assert.equal(finding?.level, 'wrong');
  assert.match(finding!.sentence, /failed: The stick is full\. There is no good one yet\./);
  assert.equal(box.told.filter(({ name }) => name === 'backup.failed').length, 5);
  assert.deepEqual(await readdir(join(box.data, 'backup')), ['state.json'], 'copies are removed');
  box.wrap = (destination) => destination;
  await box.pass(2 * hour);
  assert.equal(box.backups.findings()[0]?.level, 'ok');
  await box.backups.stop();
});

test('cut off by a power cut: written down, nothing looks like a backup, begun anew', async (context) => {
  const box = await bench(context, { schedule: 'daily', hour: 3 });
  const reached = Promise.withResolvers<void>();
  box.wrap = (destination) => ({
    ...destination,
    put: (name, content, size) =>
      destination.put(
        name,
        (async function* () {
          for await (const chunk of content) {
            yield chunk;
            reached.resolve();
            await new Promise(() => {});
          }
        })(),
        size,
      ),
  });
  void box.backups.run('usb', 'all').catch(() => {});
  await reached.promise;
  await assert.rejects(box.backups.run('usb', 'all'), { kind: 'busy' });
  await assert.rejects(
    box.backups.create('all', '', () => {}),
    { kind: 'busy' },
  );
  box.wrap = (destination) => destination;
  const next = await box.again();
  assert.match(next.state.records.at(-1)!.error, /switched off/);
  assert.deepEqual(await readdir(join(box.data, 'backup')), ['state.json']);
  assert.deepEqual(await next.stored('usb'), []);
  Object.assign(box, { backups: next });
  next.start();
  await box.pass(3 * 60_000);
  assert.equal((await next.stored('usb')).length, 1);
  await next.stop();
  assert.deepEqual(
    (await readdir(box.stick)).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('settings and people only', async (context) => {
  const box = await bench(context, { what: 'config' });
  const { name } = await box.backups.run('usb', 'config');
  assert.match(name, /-config\.age$/);
  const paths: string[] = [];
  await box.backups.fetch('usb', name, (content) =>
    extractFrom(
      restoreParts(box),
      content,
      'a long passphrase',
      (path) => paths.push(path) > 0,
      async (folder) => {
        assert.equal(await readFile(join(folder, 'config.json'), 'utf8'), '{}');
      },
    ),
  );
  assert.deepEqual(paths, ['config.json']);
});

test('without a passphrase there is no backup, and a schedule cannot be set', async (context) => {
  const box = await bench(context);
  box.settings = { ...box.settings, passphrase: '' };
  await assert.rejects(box.backups.run('usb', 'all'), { kind: 'settings', message: /passphrase/ });
  const reading = readConfig({ system: { backup: { schedule: 'daily' } } });
  assert.ok(reading.kind === 'invalid');
  assert.deepEqual(
    reading.problems.map(({ path }) => path),
    ['system.backup.passphrase'],
  );
});
