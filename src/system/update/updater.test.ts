import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BoxEvent, EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { BoxFacts } from '../box.ts';
import { type OperationName, type Privileged, PrivilegedError } from '../privileged/operations.ts';
import { trialMs } from '../slots/confirmation.ts';
import { blockBytes } from './bundle-format.ts';
import { inPieces, testBundle, testKeys, testSystem } from './test-bundle.ts';
import { UpdateError } from './update-error.ts';
import { SourceError } from './update-source.ts';
import { Updater, type UpdaterParts, type UpdateSettings } from './updater.ts';

const system = testSystem(blockBytes + 10, 5);
const facts: BoxFacts = {
  product: 'caselli',
  board: 'qemu-x86_64',
  version: '1.3.0',
  builtAt: '2026-01-01T00:00:00.000Z',
  developmentKey: false,
  slot: 'A',
  rescue: false,
};
const newer: BoxFacts = { ...facts, version: '1.4.0', slot: 'B' };
const index = 'https://updates.test/caselli/index.json';
const hourMs = 3_600_000;

/** A box without a helper: what is asked of it is written down. */
class Office {
  readonly folder: string;
  readonly clock = new ManualClock(Date.UTC(2026, 0, 5, 12));
  readonly events = new EventBus(this.clock);
  readonly heard: BoxEvent[] = [];
  readonly asked: string[] = [];
  readonly received: Buffer[] = [];
  /** Files of the stick that were open when it was unmounted. */
  readonly openFiles: string[] = [];
  readonly answers: Record<string, Response> = {};
  settings: UpdateSettings = { url: '', check: 'off', install: false, hour: 3, zone: 'UTC' };
  well = true;
  box: BoxFacts | undefined = facts;
  bootId = 'one';
  slotsRead = { order: ['A' as const], slots: [], damaged: false };
  /** What the helper answers to an update once it has it all. */
  refusal: Error | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.events.on((event) => void this.heard.push(event));
  }

  static async open(context: TestContext): Promise<Office> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-update-'));
    context.after(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'keys'));
    const key = testKeys.publicKey.export({ type: 'spki', format: 'pem' });
    await writeFile(join(folder, 'keys/release.pem'), key);
    return new Office(folder);
  }

  updater(): Promise<Updater> {
    const parts: UpdaterParts = {
      privileged: this.#privileged(),
      settings: () => this.settings,
      clock: this.clock,
      events: this.events,
      random: () => 0.5,
      folder: this.folder,
      isWell: () => this.well,
      box: this.box,
      keys: join(this.folder, 'keys'),
      bootId: this.bootId,
      fetch: async (url) => {
        this.asked.push(`fetch ${url}`);
        const answer = this.answers[String(url)];
        if (!answer)
          throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) });
        return answer.clone();
      },
    };
    return Updater.open(parts);
  }

  offer(version: string, octets = testBundle(system, { version })): void {
    const url = `caselli-${version}.cas`;
    const offers = [
      { board: 'qemu-x86_64', version: '1.2.0', url: 'old.cas' },
      { board: 'rpi5', version: '9.0.0', url: 'other.cas' },
      { board: 'qemu-x86_64', version, url, notes: 'New.' },
    ];
    this.answers[index] = Response.json({ updates: offers });
    this.answers[`https://updates.test/caselli/${url}`] = new Response(octets);
  }

  names(prefix: string): string[] {
    return this.heard.map(({ name }) => name).filter((name) => name.startsWith(prefix) && name !== 'update.progress');
  }

  async record() {
    return JSON.parse(await readFile(join(this.folder, 'update.json'), 'utf8'));
  }

  #privileged(): Privileged {
    const run = async (name: OperationName, _parameters: object, streams?: { input?: AsyncIterable<Uint8Array> }) => {
      if (!this.box) throw new PrivilegedError('no-box', `This machine is no Caselli box: here it would ${name}.`);
      this.asked.push(name);
      if (name === 'update.install') {
        const chunks: Uint8Array[] = [];
        for await (const chunk of streams!.input!) chunks.push(chunk);
        this.received.push(Buffer.concat(chunks));
        if (this.refusal) throw this.refusal;
        return { version: '', slot: 'B' };
      }
      if (name === 'storage.list') {
        return { partitions: [{ name: 'sda1', label: '', fileSystem: 'vfat', sizeBytes: 1, model: '' }] };
      }
      if (name === 'storage.unmount') this.openFiles.push(...(await openFilesBelow(join(this.folder, 'stick'))));
      if (name === 'storage.mount') return { folder: join(this.folder, 'stick') };
      if (name === 'slots.read') return this.slotsRead;
      return {};
    };
    return { isBox: this.box !== undefined, run: run as Privileged['run'] };
  }
}

