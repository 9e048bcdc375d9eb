import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { consoles, consoleText, writeConsoles } from './console.ts';

const facts = {
  name: 'caselli-1a2b',
  version: '1.2.3',
  addresses: ['192.168.1.5', 'fd00::5'],
  oneTimePassword: 'wxyz-2345-abcd',
  developmentKey: false,
  trouble: [],
};

test('the console says where the panel is and how to log in, and later does not', () => {
  const text = consoleText(facts);
  assert.match(text, /Caselli 1\.2\.3 on caselli-1a2b\r\n/);
  assert.match(text, /Panel: https:\/\/192\.168\.1\.5\/ {2}https:\/\/\[fd00::5\]\/\r\n/);
  assert.match(text, /One-time password: wxyz-2345-abcd\r\n/);
  assert.doesNotMatch(consoleText({ ...facts, oneTimePassword: undefined }), /password/);
  assert.match(consoleText({ ...facts, addresses: [] }), /is the cable plugged in/);
  // A name from the configuration moves no cursor.
  assert.doesNotMatch(consoleText({ ...facts, name: 'x\u001b[2J\u0007' }), /[\u0007\u001b]/);
});

test('only consoles of the kernel are written to, and one that is not there harms nobody', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-console-'));
  context.after(() => rm(folder, { recursive: true }));
  const active = join(folder, 'active');
  await writeFile(active, 'tty0 ttyS0 ../evil\n');
  assert.deepEqual(await consoles(active), ['/dev/tty1', '/dev/ttyS0']);
  assert.deepEqual(await consoles(join(folder, 'none')), []);
  await writeFile(join(folder, 'screen'), '');
  await writeConsoles('hello', [join(folder, 'none', 'tty'), join(folder, 'screen')]);
  assert.equal(await readFile(join(folder, 'screen'), 'utf8'), 'hello');
});
