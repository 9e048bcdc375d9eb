import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { FaxInfo, FaxView } from '../../src/admin/admin-api.ts';
import { RunningBox, testConfig } from './running-box.ts';

/** The archive of faxes on the real box, by its command line, with the simulated exchange. */

const run = promisify(execFile);
const alice = 'alice@office.test';

async function send(box: RunningBox, number: string, subject = 'Offer', note = 'A note.'): Promise<void> {
  const mail = `From: ${alice}\nTo: ${number}@fax\nSubject: ${subject}\n\n${note}\n`;
  const sent = await box.caselliWith(mail, 'sendmail', '-f', alice, '-t');
  assert.equal(sent.code, 0, sent.error);
}

const list = (box: RunningBox, ...words: string[]): Promise<FaxView[]> => box.ask('fax', 'list', ...words);

async function only(box: RunningBox, ...words: string[]): Promise<FaxView> {
  const faxes = await list(box, ...words);
  assert.equal(faxes.length, 1, JSON.stringify(faxes));
  return faxes[0]!;
}

/** The fax once it is in this state: asked again after each event that tells of one. */
async function once(box: RunningBox, state: string, ...words: string[]): Promise<FaxView> {
  await box.event('fax.changed', (fields) => fields.state === state);
  return only(box, ...words, '--state', state);
}

async function pdfPictures(box: RunningBox, id: string, name: string): Promise<Buffer[]> {
  const file = join(box.data, `${name}.pdf`);
  const made = await box.caselli('fax', 'pdf', id, '--out', file);
  assert.equal(made.code, 0, made.error);
  await run('pdfimages', [file, join(box.data, name)]);
  const { stdout } = await run('pdfinfo', [file]);
  const count = Number(/^Pages: +(\d+)$/m.exec(stdout)![1]);
  const names = Array.from({ length: count }, (_, page) => join(box.data, `${name}-00${page}.pbm`));
  return Promise.all(names.map((one) => readFile(one)));
}

async function started(context: TestContext, change: object = {}): Promise<RunningBox> {
  return RunningBox.start(context, testConfig(change));
}

test('a sent fax is kept, told, given as PDF, forwarded and sent again as it was', async (context) => {
  const box = await started(context);
  await send(box, '5550199');
  const sent = await once(box, 'sent');
  assert.deepEqual(
    [sent.direction, sent.number, sent.station, sent.people, sent.subject, sent.confirmed],
    ['out', '5550199', 'OFFICE SUPPLY CO', [alice], 'Offer', sent.pages],
  );
  const info = await box.ask<FaxInfo>('fax', 'info', sent.id);
  assert.equal(info.calls.length, 1);
  assert.equal(info.calls[0]!.result, 'done');
  assert.deepEqual(
    info.pageList.map(({ page, widthPx, resolution }) => [page, widthPx, resolution]),
    info.pageList.map((_, index) => [index + 1, 1728, 'fine']),
  );
  assert.match((await box.caselli('fax', 'info', sent.id)).out, /Sender: +alice@office\.test/);
  const pages = await pdfPictures(box, sent.id, 'first');
  assert.equal(pages.length, sent.pages);

  // Sent once more: the same pages, without a further header line or cover page.
  const again = await box.ask<{ message: string }>('fax', 'resend', sent.id, '--to', '5550115');
  await box.event('queue.delivered', ({ message }) => message === again.message);
  const second = await only(box, '5550115');
  assert.deepEqual([second.state, second.pages, second.people], ['sent', sent.pages, [alice]]);
  assert.deepEqual(await pdfPictures(box, second.id, 'second'), pages);

  const forwarded = await box.ask<{ message: string }>(
    'fax',
    'forward',
    sent.id,
    'bob@office.test',
    '--note',
    'See this.',
  );
  await box.event('queue.delivered', ({ message }) => message === forwarded.message);
  const refused = await box.caselli('fax', 'forward', sent.id, 'nobody@office.test');
  assert.match(refused.error, /nobody@office\.test/);
  assert.notEqual(refused.code, 0);
});

