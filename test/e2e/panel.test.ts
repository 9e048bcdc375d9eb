import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Desk, out } from './panel-browser.ts';

/** The panel in a real browser, against the real box with the simulated exchange. */

test('a fax is seen while it crosses the line, and the call can be read', async (context) => {
  const { box, page, ...desk } = await Desk.open(context, { exchange: { enabled: true, speedFactor: 4 } });
  const { address, port } = box.listeners.http!;
  await page.goto(`http://${address}:${port}/`);
  await page.getByText('Everything is well.').waitFor();
  await page.getByText('No fax has crossed a line yet.').waitFor();
  await page.getByText('Ready').waitFor();
  const mail = 'From: alice@office.test\nTo: 5550199@fax\nSubject: <script>alert(1)</script>\n\nA note.\n';
  const sent = await box.caselliWith(mail, 'sendmail', '-f', 'alice@office.test', '-t');
  assert.equal(sent.code, 0, sent.error);
  await page.getByText('Dialling').waitFor();
  await page.getByText('Sending').waitFor();
  await page.screenshot({ path: join(out, 'panel-sending.png') });
  await page.getByText('OFFICE SUPPLY CO, 5550199').waitFor();
  await page.getByRole('heading', { name: 'Waiting', exact: true }).waitFor({ state: 'detached' });
  await page.getByRole('table', { name: 'Calls' }).getByRole('link').first().click();
  await page.getByText('What box and modem said').click();
  await page.getByText('AT+FCLASS').first().waitFor();
  // The box restarts; the page finds it again by itself.
  assert.equal(await box.kill('SIGTERM'), 0);
  await page.getByText('Connecting…').waitFor();
  assert.deepEqual(
    desk.trouble.filter((text) => !/WebSocket|ERR_CONNECTION_REFUSED/.test(text)),
    [],
  );
});

test('settings are changed together: gathered over screens, looked at, made, and taken back', async (context) => {
  const { box, page, ...rest } = await Desk.open(context);
  const { address, port } = box.listeners.http!;
  await page.goto(`http://${address}:${port}/settings/mail-in`);
  await page.getByLabel('Greeting').fill('Caselli is here');
  await page.getByLabel('Greeting').blur();
  await page.getByRole('link', { name: 'Fax', exact: true }).click();
  await page.getByLabel('Max pages').fill('99999');
  await page.getByLabel('Max pages').blur();
  await page.getByText('2 changes are not made yet.').waitFor();
  await page.getByRole('button', { name: 'Look and make' }).click();
  // One of them is wrong: nothing can be made.
  await page.getByRole('alert').getByText('fax.maxPages').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Make the changes' }).isDisabled(), true);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Max pages').fill('20');
  await page.getByLabel('Max pages').blur();
  await page.getByRole('button', { name: 'Look and make' }).click();
  await page.getByText('300 → 20').waitFor();
  await page.getByText('SMTP and submission start again').waitFor();
  await page.screenshot({ path: join(out, 'panel-changes.png') });
  await page.getByRole('button', { name: 'Make the changes' }).click();
  await page.getByText('changes are not made yet').waitFor({ state: 'detached' });
  assert.equal(await box.ask('config', 'get', 'fax.maxPages'), 20);
  assert.equal(await box.ask('config', 'get', 'smtp.greeting'), 'Caselli is here');

  await page.getByRole('link', { name: 'History' }).click();
  await page.getByRole('button', { name: 'Go back to it' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Go back to it' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await box.ask('config', 'get', 'fax.maxPages'), 300);
  assert.deepEqual(rest.trouble, []);
});

test('people, aliases and domains are added, asked for and removed', async (context) => {
  const { box, page, ...rest } = await Desk.open(context);
  const { address, port } = box.listeners.http!;
  await page.goto(`http://${address}:${port}/people`);
  await page.getByRole('button', { name: 'Add a person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Mail address').fill('carol@office.test');
  await dialog.getByLabel('Name').fill('Carol with a rather long name, of Accounts and Purchasing');
  await dialog.getByLabel('New password').fill('short');
  await dialog.getByRole('button', { name: 'Add a person' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('New password').fill('a-long-enough-password');
  await dialog.getByRole('button', { name: 'Add a person' }).click();
  await page.getByRole('cell', { name: 'carol@office.test' }).waitFor();
  await page.getByLabel('Alias').fill('accounts@office.test');
  await page.getByLabel('Leads to').fill('carol@office.test, alice@office.test');
  await page.getByRole('button', { name: 'Save alias' }).click();
  await page.getByRole('cell', { name: 'accounts@office.test' }).waitFor();
  await page.getByLabel('Address or fax number').fill('accounts@office.test');
  await page.getByRole('button', { name: 'Look' }).click();
  await page.getByText('Mail for it is taken.').waitFor();
  await page.screenshot({ path: join(out, 'panel-people.png'), fullPage: true });
  const carol = page.getByRole('row', { name: /carol@office\.test.*Accounts and Purchasing/ });
  await carol.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await carol.waitFor({ state: 'detached' });
  const left = await box.ask<{ address: string }[]>('user', 'list');
  assert.ok(!left.some(({ address }) => address === 'carol@office.test'));
  assert.deepEqual(
    rest.trouble.filter((text) => !/status of 422/.test(text)),
    [],
  );
});
