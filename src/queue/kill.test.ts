import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { turn } from './test-queue.ts';

/** The real thing: a process with a busy queue is killed with -9 again and again, on the same folder. */

const program = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
const start = (folder: string, log: string, mode: string): ChildProcess =>
  spawn(process.execPath, [program, folder, log, mode], { stdio: ['ignore', 'pipe', 'inherit'] });

test('kill -9 in the middle of it, five times: all that was accepted is delivered, nothing after its result', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-kill-'));
  const log = join(folder, 'log');
  for (let round = 1; round <= 5; round++) {
    const child = start(join(folder, 'queue'), log, 'run');
    const exit = once(child, 'exit');
    await once(child.stdout!, 'data');
    // Killed by progress, not by time: each round at another point of the work.
    const enough = sizeOf(log) + 2000 * round;
    while (sizeOf(log) < enough && child.exitCode === null) await turn();
    child.kill('SIGKILL');
    assert.deepEqual(await exit, [null, 'SIGKILL']);
  }
  const last = start(join(folder, 'queue'), log, 'finish');
  assert.deepEqual(await once(last, 'exit'), [0, null]);
  check(readFileSync(log, 'utf8').trimEnd().split('\n'));
  assert.ok(
    globSync('queue/spool/*/*', { cwd: folder }).length <= 5 * 8,
    'only what was being written at a kill is left',
  );
  await rm(folder, { recursive: true });
});

function check(lines: readonly string[]): void {
  const accepted: string[] = [];
  const recorded = new Set<string>();
  const begun = new Map<string, number>();
  const reports = new Map<string, string>();
  for (const line of lines) {
    const [what, one = '', two = ''] = line.split(' ');
    assert.notEqual(what, 'fault', line);
    if (what === 'accepted') accepted.push(one);
    if (what === 'recorded') recorded.add(one);
    if (what === 'report') reports.set(one, two);
    if (what !== 'begun') continue;
    assert.ok(!recorded.has(one), `${one} again after its result`);
    assert.equal(Number(two), 26 * 200, `${one}: half a message`);
    begun.set(one, (begun.get(one) ?? 0) + 1);
  }
  const reported = [...reports.values()].flatMap((addresses) => addresses.split(','));
  assert.ok(accepted.length >= 20);
  assert.equal(new Set(reported).size, reported.length, 'each is reported once');
  for (const name of accepted) {
    for (const domain of ['office.test', 'x.example', 'fax', 'slow.example'])
      assert.ok(recorded.has(`${name}@${domain}`) || begun.has(`${name}@${domain}`), `${name}@${domain}`);
    assert.ok(reported.includes(`${name}@bad.example`), name);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