test('a received fax is kept for those who got it, and re-routed to others', async (context) => {
  const box = await started(context);
  await send(box, '5550199');
  const sent = await once(box, 'sent');
  await pdfPictures(box, sent.id, 'page');
  const dialled = await box.ask<{ result: string }>(
    ...['exchange', 'dial-in', '--from', '5550199', '--to', '5550100', join(box.data, 'page.pdf')],
  );
  assert.equal(dialled.result, 'done');
  await box.event('fax.received');
  const received = await only(box, '--direction', 'in');
  assert.deepEqual([received.state, received.number, received.people], ['received', '5550199', [alice]]);
  assert.deepEqual(await list(box, '--account', 'bob@office.test'), []);
  const { message } = await box.ask<{ message: string }>('fax', 'reroute', received.id, 'bob@office.test');
  await box.event('queue.delivered', (fields) => fields.message === message);
  assert.deepEqual((await only(box, '--account', 'bob@office.test')).id, received.id);
  assert.match((await box.caselli('fax', 'reroute', sent.id, 'bob@office.test')).error, /only a fax that was received/);

  const removed = await box.caselli('fax', 'remove', received.id);
  assert.equal(removed.code, 0, removed.error);
  assert.match((await box.caselli('fax', 'info', received.id)).error, /there is no fax/);
});

test('a fax under way is held, released, given another number and cancelled', async (context) => {
  const box = await started(context, { fax: { retrySchedule: ['1h'], callAttempts: 5 } });
  await send(box, '5550111');
  await box.event('queue.deferred');
  const busy = await only(box);
  assert.equal(busy.state, 'waiting');
  assert.equal((await box.caselli('fax', 'hold', busy.id)).code, 0);
  assert.equal((await only(box)).state, 'held');
  assert.equal((await box.caselli('fax', 'release', busy.id)).code, 0);
  await box.event('queue.released');
  const moved = await box.ask<{ message: string }>('fax', 'number', busy.id, '5550199');
  await box.event(
    'queue.delivered',
    ({ message, recipient }) => message === moved.message && recipient === '5550199@fax',
  );
  const former = await once(box, 'failed', '5550111');
  assert.match(former.text, /t is sent to 5550199(?:@fax)? in its place\.$/);
  assert.equal((await only(box, '5550199')).state, 'sent');

  await send(box, '5550112', 'Second');
  await box.event('queue.deferred', ({ recipient }) => recipient === '5550112@fax');
  const second = await only(box, 'Second');
  assert.equal((await box.caselli('fax', 'cancel', second.id, '--reason', 'not needed.')).code, 0);
  await box.event('queue.failed', ({ text }) => /not needed/.test(text));
  assert.equal((await only(box, 'Second')).state, 'failed');
  assert.match((await box.caselli('fax', 'cancel', second.id)).error, /not under way any more/);
});

test('kill -9 in the middle of a call loses no fax and shows no half one', async (context) => {
  const box = await started(context, { exchange: { enabled: true, speedFactor: 20 } });
  await send(box, '5550199', 'Long', 'A line of a long fax.\n'.repeat(150));
  await box.event('call.page', ({ page }) => page === 2);
  const crossing = await only(box);
  assert.equal(crossing.state, 'crossing');
  assert.ok(crossing.pages > 0);
  await box.kill('SIGKILL');
  await box.start();
  const after = await box.ask<FaxInfo>('fax', 'info', crossing.id);
  assert.deepEqual(after.pageList.length, crossing.pages);
  // What a crash interrupted rests for a while.
  assert.equal((await box.caselli('fax', 'retry', crossing.id)).code, 0);
  const sent = await once(box, 'sent');
  assert.equal(sent.id, crossing.id);
  assert.equal((await pdfPictures(box, sent.id, 'whole')).length, crossing.pages);
});
