import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { RunningBox, testConfig } from './running-box.ts';

/** A supervisor starts again what ended; what neither serves nor ends, it cannot help. */

test('a box that cannot listen ends, and lets go of its data', async (context) => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  context.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const box = await RunningBox.start(context, testConfig());
  await box.kill('SIGKILL');
  const set = async (port: number): Promise<void> => {
    const { code, error } = await box.caselli('config', 'set', 'panel.http.port', String(port));
    assert.equal(code, 0, error);
  };
  await set(port);
  await assert.rejects(box.start(), /the box ended \(71\)[\s\S]*is in use by another program/);
  await set(0);
  await box.start();
});
