import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { runProgram } from '../support/run-program.ts';
import { Desk } from './panel-browser.ts';

/** How mail programs are set up: the sheet in a real browser, and what programs are told over HTTP, used for a real login. */

const alice = 'alice@office.test';

test('a mailbox is reached with what programs are told; the sheet says the same', async (context) => {
  const desk = await Desk.open(context);
  const { page, box } = desk;
  await desk.go('/people');
  await page.getByRole('row', { name: alice }).getByRole('link', { name: 'Programs' }).click();
  await page.getByRole('heading', { name: 'Mail programs', level: 1 }).waitFor();
  await page.getByRole('img', { name: 'Address of the profile' }).waitFor();
  await page
    .getByRole('row', { name: /Mailbox \(IMAP\)/ })
    .first()
    .waitFor();
  await desk.look('programs');
  const [downloading] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the profile' }).click(),
  ]);
  assert.equal(downloading.suggestedFilename(), 'mail.mobileconfig');

  const { address, port } = box.listeners.http!;
  const ask = async (path: string, ...more: string[]): Promise<string> => {
    const { stdout } = await runProgram('curl', [
      '-s',
      '-H',
      'Host: autoconfig.office.test',
      ...more,
      `http://${address}:${port}${path}`,
    ]);
    return stdout.toString();
  };
  const value = async (xml: string, path: string): Promise<string> =>
    (await runProgram('xmllint', ['--xpath', `string(${path})`, '-'], { input: xml })).stdout.toString().trim();
  const told = await ask(`/mail/config-v1.1.xml?emailaddress=${alice}`);
  const imap = '//incomingServer[@type="imap"][socketType="STARTTLS"]';
  assert.equal(await value(told, '//emailProvider/@id'), 'office.test');
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: Number(await value(told, `${imap}/port`)),
    secure: false,
    doSTARTTLS: true,
    servername: await value(told, `${imap}/hostname`),
    tls: { ca: (await box.caselli('system', 'certificate', 'authority')).out },
    auth: {
      user: (await value(told, `${imap}/username`)).replace('%EMAILADDRESS%', alice),
      pass: box.accounts[alice]!,
    },
    logger: false,
  });
  await client.connect();
  await client.logout();

  const question = `<Autodiscover><Request><EMailAddress>${alice}</EMailAddress></Request></Autodiscover>`;
  const outlook = await ask('/Autodiscover/Autodiscover.xml', '-H', 'Content-Type: text/xml', '--data', question);
  const smtp = '//*[local-name()="Protocol"][*[local-name()="Type"]="SMTP"]/*[local-name()="Port"]';
  const submission = connect(Number(await value(outlook, smtp)), '127.0.0.1');
  await new Promise((resolve, reject) => submission.once('connect', resolve).once('error', reject));
  submission.destroy();
  assert.match(
    await ask('/autodiscover/autodiscover.json?Email=a@office.test&Protocol=AutodiscoverV1'),
    /"Url":"https:/,
  );
  const cli = await box.ask<{ services: unknown[] }>('user', 'client-setup', alice);
  assert.ok(cli.services.length >= 2);

  // Strangers, long questions and rubbish hear so.
  assert.match(await ask('/mail/config-v1.1.xml?emailaddress=a@elsewhere.test'), /no mailboxes of that domain/);
  assert.match(await ask('/autodiscover/autodiscover.xml', '--data', '<rubbish'), /<ErrorCode>600</);
  assert.match(
    await ask('/autodiscover/autodiscover.xml', '--data', question.replace('office', 'elsewhere')),
    /<ErrorCode>601</,
  );
  assert.match(await ask('/autodiscover/autodiscover.xml', '--data', 'x'.repeat(20_000)), /too large/i);
  assert.deepEqual(desk.trouble, []);
});
