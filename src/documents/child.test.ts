import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ManualClock } from '../lib/manual-clock.ts';
import { type ChildEnd, type ChildJob, runChild } from './child.ts';
import { DocumentError } from './document-error.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-child-'));
});
afterEach(async () => {
  assert.deepEqual(await readdir(folder), [], 'the private folder is removed');
  await rm(folder, { recursive: true });
});

const clock = new ManualClock();

function shell(script: string, over: Partial<ChildJob> = {}, signal = new AbortController().signal): Promise<ChildEnd> {
  const job = { command: 'sh', arguments: ['-c', script], folder, timeoutMs: 60_000, memoryBytes: 1 << 29 };
  return runChild({ ...job, fileBytes: 1 << 20, onOutput: () => {}, ...over }, clock, signal);
}

async function isRunning(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid.trim()}/stat`, 'latin1').catch(() => '');
  return status !== '' && !/^\d+ \(.*\) [ZX]/.test(status);
}

describe('a converter as a child', () => {
  it('has an empty folder, a small environment, and no input', async () => {
    let output = '';
    const script =
      'env | grep -v -e ^PWD= -e ^OLDPWD= -e ^SHLVL= -e ^_= | cut -d= -f1 | sort | tr "\\n" " "; ls -A; cat; pwd; echo $TMPDIR; echo last words >&2; exit 3';
    const onOutput = (chunk: Uint8Array): void => {
      output += String(chunk);
    };
    const end = await shell(script, { onOutput });
    assert.deepEqual([end.code, end.complaint], [3, 'last words\n']);
    const [first, temporary] = output.trimEnd().split('\n');
    assert.match(first!, /^HOME LC_ALL PATH TEMP TMPDIR \/.*tmp-/);
    assert.ok(first!.endsWith(temporary!), 'it starts in its temporary folder');
  });

  it('waits while its output is being taken, and keeps the end of its complaints', async () => {
    let bytes = 0;
    const onOutput = async (chunk: Uint8Array): Promise<void> => {
      await new Promise(setImmediate);
      bytes += chunk.length;
    };
    const { complaint } = await shell('head -c 3000000 /dev/zero; seq 1 100000 >&2', { onOutput });
    assert.equal(bytes, 3_000_000);
    assert.ok(complaint.length <= 4000 && complaint.endsWith('100000\n'));
  });

  it('ends when the time is up, with all that it started', async () => {
    let pid = '';
    const running = shell('sleep 1000 & echo $!; wait', {
      timeoutMs: 5000,
      onOutput: (chunk) => {
        pid = String(chunk);
        void clock.advance(5000);
      },
    });
    await assert.rejects(
      running,
      (error) => error instanceof DocumentError && /longer than 5 seconds/.test(error.message),
    );
    assert.equal(await isRunning(pid), false);
    assert.equal(clock.pending, 0);
  });

  it('ends when it is told to, and when its output is too much for the taker', async () => {
    const stop = new AbortController();
    const stopped = shell('echo; sleep 1000', { onOutput: () => stop.abort(new Error('we are to stop')) }, stop.signal);
    await assert.rejects(stopped, /we are to stop/);
    await assert.rejects(shell('true', {}, stop.signal), /we are to stop/);
    const tooMuch = shell('yes', { onOutput: () => Promise.reject(new Error('too much')) });
    await assert.rejects(tooMuch, /too much/);
  });

  it('may not use more memory, nor write larger files', async () => {
    const memory = await shell('exec head -c 300000000 /dev/zero | tail -n 1', { memoryBytes: 100_000_000 });
    assert.notEqual(memory.code, 0);
    const file = await shell('head -c 3000000 /dev/zero > large || exit 7');
    assert.equal(file.code, 7);
  });

  it('a program that is not there is an error of ours', async () => {
    const { code, complaint } = await shell('', { command: 'no-such-converter', arguments: [] });
    assert.equal(code, 127);
    assert.match(complaint, /no-such-converter/);
  });
});
