import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk } from './panel-browser.ts';

/** What should stand in the DNS, in a real browser. */

test('records to publish stand on their screen, also where no name server can be asked', async (context) => {
  const desk = await Desk.open(context, { outbound: { publicAddresses: ['192.0.2.7'] } });
  const { box, page } = desk;
  await desk.go('/dns');
  await page.getByRole('heading', { name: 'office.test' }).waitFor();
  const line = page.getByText('office.test. 3600 IN MX 10 box.office.test.').first();
  await line.waitFor();
  await page.getByText('_imaps._tcp.office.test. 3600 IN SRV').first().waitFor();
  await page.getByRole('button', { name: 'Copy MX office.test' }).click();
  await page.getByText('All lines, for a zone file').click();
  assert.match(
    (await page.locator('pre').textContent()) ?? '',
    /^7\.2\.0\.192\.in-addr\.arpa\. 3600 IN PTR box\.office\.test\.$/m,
  );
  await desk.look('dns');
  assert.deepEqual(desk.trouble, []);

  const { code, out } = await box.caselli('domain', 'check', 'office.test');
  assert.match(out, /office\.test\. 3600 IN TXT "v=spf1 mx ~all"/);
  assert.notEqual(code, 0);
  assert.match((await box.caselli('domain', 'check', 'other.test')).error, /is not taken here/);
});
