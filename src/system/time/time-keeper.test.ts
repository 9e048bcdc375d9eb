import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { Privileged } from '../privileged/operations.ts';
import { KissOfDeath } from './sntp-client.ts';
import { TimeKeeper } from './time-keeper.ts';

/** A box whose servers answer by script; what was done to its clock is in `done`. */
async function box(
  context: TestContext,
  options: { readonly isBox?: boolean; readonly servers?: readonly string[] } = {},
) {
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const folder = await mkdtemp(join(tmpdir(), 'caselli-time-'));
  const told: string[] = [];
  events.on((event) => told.push(event.name));
  const answers: { of: (server: string) => number | Error } = { of: () => new Error('no route') };
  const asked: string[] = [];
  const done: [string, number][] = [];
  const run = async (name: string, { byMs }: { byMs: number }) => {
    done.push([name, byMs]);
    return {};
  };
  const keeper = new TimeKeeper({
    privileged: { isBox: options.isBox ?? true, run } as unknown as Privileged,
    clock,
    events,
    servers: () => options.servers ?? ['a', 'b', 'c'],
    ask: async (server) => {
      asked.push(server);
      const answer = answers.of(server);
      if (answer instanceof Error) throw answer;
      return { offsetMs: answer, delayMs: 10, stratum: 2 };
    },
    clockFile: join(folder, 'clock'),
  });
  context.after(async () => {
    await keeper.stop();
    assert.equal(clock.pending, 0);
    await rm(folder, { recursive: true });
  });
  return { keeper, clock, told, answers, asked, done, file: join(folder, 'clock') };
}

test('the clock is guessed until a server answers; then it is set at once, and later only drawn along', async (context) => {
  const { keeper, clock, told, answers, done } = await box(context);
  assert.equal(keeper.state, 'guessed');
  keeper.start();
  await clock.advance(60_000);
  assert.equal(keeper.state, 'guessed');
  assert.match(keeper.status().problem, /^[abc]: no route$/);
  assert.deepEqual(done, []);
  answers.of = (server) => (server === 'b' ? 86_400_000 : 9_000);
  await clock.advance(60_000);
  assert.equal(keeper.state, 'trusted');
  assert.deepEqual(done, [['clock.step', 9_000]]);
  assert.deepEqual(told, ['clock.changed']);
  answers.of = () => 120.5;
  await clock.advance(1_100_000);
  assert.deepEqual(done.at(-1), ['clock.slew', 120.5]);
  answers.of = () => 1;
  await clock.advance(2_200_000);
  assert.equal(done.length, 2);
  assert.deepEqual(keeper.status().offsetMs, 1);
});

test('a clock that is trusted is set anew only when a second look says the same', async (context) => {
  const { keeper, clock, answers, done } = await box(context);
  answers.of = () => 0;
  keeper.start();
  await clock.advance(10);
  assert.equal(keeper.state, 'trusted');
  let strange = true;
  answers.of = () => (strange ? 3_600_000 : 0);
  await clock.advance(1024_000);
  strange = false;
  await clock.advance(20_000);
  assert.deepEqual(done, []);
  strange = true;
  await clock.advance(1024_000 + 20_000);
  assert.deepEqual(done, [['clock.step', 3_600_000]]);
});

test('a server that wants to be left alone is, for a day', async (context) => {
  const { keeper, clock, answers, asked } = await box(context);
  answers.of = (server) => (server === 'a' ? new KissOfDeath('DENY') : 0);
  keeper.start();
  await clock.advance(20 * 3_600_000);
  assert.equal(asked.filter((server) => server === 'a').length, 1);
  await clock.advance(5 * 3_600_000);
  assert.equal(asked.filter((server) => server === 'a').length, 2);
});

test('without servers the clock of the machine is trusted, and on a machine that is no box nothing is asked', async (context) => {
  const without = await box(context, { servers: [] });
  assert.equal(without.keeper.state, 'trusted');
  const machine = await box(context, { isBox: false });
  machine.keeper.start();
  await machine.clock.advance(3_600_000);
  assert.equal(machine.keeper.state, 'trusted');
  assert.deepEqual(machine.asked, []);
});

test('the time is left on the disk every ten minutes', async (context) => {
  const { keeper, clock, file } = await box(context);
  keeper.start();
  await clock.advance(600_000);
  await keeper.stop();
  assert.ok((await stat(file)).isFile());
});
