import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { RunningBox, testConfig } from './running-box.ts';

/** The status page in a real browser, while a fax crosses the line. Screenshots go to `test/out/`. */

const out = fileURLToPath(new URL('../out/', import.meta.url));

test('the status page shows line, queue and calls live, on a desktop and on a phone, and takes nothing from elsewhere', async (context) => {
  await mkdir(out, { recursive: true });
  const box = await RunningBox.start(context, testConfig({ exchange: { enabled: true, speedFactor: 40 } }));
  const { address, port } = box.listeners.http!;
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  const trouble: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on(
    'request',
    (request) =>
      new URL(request.url()).host !== `${address}:${port}` &&
      !request.url().startsWith('data:') &&
      trouble.push(request.url()),
  );

  await page.goto(`http://${address}:${port}/`);
  await page.getByText('Everything is well.').waitFor();
  await page.getByText('Nothing waits.').waitFor();
  await page.getByText('No fax was sent or received yet.').waitFor();
  await page.getByText('Ready').waitFor();

  const mail = 'From: alice@office.test\nTo: 5550199@fax\nSubject: <script>alert(1)</script>\n\nA note.\n';
  const sent = await box.caselliWith(mail, 'sendmail', '-f', 'alice@office.test', '-t');
  assert.equal(sent.code, 0, sent.error);
  await page.getByText('Dialling 5550199').waitFor();
  await page.getByText('Sending to 5550199').waitFor();
  await page.screenshot({ path: join(out, 'status-sending.png') });
  await page.getByText('OFFICE SUPPLY CO, 5550199').waitFor();
  await page.getByText('Nothing waits.').waitFor();
  await page.screenshot({ path: join(out, 'status-done.png') });

  await page.setViewportSize({ width: 390, height: 800 });
  const width = await page.evaluate('document.documentElement.scrollWidth');
  assert.equal(width, 390, 'nothing stands out of the phone');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: join(out, 'status-phone-dark.png'), fullPage: true });

  // The box restarts; the page finds it again by itself.
  assert.equal(await box.kill('SIGTERM'), 0);
  await page.getByText('The box does not answer; trying again…').waitFor();
  assert.deepEqual(
    trouble.filter((text) => !/WebSocket|ERR_CONNECTION_REFUSED/.test(text)),
    [],
  );
});
