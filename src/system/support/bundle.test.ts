import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type SupportFile, supportBundle } from './bundle.ts';
import { newestLogs } from './log-files.ts';
import { RecentLines } from './recent-lines.ts';

async function temporary(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-support-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('a bundle that tar reads; what could not be read is said in its place, what is long keeps its end', async (context) => {
  const folder = await temporary(context);
  const files: SupportFile[] = [
    { name: 'a.json', content: async () => ({ one: 1 }) },
    { name: 'b.log', content: async () => `${'x'.repeat(9 * 1024 * 1024)}the end` },
    {
      name: 'c.log',
      content: async () => {
        throw new Error('the helper does not answer');
      },
    },
  ];
  await writeFile(join(folder, 's.tgz'), supportBundle('support', files, Date.UTC(2026, 10, 22)));
  const read = (name: string): string =>
    execFileSync('tar', ['-xzOf', join(folder, 's.tgz'), `support/${name}`], { encoding: 'utf8', maxBuffer: 2 ** 25 });
  assert.deepEqual(JSON.parse(read('a.json')), { one: 1 });
  const long = read('b.log');
  assert.equal(long.length, 8 * 1024 * 1024);
  assert.ok(long.endsWith('the end'));
  assert.match(read('c.log'), /could not be read: the helper does not answer/);
});

test('of a ring of logs the newest bytes', async (context) => {
  const folder = await temporary(context);
  for (const [age, name] of ['newest', 'middle', 'oldest'].entries()) {
    await writeFile(join(folder, name), `${name} ${'.'.repeat(93)}`);
    await utimes(join(folder, name), 1_700_000_000 - age, 1_700_000_000 - age);
  }
  const found = await newestLogs(folder, 150);
  const sizes = await Promise.all(found.map(async ({ name, content }) => [name, ((await content()) as Buffer).length]));
  assert.deepEqual(sizes, [
    ['log/newest', 100],
    ['log/middle', 50],
  ]);
  assert.deepEqual(await newestLogs(join(folder, 'nowhere'), 150), []);
});

test('recent lines are bounded', () => {
  const recent = new RecentLines(100);
  for (let n = 0; n < 1000; n++) recent.add(`line ${n}\n`);
  assert.ok(recent.text().length <= 100);
  assert.ok(recent.text().endsWith('line 999\n'));
});
