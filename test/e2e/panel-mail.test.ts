import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type TestHost, testHost } from '../../src/agents/test-host.ts';
import { inboxMessage, queueId, sender } from '../support/mail-program.ts';
import { Desk } from './panel-browser.ts';
import type { RunningBox } from './running-box.ts';

/** The queue, the log of mail, a message's story and the summaries, in a real browser. */

const alice = 'alice@office.test';

/** Another host, which takes mail for nobody whose name begins with `late`. */
async function otherHost(context: TestContext): Promise<TestHost> {
  const host = await testHost({
    RCPT: (line) => (/<late/.test(line) ? '450 4.2.1 come back after lunch' : '250 2.1.5 ok'),
  });
  context.after(() => host[Symbol.asyncDispose]());
  return host;
}

async function office(context: TestContext): Promise<{ desk: Desk; host: TestHost }> {
  const host = await otherHost(context);
  const smarthost = { host: '127.0.0.1', port: host.port, security: 'none' as const };
  const desk = await Desk.open(context, {
    outbound: { smarthost },
    exchange: { enabled: true, speedFactor: 2000 },
  });
  return { desk, host };
}

/** Alice writes; resolves with the id in the queue. */
async function mail(box: RunningBox, to: string, subject: string): Promise<string> {
  const sent = await sender(box, alice).sendMail({ from: alice, to, subject, text: 'Hello.\r\n' });
  return queueId(sent);
}

test('a message that is deferred gets another address, is delivered there, and its story can be read', async (context) => {
  const { desk, host } = await office(context);
  const { box, page } = desk;
  const id = await mail(box, 'late.carol@away.example', 'An offer for Carol');
  await box.event('queue.deferred', ({ message }) => message === id);
  await desk.go('/mail');
  await page.getByText('come back after lunch').waitFor();
  await desk.look('mail-queue');
  await page.getByRole('table', { name: 'Waiting' }).getByRole('link').click();
  await page.getByRole('heading', { name: 'Message that waits' }).waitFor();
  await desk.look('mail-message');

  await page.getByRole('button', { name: 'Other address' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('New address or fax number').fill('nobody@office.test');
  await dialog.getByRole('button', { name: 'Where does it lead?' }).click();
  await dialog.getByText('There is no mailbox nobody@office.test').waitFor();
  await dialog.getByLabel('New address or fax number').fill('carol@new.example');
  await dialog.getByRole('button', { name: 'Where does it lead?' }).click();
  await dialog.getByText('hosts of new.example').waitFor();
  await desk.look('mail-reroute');
  await dialog.getByRole('button', { name: 'Send it there' }).click();
  await box.event('queue.delivered', ({ message, recipient }) => message === id && recipient === 'carol@new.example');
  assert.ok(host.messages.some((text) => text.includes('An offer for Carol')));

  await page.getByText('does not wait any more').waitFor();
  await page.getByRole('link', { name: 'What happened to it so far' }).click();
  await page.getByRole('heading', { name: 'An offer for Carol' }).waitFor();
  const steps = page.locator('.timeline');
  await steps.getByText('Handed in by alice@office.test from 127.0.0.1 over').waitFor();
  await steps.getByText('late.carol@away.example could not be reached yet.').waitFor();
  await steps.getByText('come back after lunch').waitFor();
  await steps.getByText('Somebody sent it to carol@new.example in place of late.carol@away.example.').waitFor();
  await steps.getByText('carol@new.example: 127.0.0.1 has taken it.').waitFor();
  await desk.look('mail-story');
  assert.equal(
    box.events.some(({ event }) => event === 'queue.failed' || event === 'dsn.sent'),
    false,
  );
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 404/.test(text)),
    [],
  );
});

