import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { Desk } from './panel-browser.ts';

/** The own account, second factors, sessions and the audit log, in a real browser with an authenticator of Chromium's. */

const alice = 'alice@office.test';

/** A panel that asks for a login; under a name, since passkeys belong to names. */
async function open(context: TestContext): Promise<{ readonly desk: Desk; readonly at: string }> {
  const desk = await Desk.open(context, {
    panel: { http: { address: '0.0.0.0', port: 0 }, administrators: [alice] },
  });
  return { desk, at: `http://localhost:${desk.box.listeners.http!.port}` };
}

async function logIn(page: Page, account: string, password: string): Promise<void> {
  await page.getByLabel('Name or mail address').fill(account);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

const logOut = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Log out', exact: true }).first().click();

async function confirm(page: Page, password: string): Promise<void> {
  await page.getByRole('dialog').getByLabel('Your password').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
}

test('a person changes the password, sets up an app and a passkey, and logs in with each', async (context) => {
  const { desk, at } = await open(context);
  const { page, box } = desk;
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(at);
  await logIn(page, alice, box.accounts[alice]!);
  await page.getByRole('link', { name: 'My account' }).click();
  await page.getByRole('heading', { level: 1, name: 'My account' }).waitFor();

  await page.getByLabel('Forward mail to').fill('bob@office.test');
  await page.getByRole('button', { name: 'Save forwarding' }).click();
  await page.getByRole('status').getByText('Saved.').waitFor();
  const [{ forward } = { forward: { to: [] as string[] } }] = (
    await box.ask<{ address: string; forward: { to: string[] } }[]>('user', 'list')
  ).filter(({ address }) => address === alice);
  assert.deepEqual(forward.to, ['bob@office.test']);

  const password = 'Wood-Lake-Long-7';
  await page.getByLabel('Password now').fill('not the one');
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password once more').fill(password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').getByText('This is not your password.').waitFor();
  await page.getByLabel('Password now').fill(box.accounts[alice]!);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('The password was changed.').waitFor();

  await page.getByRole('button', { name: 'Set up an app' }).click();
  await confirm(page, password);
  const key = (await page.locator('code.key').innerText()).replaceAll(' ', '');
  await page.getByRole('img', { name: 'QR code with the key for the app' }).waitFor();
  await page.getByLabel('Code that the app shows now').fill('000000');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.getByLabel('Code that the app shows now').fill(new TOTP({ secret: Secret.fromBase32(key) }).generate());
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('heading', { name: 'Recovery codes' }).first().waitFor();
  const [recovery] = await page.getByRole('dialog').locator('code').allInnerTexts();
  await page.getByRole('button', { name: 'I have them' }).click();
  await page.getByText('On: a code of the app is asked for at each login.').waitFor();
  await desk.look('account');

  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name of the passkey').fill('My laptop');
  await confirm(page, password);
  await page.getByRole('cell', { name: /My laptop, for localhost/ }).waitFor();

  // A recovery code lets in once.
  await logOut(page);
  await logIn(page, alice, password);
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  await desk.look('login-code');
  await page.getByLabel('Code').fill(recovery!);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('link', { name: 'My account' }).waitFor();
  await logOut(page);
  await logIn(page, alice, password);
  await page.getByLabel('Code').fill(recovery!);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('alert').waitFor();
  // The passkey as second step, and alone.
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('link', { name: 'My account' }).waitFor();
  await logOut(page);
  await page.getByRole('button', { name: 'Log in with a passkey' }).click();
  await page.getByRole('link', { name: 'My account' }).waitFor();

  // Who did what, with nothing secret; it can be checked and saved.
  await page.getByRole('link', { name: 'Security' }).click();
  await page.getByRole('cell', { name: 'Own password' }).first().waitFor();
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Nothing was tampered with').waitFor();
  await desk.look('security');
  const text = await page.locator('body').innerText();
  for (const secret of [password, key, recovery!]) assert.ok(!text.includes(secret));
  await page.getByRole('searchbox').fill('Nothing is like this');
  await page.getByText('Nothing was found.').waitFor();
  assert.deepEqual(
    desk.trouble.filter((one) => !one.startsWith(`${at}/`) && !/status of (?:401|403|422)|WebSocket/.test(one)),
    [],
  );
});

test('whoever ends a session ends it everywhere; a disabled person is let in no more', async (context) => {
  const { desk, at } = await open(context);
  const { page, box } = desk;
  await page.goto(at);
  await logIn(page, alice, box.accounts[alice]!);
  const other = await (await desk.browser.newContext()).newPage();
  await other.goto(at);
  await logIn(other, 'bob@office.test', box.accounts['bob@office.test']!);
  await other.getByRole('link', { name: 'My account' }).waitFor();
  await page.getByRole('link', { name: 'Security' }).click();
  await page
    .getByRole('row', { name: /^bob@office\.test/ })
    .getByRole('button', { name: 'Log out' })
    .click();
  await page.getByRole('row', { name: /^bob@office\.test/ }).waitFor({ state: 'detached' });
  await other.getByRole('link', { name: 'My account' }).click();
  await other.getByRole('button', { name: 'Log in', exact: true }).waitFor();
  assert.equal((await box.caselli('user', 'change', 'bob@office.test', '--disabled', 'yes')).code, 0);
  await logIn(other, 'bob@office.test', box.accounts['bob@office.test']!);
  await other.getByRole('alert').waitFor();
});
