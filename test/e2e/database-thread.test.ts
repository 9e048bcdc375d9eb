import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RunningBox } from './running-box.ts';

test('a program whose database thread has died ends with an error, so that it is started again', async (context) => {
  const hook = fileURLToPath(new URL('../support/end-database-thread.mjs', import.meta.url));
  const former = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = `--import=${hook}`;
  context.after(() => {
    if (former === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = former;
  });
  const box = await RunningBox.start(context);
  process.kill(box.pid, 'SIGUSR2');
  const fault = await box.event('box.fault', ({ where }) => where === 'database writer');
  assert.equal(fault.error, 'the database writer has ended');
  await assert.rejects(box.ended, /the box ended \(70\)/);
  // The data is free and whole.
  assert.deepEqual(await box.ask<object[]>('queue', 'list'), []);
});
