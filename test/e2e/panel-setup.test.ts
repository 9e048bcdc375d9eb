import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { SetupView } from '../../src/admin/views/setup-views.ts';
import { testHost } from '../../src/agents/test-host.ts';
import { Desk } from './panel-browser.ts';

/** The first run, from the one-time password of a new box on. */

const anyPort = { port: 0 };
/** As it comes out of its box, but for its ports; with the simulated exchange in place of a modem. */
const newBox = {
  smtp: { smtp: anyPort, submission: anyPort, submissions: anyPort },
  imap: { imap: anyPort, imaps: anyPort },
  pop3: { pop3: anyPort, pop3s: anyPort },
  panel: { http: { address: '0.0.0.0', port: 0 } },
  log: { format: 'json' as const },
  exchange: { enabled: true, speedFactor: 40 },
};

const onward = (page: Page) => page.getByRole('button', { name: 'Save and go on' }).click();
const asks = (page: Page, question: string) => page.getByRole('heading', { level: 2, name: question }).waitFor();

test('a new box is set up: each question is asked, wrong answers are said, what was answered is in force', async (context) => {
  const desk = await Desk.open(context, newBox, 'new');
  const { page, box } = desk;
  const { oneTime } = JSON.parse(await readFile(join(box.data, 'identity', 'panel.json'), 'utf8'));
  await desk.go('/');
  await page.getByLabel('Password').fill('not the one');
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
  await desk.look('login');
  await page.getByLabel('Password').fill(oneTime);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();

  await asks(page, 'A password for the administrator');
  await desk.look('setup-password');
  await page.getByLabel('New password').fill('Long-Wood-Lake-7');
  await page.getByLabel('The same once more').fill('Long-Wood-Lake-8');
  await onward(page);
  await page.getByRole('alert').getByText('The two passwords differ.').waitFor();
  await page.getByLabel('The same once more').fill('Long-Wood-Lake-7');
  await onward(page);

  await asks(page, 'The office and its mail domain');
  await page.getByLabel('Name of the office').fill('Miller & Daughters');
  await page.getByRole('textbox', { name: 'Mail domain' }).fill('not a domain');
  await onward(page);
  await page.getByRole('alert').waitFor();
  await page.getByRole('textbox', { name: 'Mail domain' }).fill('miller.example');
  assert.equal(await page.getByLabel('Full name of the box').inputValue(), 'mail.miller.example');
  await desk.look('setup-name');
  await onward(page);

  await asks(page, 'The network');
  await page.getByLabel('A fixed address').check();
  await page.getByLabel('Address with the length of the network').fill('192.168.7.255/24');
  await onward(page);
  await page.getByRole('alert').getByText('broadcast address').waitFor();
  await desk.look('setup-network');
  await page.getByLabel('The network gives the address').check();
  await onward(page);

  await asks(page, 'Where the box stands');
  await page.getByLabel('Time zone').selectOption('Europe/Rome');
  await desk.look('setup-time');
  await onward(page);

  await asks(page, 'How mail leaves the office');
  await using provider = await testHost({ RCPT: (line) => (line.includes('far.test') ? '250 ok' : '550 5.7.1 no') });
  await page.getByLabel('Through the mail server of the provider').check();
  await page.getByLabel('Mail server', { exact: true }).fill('nowhere.invalid');
  const trying = page.getByRole('button', { name: 'Try how mail leaves' });
  await trying.click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Mail server', { exact: true }).fill('127.0.0.1');
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await page.getByLabel('Encryption').selectOption('none');
  assert.equal(await page.getByRole('spinbutton', { name: 'Port' }).inputValue(), '25');
  await page.getByRole('spinbutton', { name: 'Port' }).fill(String(provider.port));
  await page.getByLabel('An address of yours outside').fill('me@refused.test');
  await trying.click();
  await page.getByRole('alert').getByText('Give name and password').waitFor();
  await desk.look('setup-mail-out');
  await page.getByLabel('An address of yours outside').fill('me@far.test');
  await trying.click();
  await page.getByText('Mail can leave this way.').waitFor();
  assert.deepEqual(provider.messages, []);
  await onward(page);
  const smarthost = await box.ask<{ host: string; port: number }>('config', 'get', 'outbound.smarthost');
  assert.deepEqual([smarthost.host, smarthost.port], ['127.0.0.1', provider.port]);

  await asks(page, 'People with a mailbox');
  await page.getByLabel('Name', { exact: true }).fill('Alice Miller');
  await page.getByLabel('Address before @miller.example').fill('alice');
  await page.getByLabel('New password').fill('Wood-Lake-Long-7');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('listitem').getByText('alice@miller.example').waitFor();
  await page.getByText('Paste a list', { exact: true }).click();
  await page
    .getByLabel('List of people')
    .fill(
      'Name;E-Mail\nBob Brown;bob@miller.example\nAlice again;alice@miller.example\nCarol;carol@elsewhere.example\n',
    );
  await page.getByRole('button', { name: 'Look through the list' }).click();
  await page.getByText('alice@miller.example is there already').waitFor();
  await page.getByText('elsewhere.example is not a domain of this box').waitFor();
  await page.getByRole('button', { name: 'Add 1 person' }).click();
  await page.getByText('1 person was added.').waitFor();
  await desk.look('setup-people');
  await onward(page);

  await asks(page, 'The fax line');
  await page.getByLabel('exchange:5550100').waitFor();
  assert.equal(await page.getByLabel('exchange:5550100').isChecked(), true);
  await page.getByRole('button', { name: 'Test the modem' }).click();
  await page.getByText('The line works.').waitFor();
  await page.getByText('There is a dial tone.').waitFor();
  await page.getByLabel('Own fax number').fill('+39 06 5550100');
  await page.getByLabel('Country').selectOption('Italy');
  await page.getByLabel('Dialled for an outside line').fill('9');
  await desk.look('setup-line');
  await onward(page);
  await asks(page, 'Who gets incoming faxes');
  const [line] = await box.ask<{ id: string; port: string; number: string }[]>('config', 'get', 'fax.lines');
  assert.deepEqual([line!.id, line!.port, line!.number], ['fax1', 'exchange:5550100', '+39 06 5550100']);
  const dialled = await box.ask<{ number: string }>('dial', 'explain', '+390612345678');
  assert.equal(dialled.number, '9,0612345678');

  await asks(page, 'Who gets incoming faxes');
  await page.getByLabel('Bob Brown').check();
  await desk.look('setup-faxes');
  await onward(page);

  const status = await box.ask<SetupView['steps']>('config', 'get', 'fax.deliverTo');
  assert.deepEqual(status, ['bob@miller.example']);
  assert.deepEqual(
    await Promise.all(
      ['name', 'fax.organisation', 'system.time.zone', 'postmaster'].map((path) => box.ask('config', 'get', path)),
    ),
    ['mail.miller.example', 'Miller & Daughters', 'Europe/Rome', 'alice@miller.example'],
  );

  // Left in the middle, it finds itself again; the new password is in force.
  await desk.go('/');
  await page.getByText('still open').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Password').fill(oneTime);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill('Long-Wood-Lake-7');
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('link', { name: 'Go on with the set-up' }).click();
  await page.getByRole('heading', { level: 1, name: 'Set up the box' }).waitFor();
  await page.getByRole('button', { name: 'Leave the rest for later' }).click();
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.getByText('still open').waitFor({ state: 'detached' });
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of (?:401|422)|WebSocket/.test(text)),
    [],
  );
});