test('several are chosen and held, let go and given another address together', async (context) => {
  const { desk } = await office(context);
  const { box, page } = desk;
  for (const n of [1, 2, 3]) await mail(box, 'late.dave@away.example', `Letter ${n}`);
  await mail(box, 'late.erin@away.example', 'Another letter');
  await box.event('queue.deferred', ({ recipient }) => recipient === 'late.erin@away.example');
  await desk.go('/mail');
  await page.getByLabel('Search addresses').fill('DAVE');
  await page.getByText('late.erin@away.example').waitFor({ state: 'detached' });
  await page.getByLabel('Choose all').check();
  await page.getByText('3 messages chosen').waitFor();
  await page.getByRole('button', { name: 'Hold back' }).click();
  await page.getByText('Held back by hand').first().waitFor();
  await page.getByText('messages chosen').waitFor({ state: 'detached' });
  assert.equal((await box.ask<{ held: boolean }[]>('queue', 'list')).filter(({ held }) => held).length, 3);
  await page.getByLabel('Choose all').check();
  await page.getByRole('button', { name: 'Other address' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('New address or fax number').fill('bob@office.test');
  await dialog.getByRole('button', { name: 'Where does it lead?' }).click();
  await dialog.getByText('mailbox of bob@office.test').waitFor();
  await dialog.getByRole('button', { name: 'Send it there' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByLabel('Search addresses').fill('bob@');
  await page.getByLabel('Choose all').check();
  await page.getByRole('button', { name: 'Let go' }).click();
  await page.getByText('Nothing waits.').waitFor();
  await inboxMessage(box, 'bob@office.test', /Letter 3/);
  const left = await box.ask<{ recipients: { address: string }[] }[]>('queue', 'list');
  assert.deepEqual(
    left.map(({ recipients }) => recipients.map(({ address }) => address).join()),
    ['late.erin@away.example'],
  );
  assert.deepEqual(desk.trouble, []);
});

test('the log is searched by address, subject, day and outcome; a report and its message lead to each other', async (context) => {
  const { desk } = await office(context);
  const { box, page } = desk;
  await mail(box, 'bob@office.test', 'Lunch on Friday');
  await mail(box, 'carol@away.example', 'The figures');
  const refused = sender(box, alice).sendMail({ from: alice, to: 'nobody@office.test', subject: 'x', text: 'x' });
  await assert.rejects(refused);
  const failed = await mail(box, 'late.dave@away.example', 'Too late');
  await box.event('queue.deferred', ({ message }) => message === failed);
  await box.caselli('queue', 'cancel', failed, 'Nobody wants it');
  await box.event('dsn.sent', ({ about }) => about === failed);
  await desk.go('/mail/log');
  const rows = page.getByRole('table', { name: 'Log of mail' }).locator('tbody tr');
  const search = page.getByLabel('Address, subject or message id');
  const found = async (...subjects: string[]): Promise<void> => {
    for (const subject of subjects) await rows.filter({ hasText: subject }).first().waitFor();
    await page.waitForFunction(`document.querySelectorAll('tbody tr').length === ${subjects.length}`);
  };
  await search.fill('CAROL@away');
  await found('The figures');
  await search.fill('friday');
  await found('Lunch on Friday');
  await search.fill('');
  await page.getByLabel('Outcome').selectOption('refused');
  await found('nobody@office.test');
  await page.getByLabel('Outcome').selectOption('failed');
  await found('Too late');
  await page.getByLabel('Outcome').selectOption('');
  await page.getByLabel('From day').fill('2001-01-01');
  await page.getByLabel('Until day').fill('2001-01-02');
  await page.getByText('The log has no such message.').waitFor();
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
  await page.getByLabel('Until day').fill(today);
  const failure = rows.filter({ hasText: 'late.dave@away.example' });
  await failure.waitFor();
  await desk.look('mail-log');

  await failure.getByRole('link').click();
  await page.getByText('Nobody wants it').waitFor();
  await page.getByText('A delivery report went to alice@office.test.').waitFor();
  await page.getByRole('link', { name: 'That message' }).click();
  await page.getByText('It reports about another message.').waitFor();
  await page.getByText('it is in the mailbox alice@office.test, INBOX').waitFor();
  await page.getByRole('link', { name: 'That message' }).click();
  await page.getByRole('heading', { name: 'Too late' }).waitFor();
  assert.deepEqual(desk.trouble, []);
});

test('the summary shows what the demo office did, as figures, plots and tables, and is mailed', async (context) => {
  const { desk } = await office(context);
  const { box, page } = desk;
  await mail(box, 'bob@office.test', 'One');
  await mail(box, 'carol@away.example', 'Two');
  const fax = await mail(box, '5550199@fax', 'Three');
  await box.event('queue.delivered', ({ message }) => message === fax);
  const late = await mail(box, 'late.dave@away.example', 'Four');
  await box.event('queue.deferred', ({ message }) => message === late);
  await desk.go('/mail/summary');
  const figure = (name: string) => page.locator('.figures > div').filter({ hasText: name }).locator('strong');
  await figure('Mail into mailboxes').getByText('1', { exact: true }).waitFor();
  for (const name of ['Mail to other hosts', 'Faxes sent', 'Pages sent', 'Tries put off'])
    assert.equal(await figure(name).textContent(), '1', name);
  await page.getByRole('img', { name: /^Fax pages: 1 in all/ }).waitFor();
  await page.getByText('No answer from the other mail server').waitFor({ state: 'detached' });
  await page.getByText('Mailbox switched off').waitFor();
  await page.getByText('As a table').first().click();
  await page.getByRole('table', { name: 'Mail', exact: true }).getByText('23:00').waitFor();
  await desk.look('mail-summary');
  await page.getByLabel('Period').selectOption('month');
  await page.getByRole('img', { name: /^Mail by hour of the day: 2 in all/ }).waitFor();
  await desk.look('mail-summary-month');
  await page.getByRole('button', { name: 'Earlier' }).click();
  await page.getByText('Nothing was counted then.').waitFor();
  await page.getByRole('button', { name: 'Later' }).click();
  await page.getByRole('button', { name: 'Mail this summary' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Mail this summary' }).click();
  await page.getByText('The summary was mailed.').waitFor();
  const { source } = await inboxMessage(box, alice, /1 in, 1 out, 1 fax/);
  assert.match(source.toString('latin1'), /text\/html[\s\S]*<h2>Mail by day<\/h2>/);
  const today = await box.ask<{ totals: Record<string, number> }>('mail', 'summary');
  assert.deepEqual([today.totals.mailOut, today.totals.faxOut, today.totals.pagesOut], [1, 1, 1]);
  assert.deepEqual(desk.trouble, []);
});
