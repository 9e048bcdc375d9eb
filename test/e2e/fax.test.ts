import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type Mail from 'nodemailer/lib/mailer';
import sharp from 'sharp';
import type { ReceivedView } from '../../src/admin/admin-api.ts';
import { readConfig } from '../../src/config/schema.ts';
import { makePdf, planMail, renderedHere } from '../support/fax-mail.ts';
import { assertArrived, likeness, pixels } from '../support/fax-pages.ts';
import { inboxMessage, inboxUntil, queueId, sender, withInbox } from '../support/mail-program.ts';
import { RunningBox, testConfig } from './running-box.ts';

/**
 * The trunk, end to end: the real program, real clients (nodemailer sends, imapflow and curl read), the simulated
 * telephone network between.
 */

const alice = 'alice@office.test';

/** Mails a PDF to a fax number and returns the id in the queue. */
async function mailFax(box: RunningBox, to: string, pdf: Uint8Array, dsn?: { notify: string[] }): Promise<string> {
  const sent = await sender(box, alice).sendMail({
    ...planMail(to, pdf),
    ...(dsn && { dsn: { id: 'plan-1', return: 'headers', notify: dsn.notify, recipient: `rfc822;${to}` } }),
  } as Mail.Options);
  return queueId(sent);
}

/** A message in alice's INBOX, with eight bits as Latin-1. */
async function letter(box: RunningBox, subject: RegExp): Promise<{ source: string }> {
  const { source } = await inboxMessage(box, alice, subject);
  return { source: source.toString('latin1') };
}

function received(box: RunningBox, number: string): Promise<ReceivedView[]> {
  return box.ask<ReceivedView[]>('exchange', 'received', number);
}

test('a two-page PDF mailed to a fax number arrives as cover page and two pages, pixel for pixel, and is reported', async (context) => {
  const box = await RunningBox.start(context);
  const pdf = await makePdf(2);
  const id = await mailFax(box, '5550199@fax', pdf, { notify: ['success', 'failure'] });
  await box.event('queue.delivered', ({ message }) => message === id);
  const faxes = await received(box, '5550199');
  assert.equal(faxes.length, 1);
  assert.deepEqual([faxes[0]!.from, faxes[0]!.result, faxes[0]!.pages.length], ['5550100', 'done', 3]);

  const report = await letter(box, /sent|delivered|report/i);
  assert.match(report.source, /report-type=delivery-status/);
  assert.match(report.source, /Final-Recipient: rfc822; ?5550199@fax/);
  assert.match(report.source, /Action: (delivered|relayed)/);
  assert.match(report.source, /3 pages/);
  assert.match(report.source, /OFFICE SUPPLY CO/);
  assert.match(report.source, /image\/png/);

  // What the far side decoded (by libtiff) is what the same message renders to here.
  const accepted = box.events.find((one) => one.event === 'queue.accepted' && one.message === id)!;
  const reading = readConfig(testConfig());
  if (reading.kind !== 'valid') assert.fail();
  const expected = await renderedHere(context, planMail('5550199@fax', pdf), {
    config: reading.config,
    number: '5550199',
    date: Date.parse(String((accepted as { at?: string }).at)),
  });
  const files = faxes[0]!.pages.map(({ file }) => file);
  assertArrived(files, expected);
  // And, with another renderer at a coarse grid, the PDF's own pages are what stands there.
  for (const page of [1, 2]) assert.ok((await likeness(files[page]!, pdf, page, context)) > 0.8, `page ${page}`);
});

const troubled = [
  { number: '5550111', what: 'busy', words: /busy/i, calls: 3 },
  { number: '5550112', what: 'no answer', words: /(nobody|no one) answered|no answer|did not answer/i, calls: 3 },
  { number: '5550113', what: 'voice', words: /not by a fax machine|no fax machine/i, calls: 3 },
  {
    number: '5550114',
    what: 'dropped',
    words: /line was (lost|cut|dropped)|connection was lost|dropped|broke/i,
    calls: 3,
  },
] as const;

