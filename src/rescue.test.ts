import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { get as getSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from './lib/manual-clock.ts';
import { openRescue, rescueReason } from './rescue.ts';
import { openPrivileged } from './system/privileged/client.ts';

test('data that can be written needs no rescue; data that is not there does', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-rescue-'));
  context.after(() => rm(folder, { recursive: true }));
  assert.equal(await rescueReason(folder), undefined);
  assert.match((await rescueReason(join(folder, 'none')))!, /cannot be written/);
  // Nobody can write there, not even root.
  assert.match((await rescueReason('/proc'))!, /^the disk /);
});

test('the rescue page says what is wrong on both ports, and that the box is not ready', async () => {
  const clock = new ManualClock(Date.now());
  const rescue = await openRescue({
    reason: 'the disk can be read only',
    version: '1.2.3',
    clock,
    facts: undefined,
    privileged: openPrivileged({ isBox: false, clock }),
    at: { address: '127.0.0.1', http: 0, https: 0 },
  });
  const { http, https } = rescue.ports;
  for (const asked of [
    get({ port: http, host: '127.0.0.1', path: '/anything?x=<script>' }),
    getSecure({ port: https, host: '127.0.0.1', rejectUnauthorized: false }),
  ]) {
    const [response] = await once(asked, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    assert.equal(response.statusCode, 503);
    assert.match(text, /The data of this box cannot be used: the disk can be read only\./);
    assert.doesNotMatch(text, /<script>/);
  }
  const [ready] = await once(get({ port: http, host: '127.0.0.1', path: '/ready' }), 'response');
  let word = '';
  for await (const chunk of ready) word += chunk;
  assert.deepEqual([ready.statusCode, word], [503, 'unwell\n']);
  await rescue.stop();
  assert.equal(clock.pending, 0);
});
