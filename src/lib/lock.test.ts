import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdLock } from './lock.ts';

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
