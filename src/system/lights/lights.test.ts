import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { boards } from '../../../hw/boards/index.ts';
import { EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { lightOperations } from '../privileged/light-operations.ts';
import type { Privileged } from '../privileged/operations.ts';
import { Lights } from './lights.ts';

/** A folder stands for the kernel's lights, with those of the APU: three of the case and one that is not ours. */
class Case {
  readonly clock = new ManualClock();
  readonly events = new EventBus(this.clock);
  readonly faults: string[] = [];
  signs = { busy: false, fault: false };
  asked = 0;
  readonly folder: string;
  readonly lights: Lights;

  private constructor(folder: string, isBox: boolean) {
    this.folder = folder;
    this.events.on(({ name, fields }) => {
      if (name === 'box.fault') this.faults.push((fields as { error: string }).error);
    });
    const { 'lights.show': show } = lightOperations({ board: join(folder, 'board.json'), leds: folder });
    const run = async (_name: string, parameters: Parameters<typeof show>[0]): Promise<object> => {
      this.asked++;
      return show(parameters, undefined as never);
    };
    this.lights = new Lights({
      privileged: { isBox, run } as unknown as Privileged,
      clock: this.clock,
      events: this.events,
      boardFile: join(folder, 'board.json'),
      signs: async () => this.signs,
    });
  }

  static async open(t: TestContext, board: object = boards['pcengines-apu']!, isBox = true): Promise<Case> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-lights-'));
    for (const name of ['apu:green:1', 'apu:green:2', 'apu:green:3', 'mmc0::']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'trigger'), 'none [disk-activity] timer\n');
      await writeFile(join(folder, name, 'max_brightness'), '255\n');
      await writeFile(join(folder, name, 'brightness'), '7');
    }
    await writeFile(join(folder, 'board.json'), JSON.stringify(board));
    const made = new Case(folder, isBox);
    t.after(async () => {
      await made.lights.stop();
      await rm(folder, { recursive: true });
    });
    made.lights.start();
    return made;
  }

  async brightness(name: string): Promise<string> {
    return (await readFile(join(this.folder, name, 'brightness'), 'utf8')).trim();
  }

  /** Until the lights of the case are so. */
  async shows(...wanted: string[]): Promise<void> {
    for (const [index, one] of wanted.entries())
      while ((await this.brightness(`apu:green:${index + 1}`)) !== one) await new Promise(setImmediate);
  }

  /** Until a look is over, which lets the clock go on to the next one. */
  async looked(): Promise<void> {
    while (this.clock.pending === 0) await new Promise(setImmediate);
  }
}

test('the lights of the board show that the box runs, that a fax crosses, that something is wrong; no other light is touched', async (t) => {
  const one = await Case.open(t);
  await one.shows('255', '0', '0');
  await one.looked();
  assert.equal(await readFile(join(one.folder, 'apu:green:1', 'trigger'), 'utf8'), 'none');
  one.signs = { busy: true, fault: false };
  one.events.emit('line.state', { line: 'line1', state: 'sending', number: '5551234', page: 1, pages: 2 });
  await one.clock.advance(1000);
  await one.shows('255', '255', '0');
  await one.looked();
  // Without an event as well, a little later; both at a time.
  one.signs = { busy: true, fault: true };
  await one.clock.advance(60_000);
  await one.shows('255', '255', '255');
  await one.looked();
  assert.equal(one.asked, 3);
  // Nothing new is nothing to do, for the helper costs a process.
  await one.clock.advance(60_000);
  await one.looked();
  assert.equal(one.asked, 3);
  assert.equal(await one.brightness('mmc0::'), '7');
  assert.deepEqual(one.faults, []);
});

test('a light that is not there is told once, the others are shown; it is tried again', async (t) => {
  const one = await Case.open(t);
  await one.looked();
  await rm(join(one.folder, 'apu:green:1'), { recursive: true });
  one.signs = { busy: false, fault: true };
  for (let minute = 0; minute < 3; minute++) {
    await one.clock.advance(60_000);
    await one.looked();
  }
  assert.equal(await one.brightness('apu:green:3'), '255');
  assert.deepEqual(one.faults, ['Lights that cannot be set: apu:green:1.']);
  assert.equal(one.asked, 4);
});

test('a stopping box asks nothing any more', async (t) => {
  const one = await Case.open(t);
  await one.looked();
  one.events.emit('box.stopping', { reason: 'SIGTERM' });
  one.signs = { busy: true, fault: true };
  await one.clock.advance(120_000);
  await one.lights.stop();
  assert.equal(one.asked, 1);
  assert.equal(one.clock.pending, 0);
});

test('a board without lights, and a machine that is no box, have none; a board that is not understood says so', async (t) => {
  for (const [board, isBox, faults] of [
    [boards['qemu-x86_64']!, true, 0],
    [boards['pcengines-apu']!, false, 0],
    [{ lights: [{ name: 'apu:green:1', shows: 'mood' }] }, true, 1],
    [{}, true, 1],
  ] as const) {
    const one = await Case.open(t, board, isBox);
    await one.lights.stop();
    assert.deepEqual([one.asked, one.faults.length], [0, faults]);
  }
});
