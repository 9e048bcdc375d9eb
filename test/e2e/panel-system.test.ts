import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Desk, out } from './panel-browser.ts';

/** Backup and restore, support, update and log, in a real browser. */

const run = promisify(execFile);
const alice = 'alice@office.test';

test('a backup is downloaded, read, one mailbox is taken from it, and all of it', async (context) => {
  const desk = await Desk.open(context);
  const { page, box } = desk;
  const mail = (subject: string): string => `From: bob@office.test\nTo: ${alice}\nSubject: ${subject}\n\nA note.\n`;
  await box.caselliWith(mail('before'), 'sendmail', '-f', 'bob@office.test', alice);
  await box.event('queue.done');
  await desk.go('/backup');
  const back = page.getByRole('region', { name: 'Back up' }).or(page.locator('section').filter({ hasText: 'Back up' }));
  await back.first().getByLabel('Passphrase').fill('a long passphrase of backups');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download a backup' }).click();
  const file = join(out, 'panel-backup.age');
  await (await downloading).saveAs(file);

  const bring = page.locator('section').filter({ hasText: 'Bring back' });
  await bring.getByLabel('Backup from a file').setInputFiles(file);
  await bring.getByLabel('Passphrase').first().fill('another one');
  await bring.getByRole('button', { name: 'Read and count it' }).click();
  await bring.getByRole('alert').waitFor();
  await bring.getByLabel('Passphrase').first().fill('a long passphrase of backups');
  await bring.getByRole('button', { name: 'Read and count it' }).click();
  await bring.getByText(new RegExp(`A backup of box\\.office\\.test .*messages of ${alice}: 1`)).waitFor();
  await desk.look('backup-read');

  const folder = join(box.data, 'mail', alice, 'Maildir');
  await run('find', [folder, '-type', 'f', '-path', '*/Maildir/*', '-name', '*:2,*', '-delete']);
  await run('find', [join(folder, 'new'), '-type', 'f', '-delete']);
  await bring.getByLabel('Choose whose').or(bring.getByRole('combobox')).last().selectOption(alice);
  await bring.getByRole('button', { name: 'Put the missing messages back' }).click();
  await page.getByText(/1 message was put back/).waitFor();

  await bring.getByRole('button', { name: 'Restore it' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore it' }).click();
  await page.getByText('The backup was read and is right').waitFor();
  await bring.getByRole('button', { name: 'Give up a restore' }).click();
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of (?:4\d\d|501)/.test(text)),
    [],
  );
});

test('a support bundle is downloaded, a file that is no update is refused, what needs a box says so', async (context) => {
  const desk = await Desk.open(context);
  const { page } = desk;
  await desk.go('/system');
  await page.getByText('The configuration is valid.').waitFor();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download a support bundle' }).click();
  const file = join(out, 'panel-support.tgz');
  await (await downloading).saveAs(file);
  const { stdout } = await run('tar', ['-tzf', file]);
  assert.match(stdout, /doctor\.json/);

  const rubbish = join(out, 'panel-update.cas');
  await writeFile(rubbish, 'no update');
  await page.getByLabel('Update from a file').setInputFiles(rubbish);
  await page.getByRole('button', { name: 'Install from file' }).click();
  await page.getByRole('alert').first().waitFor();
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start again' }).click();
  await page
    .getByRole('dialog')
    .getByText(/This machine is no Caselli box/)
    .waitFor();
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of (?:4\d\d|501|503)/.test(text)),
    [],
  );
});
