import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { ReceivedView } from '../../src/admin/admin-api.ts';
import type { SendingDetail } from '../../src/admin/views/desk-views.ts';
import { pageToPng } from '../../src/documents/page-png.ts';
import { makePdf } from '../support/fax-mail.ts';
import { pixels } from '../support/fax-pages.ts';
import { Desk, out } from './panel-browser.ts';

/** Faxes sent from the browser: written, looked at, sent to one and to many; the address book. */

const far = '5550199';

function open(context: TestContext): Promise<Desk> {
  return Desk.open(context, { exchange: { enabled: true, speedFactor: 2000 } });
}

/** As a person drops it from another window. */
async function drop(page: Page, name: string, type: string, content: Uint8Array): Promise<void> {
  const data = await page.evaluateHandle(
    ([given, file, kind]) => {
      const octets = Uint8Array.from(atob(given!), (letter) => letter.charCodeAt(0));
      const { DataTransfer: Transfer } = globalThis as unknown as {
        DataTransfer: new () => { items: { add: (one: File) => void } };
      };
      const transfer = new Transfer();
      transfer.items.add(new File([octets], file!, { type: kind! }));
      return transfer;
    },
    [Buffer.from(content).toString('base64'), name, type],
  );
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
}

test('what is shown before it is sent is what the far side gets, pel for pel', async (context) => {
  const desk = await open(context);
  const { page, box } = desk;
  await desk.go('/send');
  await desk.look('send-empty');
  await page.getByLabel('To (fax number or name)').fill('not a number');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('alert').getByText('not a number:').waitFor();
  await page.getByLabel('To (fax number or name)').fill(`Office Supply <${far}>`);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('list', { name: 'Recipients' }).getByText('Office Supply, 5550199').waitFor();

  await drop(page, 'broken.pdf', 'application/pdf', Buffer.from('%PDF-1.4 and nothing more'));
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Remove broken.pdf' }).click();
  await drop(page, 'offer.pdf', 'application/pdf', await makePdf(2));
  await page.getByLabel('Subject').fill('An offer');
  const made = page.waitForResponse(
    (response) => response.url().endsWith('/api/faxPreview') && /have a look/.test(response.request().postData() ?? ''),
  );
  await page.getByLabel('Text on the cover page').fill('Please have a look.');
  const { id } = (await (await made).json()) as { id: string };
  await page.getByRole('heading', { name: '3 pages, as they will be sent' }).waitFor();
  const pages = page.locator(`.preview img[src*="preview=${id}"]`);
  await pages.nth(2).scrollIntoViewIfNeeded();
  const shown: Buffer[] = [];
  for (let at = 0; at < 3; at++) {
    const path = await pages.nth(at).getAttribute('src');
    shown.push(await (await page.request.get(`${desk.origin}${path}`)).body());
  }
  await desk.look('send');

  await page.getByRole('button', { name: 'Send fax', exact: true }).click();
  await page.getByRole('heading', { name: 'Fax to Office Supply' }).waitFor();
  await page.getByText('1 of 1 number done').waitFor();
  await desk.look('sending');
  const [call] = await box.ask<ReceivedView[]>('exchange', 'received', far);
  assert.equal(call!.pages.length, 3);
  for (const [at, { file }] of call!.pages.entries()) {
    // Shown with square pels: what libtiff reads of the page that arrived is made a picture in the same way.
    const { width: widthPx, height: heightPx, data } = pixels(file);
    const arrived = await pageToPng({ widthPx, heightPx, data, resolution: 'fine' });
    assert.ok(Buffer.from(arrived).equals(shown[at]!), `page ${at + 1} arrived as it was shown`);
  }
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 4/.test(text)),
    [],
  );
});

test('a group of the address book and a pasted list are one broadcast, with its progress', async (context) => {
  const desk = await open(context);
  const { page, box } = desk;
  await desk.go('/book');
  await page.getByText('The address book is empty.').waitFor();
  await desk.look('book-empty');
  await page.getByRole('button', { name: 'Add an entry' }).click();
  await page.getByLabel('Name').fill('Anna Long-Lastname of the Very Long Department Name');
  await page.getByLabel('Fax number').fill(far);
  await page.getByLabel('Groups').fill('Customers, Suppliers');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /Anna Long-Lastname/ }).waitFor();
  const list = join(out, 'book.csv');
  await writeFile(list, 'Name,Company,Fax,Mail,Note,Groups\nBert,ACME,5550115,b@acme.test,,Customers\nNobody,,,,,\n');
  await page.getByLabel('Import a CSV or vCard file').setInputFiles(list);
  await page.getByText('2 entries were added.').waitFor();
  await page.getByRole('row', { name: /Bert, ACME/ }).waitFor();
  await desk.look('book');
  const exported = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const kept = join(out, 'book-out.csv');
  await (await exported).saveAs(kept);
  assert.match(await readFile(kept, 'utf8'), /^Bert,ACME,5550115/m);

  await desk.go('/send');
  await page.getByRole('button', { name: 'Address book' }).click();
  await page.getByRole('checkbox', { name: /^Customers/ }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Paste a list' }).click();
  await page.getByLabel('Numbers, one in each line').fill('5550111\n555 0199\n');
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Text on the cover page').fill('To all of you.');
  await page.getByRole('button', { name: 'Send fax to 3 numbers' }).click();
  await page.getByRole('row', { name: /Bert, ACME, 5550115/ }).waitFor();
  await box.event('queue.done');
  await page.getByText('3 of 3 numbers done').waitFor();
  await page.getByText('2 sent, 1 failed').waitFor();
  await desk.look('broadcast');
  await desk.go('/sendings');
  await page.getByText('2 sent, 1 failed').waitFor();
  await desk.look('sendings');
  // Pictures of a preview that a newer one replaced.
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 404/.test(text)),
    [],
  );
});

test('a fax for later waits over a restart, is put off, and is cancelled', async (context) => {
  const desk = await open(context);
  const { page, box } = desk;
  const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  await desk.go(`/send?to=${far}`);
  await page.getByLabel('Text on the cover page').fill('Later.');
  await page.getByText('Time, resolution, report').click();
  await page.getByLabel('Send at').fill('2041-02-03T10:00');
  await page.getByRole('button', { name: 'Send fax', exact: true }).click();
  await page.getByRole('alert').getByText('31 days ahead at most').waitFor();
  await page.getByLabel('Send at').fill(`${day(20)}T10:00`);
  await page.getByRole('button', { name: 'Send fax', exact: true }).click();
  await page.getByText(/to be sent/).waitFor();
  const [{ id }] = (await box.ask<SendingDetail[]>('fax', 'broadcasts')) as [SendingDetail];
  await box.kill('SIGKILL');
  await box.start();
  const waiting = await box.ask<SendingDetail>('fax', 'broadcast', id);
  assert.equal(waiting.waiting, 1);
  assert.equal(waiting.notBefore.slice(0, 10), day(20));
  await desk.go(`/sendings/${id}`);
  await page.getByRole('button', { name: 'Another time' }).click();
  await page
    .getByRole('dialog')
    .getByLabel('Send at')
    .fill(`${day(25)}T10:00`);
  await page.getByRole('dialog').getByRole('button', { name: 'Another time' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal((await box.ask<SendingDetail>('fax', 'broadcast', id)).notBefore.slice(0, 10), day(25));
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).last().click();
  await page.getByText('cancelled').first().waitFor();
  assert.equal((await box.ask<SendingDetail>('fax', 'broadcast', id)).cancelled, 1);
});