test('busy, no answer, voice and a dropped line defer, are tried again, and bounce in plain words', async (context) => {
  const box = await RunningBox.start(context);
  const pdf = await makePdf(5); // more pages than calls: each call goes on where the last one was cut
  const ids = new Map<string, string>();
  for (const { number } of troubled) ids.set(number, await mailFax(box, `${number}@fax`, pdf));
  for (const { number, words } of troubled) {
    const id = ids.get(number)!;
    const deferred = await box.event('queue.deferred', ({ message }) => message === id);
    assert.match(deferred.text, words, number);
    assert.match(deferred.status, /^4\.\d+\.\d+$/);
    const failed = await box.event('queue.failed', ({ message }) => message === id);
    assert.match(failed.text, words, number);
    await box.event('dsn.sent', ({ about, to }) => about === id && to === alice);
    const calls = box.events.filter((one) => one.event === 'call.ended' && one.number === number);
    assert.ok(calls.length >= 2, `${number} was tried again`);
  }
  await box.event('queue.done', ({ message }) => message === ids.get('5550114'));
  const letters = await inboxUntil(box, alice, (all) => (all.length >= troubled.length ? all : undefined));
  const reports = letters.map(({ source }) => source.toString('latin1'));
  for (const { number, what, words } of troubled) {
    const report = reports.find((one) => one.includes(`${number}@fax`));
    assert.ok(report, what);
    assert.match(report.slice(0, report.indexOf('message/delivery-status')), words, what);
    assert.match(report, /Action: failed/);
  }
  // The station that drops the line in its second page confirmed one page in each call, and none was sent twice.
  const dropped = (await received(box, '5550114')).flatMap(({ pages }) => pages);
  assert.equal(dropped.length, 3);
  const arrived = dropped.map(({ file }) => pixels(file).data.toString('latin1'));
  assert.equal(new Set(arrived).size, 3);
});

test('a poor line: one training fails and one page is sent again, and the fax arrives whole', async (context) => {
  const box = await RunningBox.start(context);
  const id = await mailFax(box, '5550115@fax', await makePdf(1));
  await box.event('queue.delivered', ({ message }) => message === id);
  const [fax] = await received(box, '5550115');
  assert.deepEqual([fax!.result, fax!.pages.length], ['done', 2]);
  const [call] = await box.ask<{ id: string }[]>('fax', 'calls');
  const { transcript } = await box.ask<{ transcript: string }>('fax', 'show', call!.id);
  assert.match(transcript, /FCS|FDCS/);
});

test('options in the address: low resolution, and the cover page only', async (context) => {
  const box = await RunningBox.start(context);
  const pdf = await makePdf(1);
  const low = await mailFax(box, '5550199@fax-lowres', pdf);
  await box.event('queue.delivered', ({ message }) => message === low);
  const cover = await mailFax(box, '5550199@fax-cover', pdf);
  await box.event('queue.delivered', ({ message }) => message === cover);
  const faxes = await received(box, '5550199');
  assert.deepEqual(
    faxes.map(({ pages }) => pages.map(({ resolution }) => resolution)),
    [['normal', 'normal'], ['fine']],
  );
});

test('a dial-in of three pages arrives as three PNG files', async (context) => {
  const box = await RunningBox.start(context);
  const folder = await mkdtemp(join(tmpdir(), 'caselli-in-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'three.pdf');
  await writeFile(file, await makePdf(3));
  const dialled = await box.caselli('exchange', 'dial-in', '--from', '5550199', '--to', '5550100', file);
  assert.equal(dialled.code, 0, dialled.error);
  await box.event('fax.received', ({ pages }) => pages === 3);
  const mail = await letter(box, /5550199|OFFICE SUPPLY CO/);
  assert.match(mail.source, /OFFICE SUPPLY CO/);
  assert.equal(mail.source.match(/^Content-Type: image\/png/gim)?.length, 3);
  for (const name of ['page1.png', 'page2.png', 'page3.png']) assert.ok(mail.source.includes(name), name);

  // A second real client, over another protocol, reads the same.
  const { address, port } = box.listeners.pop3s!;
  const curl = execFileSync(
    'curl',
    ['-sSk', '--user', `${alice}:${box.accounts[alice]}`, `pop3s://${address}:${port}/1`],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const png = Buffer.from(
    /Content-Type: image\/png[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/i.exec(curl.toString('latin1'))![1]!,
    'base64',
  );
  const { width, height, format } = await sharp(png).metadata();
  assert.equal(format, 'png');
  assert.ok(width! >= 1700 && height! > width!, `${width}×${height}`);
});

test('Ctrl-C stops the box in order; the next start has everything', async (context) => {
  const box = await RunningBox.start(context);
  await sender(box, alice).sendMail({ from: alice, to: 'bob@office.test', subject: 'kept', text: 'x' });
  await box.event('queue.delivered');
  const before = box.accounts;
  assert.equal(await box.kill('SIGINT'), 0);
  assert.equal(box.otherOutput, '');
  const stopped = await box.ask<{ address: string }[]>('user', 'list');
  assert.deepEqual(
    stopped.map(({ address }) => address),
    [alice, 'bob@office.test'],
  );
  await box.start();
  assert.deepEqual(box.accounts, before);
  await withInbox(box, 'bob@office.test', async (client) => {
    assert.equal(
      ((await client.fetchOne('1', { envelope: true })) as { envelope: { subject: string } }).envelope.subject,
      'kept',
    );
  });
});
