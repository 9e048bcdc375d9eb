import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InstallationView, UpdateView } from '../../src/admin/update-admin.ts';
import { blockBytes } from '../../src/system/update/bundle-format.ts';
import { testBundle, testSystem } from '../../src/system/update/test-bundle.ts';
import { RunningBox, testConfig } from './running-box.ts';

/** On a machine that is no box. What a box does with an update is shown by `test/image/`. */

test('an update is checked and described, and nothing is done; a damaged one is refused', async (context) => {
  const box = await RunningBox.start(context);
  const file = join(box.data, 'caselli-1.4.0.cas');
  const bundle = testBundle(testSystem(2 * blockBytes + 77, 1));
  await writeFile(file, bundle);
  const shown = await box.caselli('system', 'update', file);
  assert.equal(shown.code, 69, shown.error);
  assert.match(shown.out, /^Version 1\.4\.0 for qemu-x86_64, .* 2\.1 MB, signed by nobody this machine trusts\.\n/);
  assert.match(shown.out, /Faxes are nicer\./);
  assert.match(shown.out, /no Caselli box: here it would write the update to the other slot\./);
  const asked = await box.caselli('system', 'update', file, '--json');
  const view = JSON.parse(asked.out) as InstallationView;
  assert.deepEqual([view.version, view.slot, view.signedBy], ['1.4.0', '', '']);

  bundle[bundle.length - 9]! ^= 1;
  await writeFile(file, bundle);
  const damaged = await box.caselli('system', 'update', file);
  assert.deepEqual([damaged.code, damaged.out], [65, '']);
  assert.match(damaged.error, /The update is damaged: block 3 of 3/);
});

test('what needs a box says what it would do; a wrong command line says what is right', async (context) => {
  const box = await RunningBox.start(context, testConfig({ system: { update: { url: 'https://updates.test/' } } }));
  const cases: readonly [readonly string[], number, RegExp][] = [
    [['slots'], 69, /no Caselli box: here it would read which system starts/],
    [['update', '--usb'], 69, /here it would look for USB sticks/],
    [['update', '--url'], 69, /here it would look for an update at https:\/\/updates\.test\/ and install it/],
    [['update', 'check'], 69, /here it would look for an update/],
    [['update', '/nonexistent.cas'], 66, /there is no file/],
    [['update'], 64, /a FILE, --usb or --url/],
    [['update', 'x.cas', '--usb'], 64, /a FILE, --usb or --url/],
  ];
  for (const [words, code, message] of cases) {
    const said = await box.caselli('system', ...words);
    assert.equal(said.code, code, `${words.join(' ')}: ${said.error}`);
    assert.match(said.error, message);
  }
  const status = await box.caselli('system', 'update', 'status');
  assert.match(status.out, /^Version \S+ is running\. This machine is no Caselli box/);
  const { box: isBox, last } = await box.ask<UpdateView>('system', 'update', 'status');
  assert.deepEqual([isBox, last], [false, null]);
});

test('a box comes up on data that a newer version has used, and keeps what that wrote', async (context) => {
  const box = await RunningBox.start(context);
  await box.kill('SIGTERM');
  const { version } = JSON.parse(await readFile(join(box.data, 'version.json'), 'utf8'));
  await writeFile(join(box.data, 'version.json'), JSON.stringify({ version: '999.0.0', newest: '999.0.0' }));
  const path = join(box.data, 'config.json');
  const document = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...document, teleprinter: { enabled: true } }));
  await box.start();
  const { code, error } = await box.caselli('config', 'set', 'fax.maxPages', '7');
  assert.equal(code, 0, error);
  const written = JSON.parse(await readFile(path, 'utf8'));
  assert.deepEqual([written.teleprinter, written.fax.maxPages], [{ enabled: true }, 7]);
  assert.match(
    (await box.caselli('doctor')).out,
    /newer version has written a setting that this one passes over: teleprinter/,
  );
  await box.kill('SIGTERM');
  await box.start();
  const kept = JSON.parse(await readFile(join(box.data, 'version.json'), 'utf8'));
  assert.deepEqual(kept, { version, newest: '999.0.0' });
});