test('an update from a file reaches the helper octet for octet; progress and end are told', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  const bundle = testBundle(system);
  const done = await updater.install(inPieces(bundle), { allowDowngrade: false });
  assert.deepEqual([done.slot, done.signer, done.manifest.version], ['B', 'release', '1.4.0']);
  assert.ok(office.received[0]!.equals(bundle));
  const progress = office.heard.flatMap((event) => (event.name === 'update.progress' ? [event.fields] : []));
  assert.deepEqual(
    [progress[0], ...progress.slice(-2)].map((one) => [one?.step, one?.bytes]),
    [
      ['writing', 0],
      ['writing', system.length],
      ['checking', system.length],
    ],
  );
  assert.ok(progress.length <= 2 + Math.ceil(system.length / blockBytes));
  assert.deepEqual(office.names('update'), ['update.installed']);
  assert.equal(updater.state.last?.result, 'installed');
  assert.equal(updater.state.progress, undefined);
});

test('what cannot be installed is refused before the helper is asked', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  const refused = (octets: Uint8Array) => updater.install(inPieces(octets), { allowDowngrade: false });
  await assert.rejects(refused(testBundle(system, { board: 'rpi4' })), UpdateError);
  await assert.rejects(refused(testBundle(system, { version: '1.0.0' })), /older than 1\.3\.0/);
  await assert.rejects(refused(Buffer.from('x')), /no Caselli update/);
  assert.deepEqual(office.asked, []);
  await updater.install(inPieces(testBundle(system, { version: '1.0.0' })), { allowDowngrade: true });
});

test('a bundle that breaks off, and a helper that refuses, are told and written down', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  const bundle = testBundle(system);
  await assert.rejects(updater.install(inPieces(bundle.subarray(0, -5)), { allowDowngrade: false }), /ends too early/);
  assert.equal(updater.state.last?.result, 'failed');
  office.refusal = new PrivilegedError('failed', 'The disk is at its end.');
  await assert.rejects(updater.install(inPieces(bundle), { allowDowngrade: false }), /disk is at its end/);
  assert.equal((await office.record()).last.reason, 'The disk is at its end.');
  assert.deepEqual(office.names('update'), ['update.failed', 'update.failed']);
});

test('one update at a time', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  const first = updater.install(inPieces(testBundle(system)), { allowDowngrade: false });
  await assert.rejects(updater.install(inPieces(testBundle(system)), { allowDowngrade: false }), /installed already/);
  await first;
});

test('on a machine that is no box a bundle is read whole, and nothing else is done', async (context) => {
  const office = await Office.open(context);
  office.box = undefined;
  const updater = await office.updater();
  updater.start();
  const done = await updater.install(inPieces(testBundle(system)), { allowDowngrade: false });
  assert.deepEqual([done.slot, done.signer], [undefined, 'release']);
  await assert.rejects(
    updater.install(inPieces(testBundle(system).subarray(0, -1)), { allowDowngrade: false }),
    UpdateError,
  );
  office.settings = { ...office.settings, url: index };
  const noBox = (error: PrivilegedError) => error.kind === 'no-box';
  await assert.rejects(updater.installFromUrl({ allowDowngrade: false }), noBox);
  await assert.rejects(updater.installFromStick({ allowDowngrade: false }), noBox);
  await assert.rejects(updater.check(), noBox);
  assert.equal(office.clock.pending, 0);
});

test('the newest signed update for this board on a stick is installed, and the stick unmounted', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  const stick = join(office.folder, 'stick');
  await mkdir(stick);
  await assert.rejects(updater.installFromStick({ allowDowngrade: false }), /no update \(a file that ends in \.cas\)/);
  await writeFile(join(stick, '._new.cas'), 'from a Mac');
  await writeFile(join(stick, 'broken.cas'), 'x');
  await assert.rejects(updater.installFromStick({ allowDowngrade: false }), /no Caselli update/);
  await writeFile(join(stick, 'a.CAS'), testBundle(system, { version: '1.5.0' }));
  await writeFile(join(stick, 'b.cas'), testBundle(system, { version: '1.4.0' }));
  await writeFile(join(stick, 'c.cas'), testBundle(system, { version: '9.0.0', board: 'rpi5' }));
  const { manifest } = await updater.installFromStick({ allowDowngrade: false });
  assert.equal(manifest.version, '1.5.0');
  assert.equal(office.asked.at(-1), 'storage.unmount');

  await rm(join(stick, 'a.CAS'));
  await writeFile(join(stick, 'b.cas'), testBundle(system, { version: '1.0.0' }));
  await assert.rejects(updater.installFromStick({ allowDowngrade: false }), /older than/);
  assert.equal(office.asked.at(-1), 'storage.unmount');
  assert.deepEqual(office.openFiles, []);
});

test('looked for daily, told once, installed at its hour, then the box starts again', async (context) => {
  const office = await Office.open(context);
  office.settings = { ...office.settings, url: index, check: 'daily' };
  office.offer('1.4.0');
  const updater = await office.updater();
  updater.start();
  await until(office, () => office.names('update').length > 0);
  assert.deepEqual(office.names('update'), ['update.found']);
  assert.deepEqual([updater.state.found?.version, updater.state.found?.notes], ['1.4.0', 'New.']);
  const end = office.clock.now() + 47 * hourMs;
  await until(office, () => office.clock.now() >= end);
  assert.deepEqual(office.names('update'), ['update.found']);
  assert.deepEqual(office.asked.filter((one) => one.startsWith('fetch')).length, 2);
  assert.ok(!office.asked.includes('reboot'));

  office.settings = { ...office.settings, install: true };
  updater.reconfigure();
  await until(office, () => office.asked.includes('reboot'));
  assert.equal(new Date(office.clock.now()).getUTCHours(), 3);
  assert.deepEqual(office.names('update'), ['update.found', 'update.installed']);
  await updater.stop();
});

