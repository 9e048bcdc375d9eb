import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cached } from './cached.ts';
import { ManualClock } from './manual-clock.ts';

test('an answer is shared by all who ask until it is too old', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const ask = cached(clock, 1000, async () => ++asked);
  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  await clock.advance(1000);
  assert.equal(await ask(), 1);
  await clock.advance(1);
  assert.equal(await ask(), 2);
});

test('a failure is told to those who waited for it, and remembered no longer', async () => {
  let asked = 0;
  const ask = cached(new ManualClock(), 1000, async () => {
    if (++asked === 1) throw new Error('not now');
    return asked;
  });
  const both = await Promise.allSettled([ask(), ask()]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(await ask(), 2);
});

test('an old question that fails late takes no newer answer away', async () => {
  const clock = new ManualClock();
  const first = Promise.withResolvers<string>();
  const answers = [first.promise, Promise.resolve('second'), Promise.resolve('third')];
  const ask = cached(clock, 1000, () => answers.shift()!);
  const late = assert.rejects(ask(), /too late/);
  await clock.advance(1001);
  assert.equal(await ask(), 'second');
  first.reject(new Error('too late'));
  await late;
  assert.equal(await ask(), 'second');
});
