import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import type { ConfigDocument } from '../../src/config/schema.ts';
import { Desk, out } from './panel-browser.ts';

/** The archive of faxes in a real browser: faxes are sent and received, their pages looked at, given away and sent again. */

const run = promisify(execFile);
const alice = 'alice@office.test';

async function send(desk: Desk, number: string, subject: string): Promise<void> {
  const lines = Array.from({ length: 90 }, (_, line) => `Item ${line + 1}: a thing of the offer`).join('\n');
  const mail = `From: ${alice}\nTo: ${number}@fax\nSubject: ${subject}\n\n${lines}\n`;
  const sent = await desk.box.caselliWith(mail, 'sendmail', '-f', alice, '-t');
  assert.equal(sent.code, 0, sent.error);
}

const settled = (desk: Desk, state: string): Promise<unknown> =>
  desk.box.event('fax.changed', (fields) => fields.state === state);

/** Size of the large page as it is shown. */
async function paper(page: Page): Promise<{ width: number; height: number }> {
  const { width, height } = (await page.getByRole('img', { name: /^Page \d+ of/ }).boundingBox())!;
  return { width, height };
}

async function saved(page: Page, name: string): Promise<string> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download PDF' }).click();
  const file = join(out, name);
  await (await downloading).saveAs(file);
  return file;
}

async function open(context: TestContext, speedFactor: number, fax: ConfigDocument['fax'] = {}): Promise<Desk> {
  return Desk.open(context, { exchange: { enabled: true, speedFactor }, fax });
}

test('a fax is seen growing while it crosses, then looked at, downloaded, forwarded and sent again', async (context) => {
  const desk = await open(context, 4);
  const { page, box } = desk;
  await desk.go('/faxes');
  await page.getByText('Faxes that are sent and received are kept here').waitFor();
  await desk.look('faxes-empty');

  await send(desk, '5550199', 'An offer');
  const growing = page.getByRole('img', { name: /as far as it has crossed/ });
  await growing.waitFor();
  const heightOf = () =>
    growing.evaluate((image) => (image as unknown as { naturalHeight: number }).naturalHeight).catch(() => 0);
  const first = await heightOf();
  // The page has come further: asked again after each event that tells so.
  while ((await heightOf()) <= first) await growing.waitFor();
  await page.screenshot({ path: join(out, 'panel-faxes-crossing.png'), fullPage: true });
  await page.getByRole('link', { name: 'Fax to 5550199' }).waitFor();
  await settled(desk, 'sent');

  await page.getByRole('table', { name: 'Faxes' }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Fax to OFFICE SUPPLY CO', level: 1 }).waitFor();
  await page.getByText(/^3 pages sent to OFFICE SUPPLY CO/).waitFor();
  await page
    .getByText(/^Page 1 of \d$/)
    .first()
    .waitFor();
  await page.waitForLoadState('networkidle');
  await desk.look('fax');

  // Right shape: 204 by 196 dots an inch.
  const fit = await paper(page);
  await page.keyboard.press('-');
  const small = await paper(page);
  assert.ok(small.width < fit.width && Math.abs(small.height / small.width - fit.height / fit.width) < 0.01);
  await page.keyboard.press('r');
  const lying = await paper(page);
  assert.ok(Math.abs(lying.height - small.width) <= 1 && Math.abs(lying.width - small.height) <= 1);
  for (const _ of [1, 2, 3]) await page.keyboard.press('r');
  await page.getByRole('button', { name: 'Larger' }).click();
  await page.keyboard.press('0');
  assert.deepEqual(await paper(page), fit);
  await page.keyboard.press('ArrowRight');
  await page
    .getByText(/^Page 2 of \d$/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Page 1' }).click();
  await page
    .getByText(/^Page 1 of \d$/)
    .first()
    .waitFor();

  // What was downloaded is what the archive has, pel for pel, and what the far side got.
  const pdf = await saved(page, 'fax.pdf');
  const [{ id, pages } = { id: '', pages: 0 }] = await box.ask<{ id: string; pages: number }[]>('fax', 'list');
  assert.match((await run('pdfinfo', [pdf])).stdout, new RegExp(`^Pages: +${pages}$`, 'm'));
  await run('pdftoppm', ['-mono', '-singlefile', '-r', '60', pdf, join(out, 'fax-page')]);
  assert.ok((await readFile(join(out, 'fax-page.pbm'))).some((byte) => byte !== 0));
  const other = join(out, 'fax-cli.pdf');
  await run('rm', ['-f', other]);
  assert.equal((await box.caselli('fax', 'pdf', id, '--out', other)).code, 0);
  assert.deepEqual(await readFile(pdf), await readFile(other));

  await page.getByText('Calls', { exact: true }).waitFor();
  await page.locator('details.call > summary').first().click();
  await page.getByText('What box and modem said').click();
  await page.getByText('AT+FCLASS').first().waitFor();

  await page.getByRole('button', { name: 'Forward' }).click();
  await page.getByLabel('Mail addresses').fill('nobody@office.test');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.getByLabel('Mail addresses').fill('bob@office.test');
  await page.getByLabel('Your note').fill('For your files.');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('The fax is on its way as mail.').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await box.event('queue.delivered', ({ recipient }) => recipient === 'bob@office.test');

  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByLabel('Fax number').fill('5550115');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('The fax is on its way.').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await box.event('queue.delivered', ({ recipient }) => recipient.startsWith('5550115@fax'));
  await desk.go('/faxes');
  await page.getByRole('searchbox', { name: 'Search' }).fill('5550115');
  await page.getByRole('cell', { name: /\+1 555 0115, 5550115/ }).waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('nothing like it');
  await page.getByText('No fax is like this.').waitFor();
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 404/.test(text)),
    [],
  );
});

test('a received fax is looked at and delivered to others; one that waits is held and cancelled', async (context) => {
  const desk = await open(context, 2000, { retrySchedule: ['1h'] });
  const { page, box } = desk;
  await send(desk, '5550199', 'To be sent back');
  await settled(desk, 'sent');
  const [{ id } = { id: '' }] = await box.ask<{ id: string }[]>('fax', 'list');
  const file = join(box.data, 'fax.pdf');
  assert.equal((await box.caselli('fax', 'pdf', id, '--out', file)).code, 0);
  await box.ask('exchange', 'dial-in', '--from', '5550199', '--to', '5550100', file);
  await box.event('fax.received');
  await send(desk, '5550111', 'Nobody is there');
  await box.event('queue.deferred');

  await desk.go('/faxes');
  await page.getByLabel('Direction').selectOption('in');
  await page.getByRole('table', { name: 'Faxes' }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Fax from OFFICE SUPPLY CO', level: 1 }).waitFor();
  await page.getByText(/received from OFFICE SUPPLY CO, 5550199/).waitFor();
  await page.getByRole('button', { name: 'Deliver to others' }).click();
  await page.getByLabel('Mail addresses').fill('bob@office.test');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('The fax is being delivered.').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('alice@office.test, bob@office.test').waitFor();

  await desk.go('/faxes');
  await desk.look('faxes');
  await page.getByRole('link', { name: 'Fax to 5550111' }).click();
  await page.getByRole('button', { name: 'Hold' }).click();
  await page.getByText('The fax is on hold').waitFor();
  await desk.look('fax-held');
  await page.getByRole('button', { name: 'Cancel fax' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel fax' }).click();
  await page.getByText(/^Cancelled: somebody wanted/).waitFor();
  assert.deepEqual(desk.trouble, []);
});
