import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { ImapFlow } from 'imapflow';
import type Mail from 'nodemailer/lib/mailer';
import type { ReceivedView } from '../../src/admin/admin-api.ts';
import { queueId, sender, withInbox } from '../support/mail-program.ts';
import { type BadDocument, badDocuments, mostPages, mostSeconds } from './bad-documents.ts';
import { assertGrowth, assertServes } from './bad-honest-client.ts';
import { RawClient, smtpReply } from './bad-talk.ts';
import { RunningBox, testConfig } from './running-box.ts';

/**
 * Documents and numbers that cannot be faxed, against the real program: the sender hears why, in words; nothing is
 * dialled, nothing is left behind.
 */

const alice = 'alice@office.test';
/** Over all documents; the text of a million lines alone takes 80 MiB for a moment. */
const mostMiB = 250;

/** A box whose temporary files, its data among them, are in a folder of their own. */
async function startBox(context: TestContext): Promise<{ box: RunningBox; temporary: string }> {
  const former = process.env.TMPDIR;
  const temporary = await mkdtemp(join(tmpdir(), 'caselli-bad-'));
  context.after(async () => {
    if (former === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = former;
    await rm(temporary, { recursive: true, force: true });
  });
  process.env.TMPDIR = temporary;
  const config = testConfig({
    documents: { timeout: `${mostSeconds}s` },
    fax: { maxPages: mostPages, dialPlan: 'reject^ 911 local\nreject^ 911 esmtp\naccept^ n local\naccept^ n esmtp' },
  });
  return { box: await RunningBox.start(context, config), temporary };
}

/** @returns the id in the queue. */
async function mailFax(box: RunningBox, to: string, document: BadDocument, envelopeId: string): Promise<string> {
  const { filename, contentType, content } = document;
  const message = {
    from: alice,
    to,
    subject: document.name,
    text: 'Please see the attachment.',
    attachments: [{ filename, contentType, content }],
    dsn: { id: envelopeId, return: 'headers', notify: ['failure'], recipient: `rfc822;${to}` },
  };
  return queueId(await sender(box, alice).sendMail(message as Mail.Options));
}

/** What a bounce says to a person, in one line, by the envelope id of what it is about. */
async function bounces(client: ImapFlow): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { uid, source } of await client.fetchAll('1:*', { uid: true, source: true })) {
    const report = source!.toString('latin1');
    const [, about] = /^Original-Envelope-Id: (\S+)\r$/im.exec(report) ?? [];
    if (about === undefined || !/^Action: failed\r$/im.test(report)) continue;
    const { content } = await client.download(String(uid), '1', { uid: true });
    if (content) found.set(about, (await text(content)).replaceAll(/\s+/g, ' '));
  }
  return found;
}

