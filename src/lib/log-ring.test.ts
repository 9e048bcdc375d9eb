import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LogRing, lastLines, ringFile, ringFileBytes, ringFiles } from './log-ring.ts';
import { ManualClock } from './manual-clock.ts';

async function ring(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-log-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new ManualClock();
  return { folder, clock, log: await LogRing.open(folder, clock) };
}

test('lines wait half a minute for others; warnings do not, and take those that waited with them', async (context) => {
  const { folder, clock, log } = await ring(context);
  log.write('one\n', 'info');
  await clock.advance(29_999);
  assert.deepEqual(await lastLines(folder, 10), []);
  await clock.advance(1);
  await log.flush();
  assert.deepEqual(await lastLines(folder, 10), ['one']);
  log.write('two\n', 'debug');
  log.write('three\n', 'warn');
  await log.flush();
  assert.deepEqual(await lastLines(folder, 2), ['two', 'three']);
  log.write('four\n', 'info');
  await log.close();
  assert.equal(clock.pending, 0);
  const again = await LogRing.open(folder, clock);
  again.write('five\n', 'error');
  await again.close();
  assert.deepEqual(await lastLines(folder, 10), ['one', 'two', 'three', 'four', 'five']);
});

test('the ring holds so many files of so many octets, and the newest lines', async (context) => {
  const { folder, log } = await ring(context);
  const line = `${'x'.repeat(99_999)}\n`;
  const count = Math.ceil((ringFileBytes / line.length) * (ringFiles + 2));
  for (let n = 0; n < count; n++) {
    log.write(line, 'info');
    if (n % 4 === 3) await log.flush();
  }
  log.write('the last\n', 'info');
  await log.close();
  const files = await readdir(folder);
  assert.equal(files.length, ringFiles);
  for (const file of files) assert.ok((await stat(join(folder, file))).size <= ringFileBytes, file);
  assert.deepEqual(await lastLines(folder, 1), ['the last']);
});

test('more lines than memory may hold are left out and counted', async (context) => {
  const { folder, log } = await ring(context);
  for (let n = 0; n < 12; n++) log.write(`${'y'.repeat(99_999)}\n`, 'info');
  await log.close();
  const lines = await lastLines(folder, 20);
  assert.match(lines.find((line) => line.startsWith('('))!, /^\(\d+ lines were left out\)$/);
});

test('a disk that refuses stops nobody; what waited is written when it takes lines again', async (context) => {
  const { folder, clock, log } = await ring(context);
  await mkdir(ringFile(folder, 0));
  log.write('first\n', 'error');
  await log.flush();
  for (let n = 0; n < 12; n++) log.write(`${'y'.repeat(99_999)}\n`, 'info');
  await log.flush();
  await rm(ringFile(folder, 0), { recursive: true });
  log.write('last\n', 'error');
  await log.close();
  const lines = await lastLines(folder, 20);
  assert.deepEqual([lines[0], lines.at(-2), lines.at(-1)], ['first', 'last', '(7 lines were left out)']);
  assert.equal(clock.pending, 0);
});
