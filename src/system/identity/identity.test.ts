import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openIdentity } from './identity.ts';
import { PanelPassword } from './panel-password.ts';

async function temporary(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-identity-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('a machine is given an id at its first start, and keeps it', async (context) => {
  const folder = join(await temporary(context), 'identity');
  const made = await openIdentity(folder, (count) => Buffer.alloc(count, 0x1b));
  assert.deepEqual(made, { machineId: '1b'.repeat(16), hostName: 'caselli-1b1b' });
  assert.deepEqual(await openIdentity(folder, (count) => Buffer.alloc(count, 0xff)), made);
  await writeFile(join(folder, 'machine-id'), 'torn');
  assert.equal((await openIdentity(folder, (count) => Buffer.alloc(count, 0x2c))).hostName, 'caselli-2c2c');
});

/** Hashing that can be seen through. */
function means() {
  let made = 0;
  return {
    hash: async (password: string) => `#${password}`,
    verify: async (password: string, hash: string) => hash === `#${password}`,
    make: () => `once-${++made}-abcd`,
  };
}

test('the one-time password is good until the administrator sets another', async (context) => {
  const file = join(await temporary(context), 'panel.json');
  const first = await PanelPassword.open(file, means());
  assert.equal(first.oneTime, 'once-1-abcd');
  assert.equal(await first.check('once-1-abcd'), true);
  assert.equal(await first.check('once-2-abcd'), false);
  assert.equal((await PanelPassword.open(file, means())).oneTime, 'once-1-abcd');
  assert.equal((await stat(file)).mode & 0o777, 0o600);

  const { generation } = first;
  await first.set('my own password');
  const second = await PanelPassword.open(file, means());
  assert.equal(second.oneTime, undefined);
  assert.deepEqual([await second.check('my own password'), await second.check('once-1-abcd')], [true, false]);
  assert.doesNotMatch(await readFile(file, 'utf8'), /once/);
  assert.ok(first.generation > generation);

  assert.equal(await second.renew(), 'once-1-abcd');
  assert.deepEqual([await second.check('my own password'), await second.check('once-1-abcd')], [false, true]);
});

test('a file that is no password leads to a new one-time password, not to an open door', async (context) => {
  const file = join(await temporary(context), 'panel.json');
  for (const text of ['', '{}', '{"oneTime":""}', '{"hash":""}', '[]', 'null']) {
    await writeFile(file, text);
    const password = await PanelPassword.open(file, means());
    assert.equal(password.oneTime, 'once-1-abcd', text);
    assert.equal(await password.check(''), false);
  }
});
