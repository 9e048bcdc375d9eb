import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setupSteps } from '../../src/system/setup/setup-record.ts';
import { places } from '../../web/src/settings-places.ts';
import { Desk } from './panel-browser.ts';

/**
 * Every screen of the panel, in each language, on a desktop and on a phone, with things on it, long names among them. The list
 * is that of the pages themselves: a new screen cannot be forgotten.
 */

const long = 'a.person.with.quite.a.long.name@a-department-with-a-long-name.office.test';

/** Something of everything, so that screens are not empty. */
async function furnish({ box }: Desk): Promise<Readonly<Record<string, readonly string[]>>> {
  const done = async (...words: readonly string[]): Promise<void> => {
    const { code, error } = await box.caselli(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${error}`);
  };
  await done('domain', 'add', 'a-department-with-a-long-name.office.test');
  await done('user', 'add', long, '--full-name', 'Annegret Schmidt-Oberhausen von der Langen Leitung');
  await done('alias', 'set', 'everybody@office.test', 'alice@office.test', long);
  await done(
    'book',
    'add',
    '--name',
    'Landesamt für Vermessung und Geoinformation',
    '--fax',
    '5550199',
    '--group',
    'Ämter',
  );
  const mail = (to: string): string =>
    `From: alice@office.test\nTo: ${to}\nSubject: A subject that goes on and on, as subjects of some people do\n\nA note.\n`;
  for (const to of ['5550199@fax', '5550111@fax', long, 'somebody@unreachable.invalid'])
    assert.equal((await box.caselliWith(mail(to), 'sendmail', '-f', 'alice@office.test', '-t')).code, 0);
  await box.event('fax.changed', ({ state }) => state === 'sent');
  const [{ id: sent } = { id: '' }] = await box.ask<{ id: string }[]>('fax', 'list');
  const pdf = `${box.data}/fax.pdf`;
  await done('fax', 'pdf', sent, '--out', pdf);
  // Called while the line is free: the busy number was tried, and rests for an hour.
  await box.event('queue.deferred', ({ recipient }) => recipient.startsWith('5550111'));
  await box.event('line.state', ({ state }) => state === 'idle');
  const call = await box.ask<{ result: string }>('exchange', 'dial-in', '--from', '5550199', '--to', '5550100', pdf);
  assert.equal(call.result, 'done');
  await box.event('fax.received');
  await done('fax', 'send', '--to', '5550199', '--from', 'alice@office.test', '--text', 'For later.', '--at', later());
  const ids = async (...words: readonly string[]): Promise<string[]> =>
    (await box.ask<{ id: string }[]>(...words)).map(({ id }) => id);
  const faxes = await ids('fax', 'list');
  return {
    '/faxes/:id': faxes,
    '/calls/:id': (await ids('fax', 'calls')).slice(0, 2),
    '/mail/:id': (await ids('queue', 'list')).slice(0, 2),
    '/mail/log/:id': (await box.ask<{ entries: { id: string }[] }>('mail', 'log')).entries
      .slice(0, 2)
      .map(({ id }) => id),
    '/sendings/:id': await ids('fax', 'broadcasts'),
    '/settings/:screen': [...places.map(({ id }) => id), 'history'],
    '/setup/:step': [...setupSteps, 'done'],
  };
}

function later(): string {
  return `${new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10)}T10:00`;
}

test('every screen stands in every language, on a desktop and on a phone; axe finds nothing, and nothing is taken from elsewhere', async (context) => {
  const desk = await Desk.open(context, {
    fax: { retrySchedule: ['1h'] },
  });
  const things = await furnish(desk);
  const pages = await readFile(new URL('../../web/src/app.tsx', import.meta.url), 'utf8');
  const routes = [...pages.matchAll(/^ {2}'(\/[^']*)':/gm)].map(([, route]) => route!);
  assert.ok(routes.length > 20);
  const paths = [...routes, '/nowhere'].flatMap((route) => {
    if (route === '/programs') return [`${route}?of=${encodeURIComponent(long)}`];
    if (!route.includes(':')) return [route];
    const values = things[route] ?? [];
    assert.ok(values.length > 0, `something for ${route}`);
    return values.map((value) => route.replace(/:\w+/, value));
  });
  const wrong: string[] = [];
  for (const language of ['en', 'de']) {
    await desk.go('/');
    await desk.page.evaluate(`localStorage.setItem('caselli.language', '${language}')`);
    for (const path of paths) {
      await desk.go(path);
      const name =
        path === '/'
          ? 'home'
          : path
              .slice(1)
              .replaceAll(/[^\w-]+/g, '-')
              .slice(0, 60);
      await desk.look(`${language}-${name}`, { axe: language === 'en' }).catch((error) => wrong.push(String(error)));
    }
    assert.equal(await desk.page.evaluate('document.documentElement.lang'), language);
  }
  assert.deepEqual(wrong, []);
  // What is refused in this test stands in the browser's console.
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of (?:501|422|404|503)/.test(text)),
    [],
  );
});

test('a person sees the own faxes, sends, looks after the own account, and finds nothing that is refused', async (context) => {
  const desk = await Desk.open(context, { panel: { http: { address: '0.0.0.0', port: 0 } } });
  const { page, box } = desk;
  await desk.go('/');
  await page.getByLabel('Name or mail address').fill('bob@office.test');
  await page.locator('input[type=password]').fill(box.accounts['bob@office.test']!);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  const places = page.getByRole('navigation', { name: 'Menu' }).getByRole('link');
  await places.first().waitFor();
  desk.trouble.length = 0;
  const names = await places.allInnerTexts();
  assert.deepEqual(names, ['Faxes', 'Send a fax', 'Address book', 'Mail programs', 'My account']);
  for (const [at, name] of names.entries()) {
    await places.nth(at).click();
    await page.waitForLoadState('networkidle');
    await desk.look(`person-${name.toLowerCase().replaceAll(' ', '-')}`);
  }
  await page.getByText('bob@office.test').first().waitFor();
  // What is not for persons is not there, whatever the address says.
  for (const path of ['/people', '/settings', '/security', '/system']) {
    await desk.go(path);
    await page.getByText('There is no such page.').waitFor();
  }
  assert.deepEqual(desk.trouble, []);
});

test('what the box says is said in the language of the page, as far as that knows it', async (context) => {
  const desk = await Desk.open(context);
  await desk.go('/');
  await desk.page.getByLabel('Language').selectOption('de');
  await desk.page
    .getByText(/^Das Zertifikat ist von der Box selbst unterschrieben und gilt bis \d{4}-\d\d-\d\d: /)
    .waitFor();
  await desk.go('/system');
  await desk.page.getByText(/Faxleitung line1 \(5550100\): bereit\./).waitFor();
  await desk.page.getByText(/Von [\d.]+ .B der Platte sind [\d.]+ .B frei\./).waitFor();
});
