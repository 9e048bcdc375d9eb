import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { productVersion, readBoxFacts } from './box.ts';

const image = {
  product: 'caselli',
  board: 'qemu-x86_64',
  version: '1.4.0',
  builtAt: '2026-11-22T02:15:30Z',
  developmentKey: false,
};

/** Two files as they lie on a box, of these words. */
async function filesOf(context: TestContext, facts: string, commandLine: string): Promise<[string, string]> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-facts-'));
  context.after(() => rm(folder, { recursive: true }));
  const files: [string, string] = [join(folder, 'image.json'), join(folder, 'cmdline')];
  await writeFile(files[0], facts);
  await writeFile(files[1], `${commandLine}\n`);
  return files;
}

test('a machine is a box when an image says so; the slot is that of the command line', async (context) => {
  const [file, plain] = await filesOf(context, JSON.stringify(image), 'quiet box.slot=A');
  assert.deepEqual(await readBoxFacts(file, plain), { ...image, slot: 'A', rescue: false });
  const last = await filesOf(context, JSON.stringify(image), 'quiet box.slot=B box.rescue=1');
  assert.deepEqual(await readBoxFacts(...last), { ...image, slot: 'B', rescue: true });
  assert.equal(await readBoxFacts(join(file, '..', 'none.json'), plain), undefined);
  await assert.rejects(readBoxFacts(...(await filesOf(context, '{"product": "toaster"}', ''))));
});

test('a box goes by the version of its image, another machine by that of the program', async (context) => {
  const facts = await readBoxFacts(...(await filesOf(context, JSON.stringify(image), 'box.slot=A')));
  assert.equal(productVersion(facts, '0.1.0'), '1.4.0');
  assert.equal(productVersion(undefined, '0.1.0'), '0.1.0');
});
