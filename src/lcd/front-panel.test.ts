import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { FrontPanel } from './front-panel.ts';
import { type TestBox, testLine, testSources } from './test-sources.ts';

/** A server that answers as LCDd does and remembers the texts of the four rows. */
class FakeLcdd {
  readonly #server: Server;
  readonly #changes = new EventEmitter();
  readonly rows = ['', '', '', ''];
  /** Answers to `hello`. */
  greeting = 'connect LCDproc 0.5.9 protocol 0.3 lcd wid 20 hgt 4 cellwid 5 cellhgt 8\n';
  client: Socket | undefined;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(t: TestContext, port = 0): Promise<FakeLcdd> {
    const lcdd = new FakeLcdd();
    lcdd.#server.listen(port, '127.0.0.1');
    await once(lcdd.#server, 'listening');
    t.after(() => lcdd.stop());
    return lcdd;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.client?.destroy();
    await closed;
  }

  press(key: string): void {
    this.client?.write(`key ${key}\n`);
  }

  async shows(words: string): Promise<void> {
    while (!this.rows.join('\n').includes(words)) await once(this.#changes, 'change');
  }

  #serve(socket: Socket): void {
    this.client = socket;
    this.rows.fill('');
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk.toString('latin1')}`.split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const [, row, text] = /^widget_set caselli text(\d) 1 \d "(.*)"$/.exec(line) ?? [];
        if (row) this.rows[Number(row) - 1] = text!.trimEnd();
        socket.write(line === 'hello' ? this.greeting : 'success\n');
      }
      this.#changes.emit('change');
    });
  }
}

/** A clock that hands its timers to the test, which says when they are over. */
class HandClock implements Clock {
  #timers: { readonly delayMs: number; readonly run: () => void }[] = [];
  readonly #changes = new EventEmitter();

  now(): number {
    return 0;
  }

  timer(delayMs: number, run: () => void): { cancel(): void } {
    const timer = { delayMs, run };
    this.#timers.push(timer);
    this.#changes.emit('change');
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Waits for the next timer, lets its time be over. @returns how long that was */
  async over(): Promise<number> {
    while (this.#timers.length === 0) await once(this.#changes, 'change');
    const [timer] = this.#timers.splice(0, 1);
    timer!.run();
    return timer!.delayMs;
  }
}

/** Lets answers that were written cross the loopback, before time moves on past the limit for them. */
async function answered(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await clock.advance(0);
}

/** The time in which the last picture is drawn passes, too. */
async function stopped(panel: FrontPanel, clock: Clock): Promise<void> {
  const stopping = panel.stop();
  if (clock instanceof ManualClock) await clock.advance(5000);
  await stopping;
}

function openPanel(t: TestContext, port: number, clock: Clock, box: TestBox = {}) {
  const events = new EventBus(clock);
  const told: string[] = [];
  const changes = new EventEmitter();
  events.on(({ name, fields }) => {
    const text = 'reason' in fields ? ` ${fields.reason}` : 'error' in fields ? ` ${fields.error}` : '';
    told.push(`${name}${text}`);
    changes.emit('change');
  });
  const panel = new FrontPanel({
    ...testSources(box),
    config: { enabled: true, host: '127.0.0.1', port, menu: 'all' },
    events,
    clock,
  });
  t.after(() => stopped(panel, clock));
  panel.start();
  const hears = async (words: string): Promise<void> => {
    while (!told.some((line) => line.includes(words))) await once(changes, 'change');
  };
  return { panel, events, told, hears };
}

test('no LCDd: said once, looked for with growing waits; found, lost and looked for again', async (t) => {
  const first = await FakeLcdd.start(t);
  const { port } = first;
  await first.stop();
  const clock = new HandClock();
  const { told, hears } = openPanel(t, port, clock);
  await hears('lcd.absent');
  const waits: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) waits.push(await clock.over());
  assert.deepEqual(waits, [1000, 2000, 5000, 10_000, 10_000]);
  const second = await FakeLcdd.start(t, port);
  await clock.over();
  await second.shows('All is well');
  await second.stop();
  await hears('lcd.lost');
  assert.deepEqual(
    told.map((line) => line.split(' ')[0]),
    ['lcd.absent', 'lcd.connected', 'lcd.lost'],
  );
  assert.match(told[0]!, /ECONNREFUSED/);
});

test('a server that answers nothing, or without end, is left', async (t) => {
  for (const [greeting, words] of [
    ['', 'lcd.absent LCDd does not answer'],
    ['x'.repeat(2000), 'lcd.absent this is not LCDd: a line without end'],
  ] as const) {
    const lcdd = await FakeLcdd.start(t);
    lcdd.greeting = greeting;
    const clock = new HandClock();
    const { hears } = openPanel(t, lcdd.port, clock);
    if (greeting === '') assert.equal(await clock.over(), 10_000);
    await hears(words);
  }
});

test('what happens is shown soon; what changes without an event, a little later', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  const box: TestBox = {};
  const { events } = openPanel(t, lcdd.port, clock, box);
  await lcdd.shows('All is well');
  box.faults = ['The modem burns.'];
  events.emit('line.fault', { line: 'line1', reason: 'heat' });
  await clock.advance(250);
  await lcdd.shows('The modem burns.');
  box.faults = [];
  await clock.advance(10_000);
  await lcdd.shows('All is well');
});

test('several screens take turns, until somebody presses a key; a minute later nobody is there', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  openPanel(t, lcdd.port, clock, { faults: ['First.', 'Second.'] });
  await lcdd.shows('First.');
  await clock.advance(6000);
  await lcdd.shows('Second.');
  lcdd.press('Enter');
  await lcdd.shows('>Network');
  await answered(clock);
  await clock.advance(59_000);
  assert.equal(lcdd.rows[0], 'Menu');
  await clock.advance(2000);
  await lcdd.shows('Not well');
});

test('what the keys ask for is done, and said; refused, it is said why', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  const box: TestBox = { lines: [testLine()], asked: [] };
  openPanel(t, lcdd.port, clock, box);
  await lcdd.shows('All is well');
  lcdd.press('Enter');
  for (const _ of [1, 2]) lcdd.press('Down');
  await lcdd.shows('>Pause faxing');
  lcdd.press('Enter');
  await lcdd.shows('>No');
  lcdd.press('Down');
  await lcdd.shows('>Yes, pause');
  lcdd.press('Enter');
  await lcdd.shows('Faxes wait. Calls');
  lcdd.press('Enter');
  await lcdd.shows('>Resume faxing');
  box.refusal = new Error('the disk is full');
  lcdd.press('Enter');
  await lcdd.shows('Not done: the disk');
  assert.deepEqual(box.asked, ['pause', 'resume']);
});

test('that the picture changed is told once to those who asked for it, and to nobody else', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  const { panel, told } = openPanel(t, lcdd.port, clock, { lines: [testLine()] });
  assert.equal(panel.picture(), undefined);
  await lcdd.shows('All is well');
  const drawn = (): number => told.filter((line) => line === 'lcd.drawn').length;
  assert.equal(drawn(), 1);
  for (const words of ['Network', 'free', 'Today']) {
    lcdd.press('Up');
    await lcdd.shows(words);
  }
  assert.equal(drawn(), 1);
  assert.equal(panel.picture()?.frame.lines[0]?.trimEnd(), 'Today');
  assert.deepEqual(panel.picture()?.lights, ['green', 'off', 'off', 'off']);
  // The same picture again is nothing new.
  await clock.advance(2000);
  assert.equal(drawn(), 1);
  lcdd.press('Enter');
  await lcdd.shows('Menu');
  assert.equal(drawn(), 2);
  const gone = once(lcdd.client!, 'close');
  await lcdd.stop();
  await gone;
  await answered(clock);
  assert.equal(panel.picture(), undefined);
});

test('a line test that takes long is not begun twice, and its result disturbs nobody who walked on', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  const answer = Promise.withResolvers<string>();
  const box: TestBox = { lines: [testLine()], asked: [], tested: answer.promise };
  openPanel(t, lcdd.port, clock, box);
  await lcdd.shows('All is well');
  for (const key of ['Enter', 'Down', 'Enter']) lcdd.press(key);
  await lcdd.shows('Asking the modem.');
  lcdd.press('Escape');
  await lcdd.shows('>Line test');
  lcdd.press('Enter');
  await lcdd.shows('Something else is');
  lcdd.press('Enter');
  await lcdd.shows('>Line test');
  answer.resolve('The modem is ready.');
  await answered(clock);
  await lcdd.shows('>Line test');
  lcdd.press('Enter');
  await lcdd.shows('The modem is ready.');
  assert.deepEqual(box.asked, ['test line1', 'test line1']);
});

test('a box that cannot be read is told once, and shown when it can be read', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  const box: TestBox = { broken: new Error('no database') };
  const { told, hears } = openPanel(t, lcdd.port, clock, box);
  await hears('box.fault Error: no database');
  await clock.advance(60_000);
  assert.equal(told.filter((line) => line.startsWith('box.fault')).length, 1);
  delete box.broken;
  await clock.advance(10_000);
  await lcdd.shows('All is well');
});

test('stopping is said, keys change nothing then, and nothing is left behind', async (t) => {
  const lcdd = await FakeLcdd.start(t);
  const clock = new ManualClock();
  const { panel, events } = openPanel(t, lcdd.port, clock);
  await lcdd.shows('All is well');
  events.emit('box.stopping', { reason: 'SIGTERM' });
  await lcdd.shows('Caselli is stopping');
  lcdd.press('Enter');
  const gone = once(lcdd.client!, 'close');
  await stopped(panel, clock);
  await gone;
  assert.equal(lcdd.rows[0], 'Caselli is stopping');
  assert.equal(clock.pending, 0);
});