/** What a person does, counted. */
class Hands {
  clicks = 0;
  fields = 0;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async press(name: string): Promise<void> {
    this.clicks++;
    await this.#page.getByRole('button', { name, exact: true }).click();
  }

  async fill(label: string, text: string): Promise<void> {
    this.fields++;
    await this.#page.locator('input, textarea').and(this.#page.getByLabel(label)).fill(text);
  }
}

/** A slow typist: seconds for a field with its reading, and for a click. With these five minutes are 300. */
const paceSeconds = { field: 12, click: 4 };

test('a newcomer sends the first fax with few clicks and fields', async (context) => {
  const desk = await Desk.open(context, { ...newBox, exchange: { enabled: true, speedFactor: 2000 } }, 'new');
  const { page, box } = desk;
  const { oneTime } = JSON.parse(await readFile(join(box.data, 'identity', 'panel.json'), 'utf8'));
  const hands = new Hands(page);
  await desk.go('/');
  await hands.fill('Password', oneTime);
  await hands.press('Log in');
  await asks(page, 'A password for the administrator');
  await hands.fill('New password', 'Long-Wood-Lake-7');
  await hands.fill('The same once more', 'Long-Wood-Lake-7');
  await hands.press('Save and go on');
  await asks(page, 'The office and its mail domain');
  await hands.fill('Name of the office', 'Miller & Daughters');
  await hands.fill('Mail domain', 'miller.example');
  await hands.press('Save and go on');
  for (const question of ['The network', 'Where the box stands', 'How mail leaves the office']) {
    await asks(page, question);
    await hands.press('Save and go on');
  }
  await asks(page, 'People with a mailbox');
  await hands.fill('Address before @miller.example', 'alice');
  await hands.fill('New password', 'Wood-Lake-Long-7');
  await hands.press('Add');
  await page.getByRole('listitem').getByText('alice@miller.example').waitFor();
  await hands.press('Save and go on');
  await asks(page, 'The fax line');
  await page.getByLabel('exchange:5550100').waitFor();
  await hands.fill('Own fax number', '5550100');
  await hands.press('Save and go on');
  await asks(page, 'Who gets incoming faxes');
  await hands.press('Save and go on');
  await asks(page, 'What to publish in the DNS');
  await hands.press('Done');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  hands.clicks++;
  await page.getByRole('link', { name: 'Send a fax' }).first().click();
  await hands.fill('To (fax number or name)', '5550199');
  await hands.fill('Text on the cover page', 'Our first fax.');
  await hands.press('Send fax');
  await page.getByText('1 of 1 number done').waitFor();
  await page.getByText('sent', { exact: true }).first().waitFor();
  const { clicks, fields } = hands;
  const seconds = clicks * paceSeconds.click + fields * paceSeconds.field;
  context.diagnostic(`${fields} fields, ${clicks} clicks: ${seconds} s at ${JSON.stringify(paceSeconds)}`);
  assert.ok(seconds < 300);
});
