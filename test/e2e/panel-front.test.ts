import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Desk as FrontDesk } from '../support/front-panel-desk.ts';
import { Desk, out } from './panel-browser.ts';

/** The front panel in a real browser: the real LCDd, a strict display with keys, and the page that shows the same. */

const alice = 'alice@office.test';

test('the page shows what the display shows: keys, a fax that crosses, pausing', async (context) => {
  const front = await FrontDesk.open(context);
  const desk = await Desk.open(context, {
    system: { lcd: { enabled: true, port: front.port } },
    exchange: { enabled: true, speedFactor: 6 },
  });
  const { page, box } = desk;
  await desk.go('/front-panel');
  await page.getByText('No display was found').waitFor();
  await desk.look('front-panel-absent');
  await front.plug();
  void front.startLcd();
  const picture = page.getByRole('img');
  /** The page has all the words, and the same rows as the display. */
  const same = async (...words: string[]): Promise<void> => {
    await front.shows(...words);
    for (const word of words) await page.locator('.display', { hasText: word }).waitFor();
    while ((await picture.textContent()) !== front.panel.lines().join('\n'))
      await page.waitForResponse((response) => response.url().endsWith('/api/frontPanel'));
  };
  await same('Open in a browser:', 'One-time password:');
  front.panel.tap('Down');
  await same('All is well', 'line');
  front.panel.tap('Enter');
  await same('Menu', '>Network');
  for (const words of ['>Line test', '>Last faxes']) {
    front.panel.tap('Down');
    await same(words);
  }
  await desk.look('front-panel-menu');
  front.panel.tap('Exit');
  await same('One-time password:');

  // Walked to the line, its fax is seen there with a bar.
  front.panel.tap('Up');
  await same('Network');
  front.panel.tap('Up');
  await same('5550100', 'free');
  const mail = `From: ${alice}\nTo: 5550199@fax\nSubject: An offer\n\n${'A thing of the offer\n'.repeat(120)}`;
  assert.equal((await box.caselliWith(mail, 'sendmail', '-f', alice, '-t')).code, 0);
  await Promise.all([
    front.shows('5550100      sending', 'to 5550199', 'Page 1 of', '█'),
    page.locator('.display', { hasText: /sending\s+to 5550199\s+Page \d of \d\s+█/ }).waitFor(),
    page.getByText('A fax is crossing').waitFor(),
  ]);
  await page.screenshot({ path: join(out, 'panel-front-panel-fax.png'), fullPage: true });
  await box.event('call.ended');
  await same('5550100', 'free');

  // Pausing is a button of the panel as well, and both show it.
  await desk.go('/');
  await page.getByRole('button', { name: 'Pause faxing' }).click();
  await page.getByText('Faxing is paused: faxes wait until somebody resumes it.').waitFor();
  await desk.look('home-paused');
  await front.shows('5550100       paused', 'Faxes wait');
  front.panel.tap('Enter');
  await front.shows('>Network');
  for (const words of ['>Line test', '>Last faxes', '>Resume faxing']) {
    front.panel.tap('Down');
    await front.shows(words);
  }
  front.panel.tap('Enter');
  await front.shows('Faxes go out again.');
  await page.getByRole('button', { name: 'Pause faxing' }).waitFor();
  await page.getByText('Faxing is paused').waitFor({ state: 'detached' });
  assert.deepEqual(front.panel.faults, []);
  assert.deepEqual(desk.trouble, []);
});

test('a front panel that is switched off says so, and where it is switched on', async (context) => {
  const desk = await Desk.open(context);
  const { page } = desk;
  await desk.go('/front-panel');
  await page.getByText('The front panel is switched off.').waitFor();
  await desk.look('front-panel-off');
  await page.getByRole('link', { name: 'Switch it on' }).click();
  await page.getByText('The front panel, through LCDproc').first().waitFor();
  assert.deepEqual(desk.trouble, []);
});