test('documents that cannot be faxed come back with the reason; nothing is dialled, nothing left', async (context) => {
  const { box, temporary } = await startBox(context);
  const victim = join(temporary, 'victim');
  await writeFile(victim, 'unharmed');
  const documents = await badDocuments(victim);
  const ids: string[] = [];
  await assertServes(box, 'at the start');

  await assertGrowth(box, mostMiB, async () => {
    for (const [index, document] of documents.entries())
      ids.push(await mailFax(box, '5550199@fax', document, `document-${index}`));
    await assertServes(box, 'while documents are looked at');
    for (const id of ids) await box.event('dsn.sent', ({ about, to }) => about === id && to === alice);
    for (const id of ids) await box.event('queue.done', ({ message }) => message === id);
  });

  await context.test('each sender reads why', async () => {
    const reports = ids.map((id) => box.event('dsn.sent', ({ about }) => about === id));
    for (const { message } of await Promise.all(reports))
      await box.event('queue.delivered', (one) => one.message === message);
    const bounced = await withInbox(box, alice, bounces);
    for (const [index, { name, words, filename }] of documents.entries()) {
      const told = bounced.get(`document-${index}`) ?? 'no bounce';
      assert.match(told, words, name);
      assert.ok(told.includes(filename), name);
      assert.doesNotMatch(told, /root:|Error:|undefined|gs:|VipsJpeg|vips|\/tmp\//, name);
    }
  });

  await context.test('nothing was dialled, no file and no process is left', async () => {
    assert.deepEqual(
      box.events.filter(({ event }) => event === 'call.started'),
      [],
    );
    assert.deepEqual(await box.ask('queue', 'list'), []);
    assert.equal(await readFile(victim, 'utf8'), 'unharmed');
    assert.deepEqual(await readdir(temporary), [basename(box.data), 'victim']);
    const left = await readdir(join(box.data, 'fax'), { recursive: true, withFileTypes: true });
    assert.deepEqual(
      left.filter((entry) => !entry.isDirectory() && !/\.db/.test(entry.name)).map(({ name }) => name),
      [],
    );
    assert.deepEqual(await processesNaming(temporary), [box.pid]);
  });

  await context.test('with @fax-ignore the rest goes out, and the cover page says what does not', async () => {
    const program = documents.find(({ name }) => name === 'a program')!;
    const id = await mailFax(box, '5550199@fax-ignore', program, 'ignored');
    await box.event('queue.delivered', ({ message }) => message === id);
    const faxes = await box.ask<ReceivedView[]>('exchange', 'received', '5550199');
    assert.deepEqual(
      faxes.map(({ result, pages }) => [result, pages.length]),
      [['done', 1]],
    );
  });

  assert.deepEqual(
    box.events.filter(({ level }) => level === 'error'),
    [],
  );
  assert.equal(box.otherOutput, '');
});

/** Processes that have this path among their words. */
async function processesNaming(path: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')));
  return ids.filter((_, index) => lines[index]!.includes(path)).map(Number);
}

test('numbers that cannot be dialled are refused at RCPT, and so are strangers', async (context) => {
  const { box } = await startBox(context);
  const client = new RawClient(box.listeners.submission!);
  const login = Buffer.from(`\0${alice}\0${box.accounts[alice]}`).toString('base64');
  await client.linesUntil(smtpReply);
  for (const line of ['EHLO x.example', `AUTH PLAIN ${login}`, `MAIL FROM:<${alice}>`])
    assert.match((await client.ask(line, smtpReply)).at(-1)!, /^2/);
  // Not ten: who makes so many mistakes is slowed down.
  const refused: readonly (readonly [path: string, reply: RegExp])[] = [
    ['call-me@fax', /^55\d 5\.1\.\d .*“?c“?.*cannot be dialled/i],
    ['@fax', /^501 /],
    [`${'5'.repeat(100)}@fax`, /^55\d 5\.1\.\d .*longer than 80/],
    ['911@fax', /^55\d 5\.\d\.\d .*not allow/],
    ['+@fax', /^55\d 5\.1\.\d .*no digit/],
    ['-@fax', /^55\d 5\.1\.\d .*no digit/],
    ['"5550199;ATZ"@fax', /^55\d 5\.1\.\d .*cannot be dialled/],
    ['"5550199\\\tATH"@fax', /^5/],
    ['5550199!@fax-ignore-cover', /^55\d 5\.1\.\d .*cannot be dialled/],
  ];
  for (const [path, reply] of refused) {
    await context.test(path, async () => {
      assert.match((await client.ask(`RCPT TO:<${path}>`, smtpReply)).at(-1)!, reply);
      await client.ask('RSET', smtpReply);
      await client.ask(`MAIL FROM:<${alice}>`, smtpReply);
    });
  }
  client.vanish();

  const stranger = new RawClient(box.listeners.smtp!);
  await stranger.linesUntil(smtpReply);
  await stranger.ask('EHLO x.example', smtpReply);
  for (const sender of ['a@mail.example', alice, '']) {
    await stranger.ask(`MAIL FROM:<${sender}>`, smtpReply);
    assert.match((await stranger.ask('RCPT TO:<5550199@fax>', smtpReply)).at(-1)!, /^5[35]0 5\.7\.\d /, sender);
    await stranger.ask('RSET', smtpReply);
  }
  stranger.vanish();
  assert.equal(
    box.events.some(({ event }) => event === 'queue.accepted'),
    false,
  );
});
