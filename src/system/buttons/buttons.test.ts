import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BoxEvent, EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { type Privileged, PrivilegedError } from '../privileged/operations.ts';
import { runProgram } from '../privileged/run-program.ts';
import { Buttons } from './buttons.ts';
import { inputTypes, synDropped } from './input-events.ts';
import { record } from './test-records.ts';

/** Input devices are named pipes here: they wait for octets as those do, and end when the other side goes away. */

const power = { input: 'Power Button', key: 'KEY_POWER', does: 'shut-down', holdSeconds: 0 };
const reset = { input: 'apu2-keys', key: 'KEY_RESTART', does: 'factory-reset', holdSeconds: 10 };
const keyPower = 116;
const keyRestart = 408;

function key(code: number, value: number): Buffer {
  return Buffer.concat([record({ type: inputTypes.EV_KEY, code, value }), record({ type: 0, code: 0, value: 0 })]);
}

class Bench {
  readonly folder: string;
  readonly clock = new ManualClock();
  /** Delays of all timers that were set. */
  readonly delays: number[] = [];
  readonly events = new EventBus(this.clock);
  readonly seen: BoxEvent[] = [];
  readonly asked: string[] = [];
  buttons!: Buttons;
  refuses = false;
  #changed = Promise.withResolvers<void>();

  constructor(folder: string) {
    this.folder = folder;
    this.events.on((event) => {
      this.seen.push(event);
      this.#changed.resolve();
    });
  }

  static async start(context: TestContext, board: object, before?: (bench: Bench) => Promise<unknown>): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), 'caselli-buttons-')));
    context.after(async () => {
      await bench.buttons.stop();
      await rm(bench.folder, { recursive: true, force: true });
    });
    await writeFile(join(bench.folder, 'board.json'), JSON.stringify(board));
    await before?.(bench);
    const run = async (operation: string): Promise<object> => {
      bench.asked.push(operation);
      if (bench.refuses) throw new PrivilegedError('failed', 'the helper does not answer');
      return {};
    };
    bench.buttons = new Buttons({
      privileged: { isBox: true, run } as unknown as Privileged,
      clock: {
        now: () => bench.clock.now(),
        timer: (delayMs, run) => {
          bench.delays.push(delayMs);
          return bench.clock.timer(delayMs, run);
        },
      },
      events: bench.events,
      boardFile: join(bench.folder, 'board.json'),
      input: { nodes: join(bench.folder, 'nodes'), facts: join(bench.folder, 'facts') },
    });
    bench.buttons.start();
    return bench;
  }

  makeFolder(): Promise<unknown> {
    return mkdir(join(this.folder, 'nodes'), { recursive: true });
  }

  /** As the kernel does: its facts first, then the node. @returns the other side, opened without waiting for a reader */
  async plug(node: string, name: string): Promise<FileHandle> {
    await mkdir(join(this.folder, 'facts', node, 'device'), { recursive: true });
    await writeFile(join(this.folder, 'facts', node, 'device/name'), `${name}\n`);
    const path = join(this.folder, 'nodes', node);
    await runProgram('mkfifo', [path]);
    return open(path, constants.O_RDWR);
  }

  /** Until an event has this name for the `count`th time. */
  async saw(name: BoxEvent['name'], count = 1): Promise<void> {
    while (this.seen.filter((event) => event.name === name).length < count) {
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
  }

  /** Until so many timers wait: what was pressed or let go has come through. */
  timers(count: number): Promise<void> {
    return this.#until(() => this.clock.pending === count);
  }

  /** Until it was decided, for the `count`th time, to look again later: no device is there, or one went away. */
  looksLater(count: number): Promise<void> {
    return this.#until(() => this.delays.filter((delayMs) => delayMs === 30_000).length === count);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('the power button switches the machine off, once, by the helper', async (context) => {
  const bench = await Bench.start(context, { buttons: [power] }, (made) => made.makeFolder());
  // Others have keys as well: a keyboard's power key is not the box's.
  const keyboard = await bench.plug('event0', 'AT Translated Set 2 keyboard');
  const device = await bench.plug('event1', 'Power Button');
  await device.write(Buffer.concat([key(30, 1), key(keyPower, 1), key(keyPower, 0), key(keyPower, 1)]));
  await bench.saw('button.pressed');
  assert.deepEqual(bench.seen.at(-1)?.fields, { button: 'Power Button', does: 'shut-down' });
  await keyboard.write(key(keyPower, 1));
  await bench.buttons.stop();
  assert.deepEqual(bench.asked, ['power.off']);
  assert.equal(bench.seen.length, 1);
  await keyboard.close();
  await device.close();
});