test('an update that did not come up is told, and not installed again by itself', async (context) => {
  const office = await Office.open(context);
  office.settings = { ...office.settings, url: index, check: 'daily', install: true };
  office.offer('1.4.0');
  const before = await office.updater();
  await before.installFromUrl({ allowDowngrade: false });
  office.bootId = 'two';
  const updater = await office.updater();
  updater.start();
  const told = office.heard.find(({ name }) => name === 'update.rolled-back');
  assert.deepEqual(told?.fields, { version: '1.4.0', running: '1.3.0' });
  const end = office.clock.now() + 72 * hourMs;
  await until(office, () => office.clock.now() >= end);
  assert.equal(office.received.length, 1);
  await updater.stop();

  const again = await office.updater();
  again.start();
  assert.equal(office.names('update.rolled-back').length, 1, 'told once');
  await again.stop();
});

test('a system on trial is confirmed after three minutes of health; one that was confirmed at once', async (context) => {
  const office = await Office.open(context);
  await (await office.updater()).install(inPieces(testBundle(system)), { allowDowngrade: false });
  office.box = newer;
  office.bootId = 'two';
  await mkdir(join(office.folder, 'before-update'));
  office.well = false;
  const updater = await office.updater();
  updater.start();
  await office.clock.advance(trialMs);
  assert.ok(!office.asked.includes('slots.confirm'));
  office.well = true;
  await until(office, () => updater.state.confirmed);
  assert.deepEqual(office.names('update'), ['update.installed', 'update.confirmed']);
  assert.equal((await office.record()).last.result, 'confirmed');
  await assert.rejects(readFile(join(office.folder, 'before-update')), { code: 'ENOENT' });
  await updater.stop();

  office.asked.length = 0;
  const next = await office.updater();
  next.start();
  await until(office, () => next.state.confirmed);
  assert.deepEqual(office.asked, ['slots.confirm']);
  assert.equal(office.names('update.confirmed').length, 1);
  await next.stop();
});

test('an address without an answer, or with another one than a list, is said', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  await assert.rejects(updater.check(), /caselli config set system\.update\.url/);
  office.settings = { ...office.settings, url: index };
  await assert.rejects(updater.check(), /cannot be read: ENOTFOUND/);
  assert.match(updater.state.checkProblem, /ENOTFOUND/);
  const wrong = [new Response('<html>'), new Response('{}'), new Response('', { status: 404 }), new Response('')];
  for (const answer of wrong) {
    office.answers[index] = answer;
    await assert.rejects(updater.check(), SourceError);
  }
  office.answers[index] = new Response('x'.repeat(5 * 1024 * 1024));
  await assert.rejects(updater.check(), /no list of updates/);
  office.answers[index] = Response.json({
    updates: [{ board: 'qemu-x86_64', version: '2.0.0', url: 'file:///etc/passwd' }],
  });
  await assert.rejects(updater.installFromUrl({ allowDowngrade: false }), /no http or https address/);
});

test('an address that answers with nothing for ever is left', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  office.settings = { ...office.settings, url: index };
  office.answers[index] = new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  const check = assert.rejects(updater.check(), /nothing within 60 s/);
  await office.clock.advance(60_000);
  await check;
});

test('an address may be that of the bundle itself', async (context) => {
  const office = await Office.open(context);
  const updater = await office.updater();
  office.settings = { ...office.settings, url: 'http://updates.test/caselli.cas' };
  office.answers['http://updates.test/caselli.cas'] = new Response(testBundle(system, { version: '1.3.0' }));
  assert.equal(await updater.check(), undefined);
  office.answers['http://updates.test/caselli.cas'] = new Response(testBundle(system));
  assert.equal((await updater.check())?.version, '1.4.0');
  await updater.installFromUrl({ allowDowngrade: false });
  assert.ok(office.received[0]!.equals(testBundle(system)));
});

test('a memory that is damaged is begun anew', async (context) => {
  const office = await Office.open(context);
  for (const text of ['', '{', '[]', '{"last":{"to":7},"checkedAt":3}']) {
    await writeFile(join(office.folder, 'update.json'), text);
    const { state } = await office.updater();
    assert.deepEqual([state.last, state.found, state.checkedAt], [undefined, undefined, '']);
  }
});

async function openFilesBelow(folder: string): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd');
  const files = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')));
  return files.filter((file) => file.startsWith(`${folder}/`));
}

/** Moves time until something holds; no faster than what was begun ends, since files are written in real time. */
async function until(office: Office, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await office.clock.advance(60_000);
    await idle(office);
  }
}

/** What is due once in five minutes has no timer while it runs. */
async function idle(office: Office): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (office.clock.pending === 0);
}
