import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BoxEvent, EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { HealthCheck, type Probe, Shortage } from './health-check.ts';
import { answerProbe, dataProbe } from './probes.ts';
import { Watchdog } from './watchdog.ts';

async function temporary(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-health-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

function checked() {
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const told: BoxEvent[] = [];
  events.on((event) => told.push(event));
  const probes: Probe[] = [];
  const health = new HealthCheck({ clock, events, probes: () => probes });
  return { clock, told, probes, health };
}

const failing = (name: string, error: Error): Probe => ({
  name,
  run: async () => {
    throw error;
  },
});

test('the box is well when every probe is, short when something is used up, unwell otherwise', async () => {
  const { health, probes, told } = checked();
  probes.push({ name: 'a', run: async () => {} });
  assert.equal((await health.check()).state, 'well');
  assert.equal(told.length, 0);
  probes.push(failing('data', new Shortage('the disk is full')));
  assert.equal((await health.check()).state, 'short');
  probes.push(failing('SMTP', new Error('nobody answers')));
  const { state, reasons } = await health.check();
  assert.equal(state, 'unwell');
  assert.deepEqual(reasons, [
    { probe: 'data', reason: 'the disk is full' },
    { probe: 'SMTP', reason: 'nobody answers' },
  ]);
  await health.check();
  probes.length = 1;
  await health.check();
  const states = told.map((event) => event.name === 'health.changed' && event.fields.state);
  assert.deepEqual(states, ['short', 'unwell', 'well']);
});

test('a probe that hangs is unwell after its time, and looks do not pile up', async () => {
  const { health, probes, clock } = checked();
  let runs = 0;
  probes.push({ name: 'queue', run: () => new Promise(() => runs++) });
  const look = health.check();
  assert.equal(health.check(), look);
  await clock.advance(10_000);
  assert.deepEqual((await look).reasons, [{ probe: 'queue', reason: 'it: nothing within 10 s' }]);
  assert.equal(runs, 1);
});

test('looks follow each other until the stop', async () => {
  const { health, probes, clock } = checked();
  let runs = 0;
  probes.push({ name: 'a', run: async () => void runs++ });
  health.start(20_000);
  await clock.advance(100_000);
  assert.equal(runs, 5);
  health.stop();
  await clock.advance(100_000);
  assert.equal(runs, 5);
  assert.equal(clock.pending, 0);
});

test('the data folder is really written to; one that is gone is said', async (context) => {
  const folder = await temporary(context);
  await dataProbe(folder).run();
  await assert.rejects(dataProbe(join(folder, 'nowhere')).run(), /cannot be written/);
});

/** A server by script. @returns where it listens, and what it heard */
async function server(context: TestContext, serve: (socket: Socket) => void) {
  let heard = '';
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (data) => {
      heard += data;
    });
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  const { port } = listening.address() as AddressInfo;
  return { place: () => ({ address: '0.0.0.0', port }), heard: () => heard };
}

test('a server is well when it greets as its protocol says, and is left in order', async (context) => {
  const good = await server(context, (socket) => {
    socket.write('220 box ');
    socket.write('ESMTP\r\n');
    socket.on('data', () => socket.end('221 Bye\r\n'));
  });
  await answerProbe('SMTP', good.place, /^220[ -]/, { farewell: 'QUIT\r\n' }).run();
  assert.equal(good.heard(), 'QUIT\r\n');
  const busy = await server(context, (socket) => socket.end('421 too many\r\n'));
  await assert.rejects(answerProbe('SMTP', busy.place, /^220[ -]/).run(), /it answers "421 too many/);
  const web = await server(context, (socket) => socket.once('data', () => socket.end('HTTP/1.1 308 Moved\r\n\r\n')));
  await answerProbe('panel', web.place, /^HTTP\/1\.1 \d/, { hello: 'GET / HTTP/1.1\r\n\r\n' }).run();
  assert.match(web.heard(), /^GET/);
  await answerProbe('off', () => undefined, /x/).run();
  const chatter = await server(context, (socket) => void socket.write('x'.repeat(100_000)));
  await assert.rejects(answerProbe('SMTP', chatter.place, /^220/).run(), /it answers/);
});

test('a server that is not there is said', async () => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  await assert.rejects(
    answerProbe('IMAP', () => ({ address: '127.0.0.1', port }), /x/).run(),
    /nobody answers on port/,
  );
});

test('the watchdog is fed while all is well, not else, and is told good-bye at a stop', async (context) => {
  const device = join(await temporary(context), 'watchdog');
  await writeFile(device, '');
  const clock = new ManualClock();
  let well = false;
  const watchdog = new Watchdog({ clock, well: () => well, device });
  watchdog.start();
  await clock.advance(60_000);
  assert.equal(watchdog.active, false);
  well = true;
  await clock.advance(30_000);
  well = false;
  await clock.advance(60_000);
  await watchdog.stop();
  assert.equal(await readFile(device, 'utf8'), '...V');
  assert.equal(clock.pending, 0);
});

test('a machine without a watchdog is served all the same', async (context) => {
  const clock = new ManualClock();
  const watchdog = new Watchdog({ clock, well: () => true, device: join(await temporary(context), 'none') });
  watchdog.start();
  await clock.advance(60_000);
  assert.equal(watchdog.active, false);
  await watchdog.stop();
});