test('a button that was refused may be pressed again', async (context) => {
  const bench = await Bench.start(context, { buttons: [power] }, (made) => made.makeFolder());
  bench.refuses = true;
  const device = await bench.plug('event7', 'Power Button');
  for (const count of [1, 2]) {
    await device.write(Buffer.concat([key(keyPower, 1), key(keyPower, 0)]));
    await bench.saw('box.fault', count);
  }
  assert.deepEqual(bench.asked, ['power.off', 'power.off']);
  await device.close();
});

test('a button to be held erases the data when it was, not before; repeats, lost records and a lost device count as let go', async (context) => {
  const bench = await Bench.start(context, { buttons: [reset] }, (made) => made.makeFolder());
  const device = await bench.plug('event2', 'apu2-keys');
  // It was held already when the program came: nobody knows since when, or what for.
  await device.write(Buffer.concat([key(keyRestart, 2), key(keyRestart, 0), key(keyRestart, 1)]));
  await bench.timers(1);
  await bench.clock.advance(9_000);
  await device.write(key(keyRestart, 0));
  await bench.timers(0);
  await device.write(key(keyRestart, 1));
  await bench.timers(1);
  await bench.clock.advance(9_000);
  await device.write(Buffer.concat([key(keyRestart, 2), record({ type: 0, code: synDropped, value: 0 })]));
  await bench.timers(0);
  assert.deepEqual(bench.asked, []);
  await device.write(key(keyRestart, 1));
  await bench.timers(1);
  await bench.clock.advance(10_000);
  await bench.saw('button.pressed');
  assert.deepEqual(bench.seen.at(-1)?.fields, { button: 'apu2-keys', does: 'factory-reset' });
  assert.deepEqual(bench.asked, ['factory.reset']);
  await device.close();
});

test('a device that goes away is let go, and found again when it comes back', async (context) => {
  // There is no folder yet either.
  const bench = await Bench.start(context, { buttons: [reset] });
  await bench.looksLater(1);
  await bench.makeFolder();
  await bench.clock.advance(30_000);
  const first = await bench.plug('event3', 'apu2-keys');
  await first.write(key(keyRestart, 1));
  await bench.timers(1);
  await bench.clock.advance(9_000);
  await rm(join(bench.folder, 'nodes/event3'));
  await first.close();
  await bench.looksLater(2);
  await bench.clock.advance(60_000);
  assert.deepEqual(bench.asked, []);
  const second = await bench.plug('event3', 'apu2-keys');
  await second.write(key(keyRestart, 1));
  await bench.timers(1);
  await bench.clock.advance(10_000);
  await bench.saw('button.pressed');
  assert.deepEqual(bench.asked, ['factory.reset']);
  await second.close();
});

test('a board whose buttons are not understood says so, and the box goes on', async (context) => {
  for (const board of [{}, { buttons: [{ ...power, key: 'KEY_X' }] }, { buttons: [{ ...power, does: 'dance' }] }]) {
    const bench = await Bench.start(context, board);
    await bench.saw('box.fault');
    assert.partialDeepStrictEqual(bench.seen[0], { fields: { where: 'buttons' } });
  }
});

test('a board without buttons watches nothing; a machine that is no box reads nothing', async (context) => {
  const bench = await Bench.start(context, { buttons: [] });
  await bench.buttons.stop();
  const privileged = { isBox: false } as unknown as Privileged;
  const { clock, events } = bench;
  const elsewhere = new Buttons({ privileged, clock, events, boardFile: join(bench.folder, 'none') });
  elsewhere.start();
  await elsewhere.stop();
  assert.equal(clock.pending, 0);
  assert.deepEqual(bench.seen, []);
});
