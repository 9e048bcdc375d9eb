import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  dropReady,
  makeReady,
  plannedParts,
  restorePlaces,
  type SwapFiles,
  swapFiles,
  takeReady,
  tidyRestore,
} from './swap.ts';

const note = { from: 'box', at: '2026-11-22T02:15:30.000Z', held: 0 };
const parts = plannedParts(
  [
    { path: 'mail', present: true },
    { path: 'directory.db', present: true },
    { path: 'config.json', present: true },
    { path: 'tls', present: false },
    { path: 'fresh', present: true },
  ],
  (path) => path.endsWith('.db'),
);
const before = {
  'mail/a/1': 'old',
  'mail/b/2': 'old',
  'directory.db': 'old',
  'directory.db-wal': 'old log',
  'config.json': 'old',
  'tls/key.pem': 'old',
  'untouched/x': 'stays',
};
const restored = { 'mail/a/1': 'new', 'directory.db': 'new', 'config.json': 'new', 'fresh/y': 'new' };
const after = { ...restored, 'untouched/x': 'stays' };

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function read(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (entry.isFile() && !path.startsWith('restore/')) found[path] = await readFile(join(folder, path), 'utf8');
  }
  return found;
}

async function place(context: TestContext): Promise<{ data: string; incoming: string }> {
  const data = await mkdtemp(join(tmpdir(), 'caselli-swap-'));
  context.after(() => rm(data, { recursive: true }));
  const incoming = restorePlaces(data).incoming('one');
  await write(data, before);
  await write(join(incoming, 'data'), restored);
  return { data, incoming };
}

/** The power fails before the step of this number. */
function dyingAt(step: number): { files: SwapFiles; steps: () => number } {
  let done = 0;
  const count = <Words extends readonly unknown[]>(work: (...words: Words) => Promise<void>) => {
    return async (...words: Words): Promise<void> => {
      if (done++ === step) throw new Error('the power fails');
      await work(...words);
    };
  };
  const { rename, syncFolder, remove } = swapFiles;
  return { files: { rename: count(rename), syncFolder: count(syncFolder), remove: count(remove) }, steps: () => done };
}

test('what is ready takes the place of what is there, and the rest stays', async (context) => {
  const { data, incoming } = await place(context);
  await makeReady(data, incoming, { parts, note });
  assert.deepEqual(await read(data), before, 'nothing changes until the next start');
  assert.deepEqual((await takeReady(data))?.note, note);
  assert.deepEqual(await read(data), after);
  assert.equal(await takeReady(data), undefined);
  await tidyRestore(data, { isUp: true });
  assert.deepEqual(await readdir(join(data, 'restore')), []);
});

test('cut off anywhere, and cut off again while going on: the old state or the new, never half', async (context) => {
  let step = 0;
  for (let ended = false; !ended; step++) {
    const { data, incoming } = await place(context);
    const first = dyingAt(step);
    const crashed = await (async () => {
      await makeReady(data, incoming, { parts, note }, first.files);
      await takeReady(data, first.files);
      return false;
    })().catch(() => true);
    ended = !crashed;
    // The next start: it may be cut off too, anywhere.
    const wasReady = await stat(restorePlaces(data).incoming('one')).then(
      () => false,
      () => true,
    );
    for (let again = step % 3; ; again += 3) {
      const next = dyingAt(again);
      const done = await takeReady(data, next.files).then(
        () => true,
        () => false,
      );
      if (done) break;
    }
    await tidyRestore(data, { isUp: false });
    assert.deepEqual(await read(data), wasReady ? after : before, `the power failed before step ${step}`);
    await tidyRestore(data, { isUp: true });
    assert.deepEqual(await readdir(join(data, 'restore')), []);
  }
  assert.ok(step > 20, `only ${step} steps were looked at`);
});

test('a second choice replaces the first; given up, nothing happens', async (context) => {
  const { data, incoming } = await place(context);
  await makeReady(data, incoming, { parts, note });
  const other = restorePlaces(data).incoming('two');
  await write(join(other, 'data'), { 'mail/z': 'newest', 'directory.db': 'n', 'config.json': 'n', 'fresh/y': 'n' });
  await makeReady(data, other, { parts, note });
  await dropReady(data);
  assert.equal(await takeReady(data), undefined);
  assert.deepEqual(await read(data), before);
  await assert.rejects(dropReady(data), { code: 'ENOENT' });
});

test('former data of a restore whose box never came up does not stand in the way of the next', async (context) => {
  const { data, incoming } = await place(context);
  await makeReady(data, incoming, { parts, note });
  await takeReady(data);
  await write(join(incoming, 'data'), { ...restored, 'mail/a/1': 'newer' });
  await makeReady(data, incoming, { parts, note });
  await takeReady(data);
  assert.deepEqual(await read(data), { ...after, 'mail/a/1': 'newer' });
});
