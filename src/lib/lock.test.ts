import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdLock, waitForLock } from './lock.ts';
import { ManualClock } from './manual-clock.ts';

test('a lock is held against other processes, and free when its holder is killed', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-lock-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'lock');
  const script = `const { holdLock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    console.log(holdLock(${JSON.stringify(path)}) ? 'held' : 'refused'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  assert.equal(String(said).trim(), 'held');
  assert.equal(holdLock(path), undefined);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const release = holdLock(path);
  assert.ok(release);
  release();
});

test('a lock that is held is waited for, and not for ever', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-lock-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'lock');
  const clock = new ManualClock();
  const release = holdLock(path);
  assert.ok(release);
  const impatient = waitForLock(path, clock, 1000);
  const patient = waitForLock(path, clock, 60_000);
  await clock.advance(1000);
  assert.equal(await impatient, undefined);
  release();
  await clock.advance(1000);
  const own = await patient;
  assert.ok(own);
  assert.equal(holdLock(path), undefined);
  own();
  assert.equal(clock.pending, 0);
});
