import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../lib/manual-clock.ts';
import { Pump } from './pump.ts';

test('work that throws is told of and tried again, by itself and when it is poked', async () => {
  const clock = new ManualClock();
  const failures: unknown[] = [];
  let tries = 0;
  const work = (): undefined => {
    tries++;
    if (tries < 3) throw new Error(`try ${tries}`);
  };
  const pump = new Pump(clock, work, (error) => failures.push(error));
  pump.start();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(tries, 1);
  pump.poke();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(tries, 2);
  await clock.advance(60_000);
  assert.equal(tries, 3);
  assert.deepEqual(failures.map(String), ['Error: try 1', 'Error: try 2']);
  assert.equal(clock.pending, 0);
  pump.stop();
});
