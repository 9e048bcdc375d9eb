import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../lib/manual-clock.ts';
import type { Privileged } from './privileged/operations.ts';
import { SshSwitch } from './ssh-switch.ts';

test('SSH goes off after its time, also when the machine was started again meanwhile', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-ssh-'));
  context.after(() => rm(folder, { recursive: true }));
  const clock = new ManualClock();
  const done: boolean[] = [];
  const run = async (_name: string, { on }: { on: boolean }) => {
    done.push(on);
    return {};
  };
  const made = () =>
    new SshSwitch({
      privileged: { isBox: true, run } as unknown as Privileged,
      clock,
      folder,
      settings: () => ({ keys: ['ssh-ed25519 AAAA'], onFor: 24 * 3_600_000 }),
      changed: () => {},
    });
  const first = made();
  await first.start();
  assert.deepEqual([done, first.state], [[], { until: undefined }]);
  const { until } = await first.set(true);
  assert.equal(until, clock.now() + 24 * 3_600_000);

  // Power cut: another program, the same folder.
  first.stop();
  const second = made();
  await second.start();
  assert.deepEqual([done, second.state], [[true, true], { until }]);
  second.stop();
  await clock.advance(25 * 3_600_000);
  const third = made();
  await third.start();
  assert.deepEqual([done, third.state], [[true, true, false], { until: undefined }]);
  await made().start();
  assert.equal(done.length, 3);
  assert.equal(clock.pending, 0);
});
