import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { day, deferred, delivered, failed, hour, minute, TestQueue } from './test-queue.ts';
import { type Outcome, SubmitError } from './types.ts';

let box: TestQueue;
beforeEach(async () => {
  box = await TestQueue.start();
});
afterEach(() => box.end());

const files = (): string[] => globSync('spool/*/*', { cwd: box.folder });
const everything = { success: true, failure: true, delay: true };

test('a message goes in, is delivered, and leaves nothing behind', async () => {
  const { id, sizeBytes } = await box.submit(['bob@office.test', 'x@a.example', 'y@a.example', '555@fax']);
  assert.equal(sizeBytes, 21);
  assert.equal(files().length, 1);
  await box.idle();
  assert.deepEqual(box.deliveries.map(({ addresses }) => addresses).toSorted(), [
    '555@fax',
    'bob@office.test',
    'x@a.example,y@a.example',
  ]);
  assert.deepEqual(box.reports, []);
  assert.deepEqual(files(), []);
  assert.equal(box.queue.show(id), undefined);
  assert.deepEqual(box.queue.stats(), { messages: 0, sizeBytes: 0, held: 0, recipients: [] });
  assert.equal(box.names('queue.done').length, 1);
  assert.equal(box.names('queue.delivered').length, 4);
});

test('the agent can read the message, more than once', async () => {
  const seen: string[] = [];
  box.answer = async (_, { content }) => {
    for (let n = 0; n < 2; n++) seen.push((await buffer(content())).toString());
    return delivered;
  };
  const large = 'x'.repeat(200_000);
  await box.submit('bob@office.test', { content: [Buffer.from(large), Buffer.from('end')] });
  await box.idle();
  assert.deepEqual(seen, [`${large}end`, `${large}end`]);
});

test('a week of retries: the schedule, one delay warning after 4 h, the bounce after 7 days', async () => {
  box.answer = () => deferred;
  const start = box.clock.now();
  await box.submit('x@a.example');
  await box.pass(7 * day);
  const at = box.deliveries.map((one) => (one.at - start) / minute);
  assert.deepEqual(at.slice(0, 17), [0, 5, 10, 15, 30, 35, 40, 70, 75, 80, 140, 145, 150, 270, 275, 280, 400]);
  assert.equal(at.at(-1), 7 * 24 * 60);
  assert.deepEqual(
    box.deliveries.map(({ job }) => job.recipients[0]!.attempt),
    at.map((_, n) => n + 1),
  );
  assert.deepEqual(box.told, ['x@a.example deferred', 'x@a.example failed']);
  const [warning, bounce] = box.reports;
  assert.equal(warning!.recipients[0]!.expiresAt, start + 7 * day);
  assert.match(bounce!.recipients[0]!.outcome.text, /Given up after 7 days. Last: Nobody answers/);
  assert.equal(bounce!.recipients[0]!.outcome.status, '4.4.7');
  assert.deepEqual(files(), []);
  assert.equal(box.clock.pending, 1, 'only the housekeeping waits');
});

test('while the clock is only guessed nothing is given up for its age; once it is trusted it is', async () => {
  box.answer = () => deferred;
  box.mayExpire = false;
  await box.submit('x@a.example');
  await box.pass(8 * day);
  assert.ok(!box.told.includes('x@a.example failed'));
  box.mayExpire = true;
  await box.pass(2 * 60 * minute);
  assert.ok(box.told.includes('x@a.example failed'));
});

test('the warning comes on time, also for what never had its turn; faxes end after 8 h', async () => {
  const start = box.clock.now();
  let release = (): void => {};
  box.answer = ({ address }) => {
    if (address === '2@fax') return deferred;
    return new Promise<Outcome>((resolve) => {
      release = () => resolve(delivered);
    });
  };
  await box.submit('1@fax');
  await box.until(() => box.deliveries.length === 1);
  await box.submit('2@fax');
  await box.clock.advance(4 * hour);
  await box.until(() => box.reports.length === 1);
  assert.deepEqual(box.told, ['2@fax deferred']);
  assert.equal(box.reports[0]!.recipients[0]!.outcome.text, 'It waits for its turn.');
  assert.equal(box.reports[0]!.recipients[0]!.expiresAt, start + 8 * hour);
  release();
  await box.pass(4 * hour);
  assert.deepEqual(
    box.told,
    ['2@fax deferred', '1@fax deferred', '2@fax failed'].filter((one) => box.told.includes(one)),
  );
  assert.match(box.reports.at(-1)!.recipients[0]!.outcome.text, /after 8 hours/);
  assert.equal(box.queue.stats().messages, 0);
});

test('who hears of what', async () => {
  box.answer = ({ address }) => (address.startsWith('bad') ? failed : delivered);
  const notify = (success: boolean, failure: boolean, delay = false) => ({ notify: { success, failure, delay } });
  await box.submit([
    'ok@a.example',
    { address: 'ok-told@a.example', ...notify(true, false) },
    { address: 'ok-never@a.example', ...notify(false, false) },
    'bad@a.example',
    { address: 'bad-told@a.example', ...notify(false, true), originalRecipient: 'rfc822;other' },
    { address: 'bad-never@a.example', ...notify(false, false) },
  ]);
  await box.idle();
  assert.deepEqual(box.told, ['ok-told@a.example delivered', 'bad@a.example failed', 'bad-told@a.example failed']);
  assert.equal(box.reports.length, 1, 'one report for the message');
  assert.equal(box.reports[0]!.recipients[2]!.originalRecipient, 'rfc822;other');
  await box.submit([{ address: 'ok@a.example', ...notify(true, true) }, 'bad@a.example'], { from: '' });
  await box.idle();
  assert.deepEqual(box.told.slice(3), ['bad@a.example failed'], 'success goes to nobody when there is nobody');
});

test('reports cannot go in circles, whatever the reporter does', async () => {
  box.answer = () => failed;
  const generations: number[] = [];
  box.report = async ({ reportId, message }) => {
    generations.push(message.generation);
    await box.submit('postmaster@office.test', { source: 'dsn', from: 'x@away.example', id: reportId });
  };
  await box.submit('x@a.example');
  await box.idle();
  assert.deepEqual(generations, [0, 1]);
  assert.equal(box.names('dsn.dropped').length, 1);
  assert.equal(box.queue.stats().messages, 0);
});

test('an alias becomes its targets: nobody hears of them, success is told of the alias', async () => {
  box.aliases.set('list@office.test', ['a@office.test', 'b@b.example', '555@fax', 'bob@office.test']);
  box.aliases.set('one@office.test', ['c@office.test']);
  box.answer = ({ address }) => (address === 'b@b.example' ? failed : delivered);
  await box.submit([
    { address: 'list@office.test', notify: everything },
    { address: 'one@office.test', notify: everything },
    'bob@office.test',
    'BOB@office.test',
  ]);
  await box.idle();
  assert.deepEqual(box.deliveries.flatMap(({ job }) => job.recipients.map(({ address }) => address)).toSorted(), [
    '555@fax',
    'a@office.test',
    'b@b.example',
    'bob@office.test',
    'c@office.test',
  ]);
  const [report] = box.reports;
  assert.deepEqual(
    report!.recipients
      .map(({ address, outcome, originalRecipient }) => [
        address,
        outcome.kind === 'delivered' && outcome.action,
        originalRecipient,
      ])
      .toSorted(),
    [
      ['c@office.test', 'delivered', 'rfc822;one@office.test'],
      ['list@office.test', 'expanded', undefined],
    ],
  );
  assert.equal(box.reports.length, 1);
});

test('what waits is routed again: a new alias, a removed mailbox, an address that could not be looked up', async () => {
  box.answer = ({ attempt }) => (attempt === 1 ? deferred : delivered);
  await box.submit(['list@office.test', 'later@office.test']);
  await box.idle();
  assert.deepEqual(
    box.deliveries.map(({ addresses }) => addresses),
    ['list@office.test'],
  );
  box.aliases.set('list@office.test', ['list@office.test', 'z@z.example']);
  box.aliases.set('later@office.test', ['n@office.test']);
  await box.pass(10 * minute);
  assert.ok(box.deliveries.some(({ addresses }) => addresses === 'z@z.example'));
  assert.equal(box.deliveries.filter(({ addresses }) => addresses === 'list@office.test').length >= 2, true);
  await box.pass(7 * day, hour);
  assert.deepEqual(box.told, ['later@office.test deferred', 'later@office.test failed']);
  assert.equal(box.queue.stats().messages, 0);
});

test('refused at the start: reported, and gone', async () => {
  await box.submit([
    'nobody@office.test',
    { address: 'nobody@else.example', notify: { success: false, failure: false, delay: false } },
  ]);
  await box.idle();
  assert.deepEqual(box.told, ['nobody@office.test failed']);
  await box.submit({
    address: 'nobody@else.example',
    notify: { success: false, failure: false, delay: false },
  } as never);
  await box.idle();
  assert.equal(box.queue.stats().messages, 0);
  assert.deepEqual(files(), []);
});

test('handing in the same id again answers what the first did, for a week', async () => {
  const again = () => box.submit('bob@office.test', { id: 'fax-call-1' });
  const [one, two] = await Promise.all([again(), again()]);
  assert.deepEqual(one, two);
  await box.idle();
  assert.deepEqual(await again(), one);
  await box.queue.close();
  await box.open();
  assert.deepEqual(await again(), one);
  await box.idle();
  assert.equal(box.deliveries.length, 1);
  await box.pass(7 * day + 2 * hour, hour);
  assert.notDeepEqual(await again(), one);
  await box.idle();
  assert.equal(box.deliveries.length, 2);
});

test('what cannot be taken leaves nothing behind', async () => {
  const broken = async function* () {
    yield Buffer.from('half');
    throw new Error('the client went away');
  };
  await assert.rejects(box.submit('bob@office.test', { content: broken(), id: 'k' }), /went away/);
  const full = async function* () {
    yield Buffer.from('half');
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  const refusal = (permanent: boolean, status: string) => (error: unknown) => {
    assert.ok(error instanceof SubmitError);
    assert.deepEqual([error.permanent, error.status], [permanent, status]);
    return true;
  };
  await assert.rejects(box.submit('bob@office.test', { content: full() }), refusal(false, '4.3.1'));
  await assert.rejects(box.submit([]), refusal(true, '5.5.1'));
  await assert.rejects(box.submit('x'.repeat(2000)), refusal(true, '5.5.4'));
  await assert.rejects(box.submit(Array(10_001).fill('x@a.example')), refusal(true, '5.5.3'));
  box.free = box.config.minFreeSpace - 1;
  await box.clock.advance(1000);
  await assert.rejects(box.submit('bob@office.test'), refusal(false, '4.3.1'));
  assert.deepEqual(files(), []);
  assert.equal(box.queue.stats().messages, 0);
  box.free = 1e12;
  await box.clock.advance(1000);
  await box.submit('bob@office.test', { id: 'k' });
  await box.idle();
  assert.equal(box.deliveries.length, 1);
  await box.queue.close();
  await assert.rejects(box.submit('bob@office.test'), refusal(false, '4.3.2'));
});

test('limits of deliveries at one time, by agent and by destination; one that is busy stops no other', async () => {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const waiting: (() => void)[] = [];
  box.answer = async ({ route, address }) => {
    const keys = [route.agent, `${route.agent} ${address.split('@')[1]}`];
    for (const key of keys) running.set(key, (running.get(key) ?? 0) + 1);
    for (const [key, count] of running) most.set(key, Math.max(most.get(key) ?? 0, count));
    await new Promise<void>((resolve) => waiting.push(resolve));
    for (const key of keys) running.set(key, running.get(key)! - 1);
    return delivered;
  };
  box.config = { ...box.config, parallelLocal: 3, parallelEsmtp: 6, perDestination: 2 };
  box.fax = 2;
  const to = (domain: string, count: number) => Array.from({ length: count }, (_, n) => box.submit(`u${n}@${domain}`));
  await Promise.all([...to('slow.example', 40), ...to('a.example', 5), ...to('b.example', 5), ...to('c.example', 5)]);
  await Promise.all([...to('office.test', 8), ...to('fax', 5)]);
  await box.until(() => waiting.length === 11);
  assert.equal(box.deliveries.length, 11);
  while (!box.queue.isIdle || waiting.length > 0) {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const limit = { esmtp: 6, local: 3, fax: 2, 'esmtp slow.example': 2, 'local office.test': 3, 'fax fax': 2 };
  for (const [key, count] of Object.entries(limit)) assert.equal(most.get(key), count, key);
  // Whether two for one of these come to run side by side is chance; more than two never do.
  for (const domain of ['a', 'b', 'c']) assert.ok(most.get(`esmtp ${domain}.example`)! <= 2, domain);
  assert.equal(box.deliveries.length, 68);
});

test('recipients of one message and destination go together, so many at once; faxes one by one', async () => {
  box.config = { ...box.config, recipientsPerDelivery: 4 };
  await box.submit(Array.from({ length: 10 }, (_, n) => `u${n}@a.example`));
  await box.idle();
  assert.deepEqual(box.deliveries.map(({ job }) => job.recipients.length).toSorted(), [2, 4, 4]);
  await box.submit(['1@fax', '2@fax']);
  await box.idle();
  assert.equal(box.deliveries.length, 5);
});

test('resume notes, waits that the agent asks for, attempts that do not count', async () => {
  const start = box.clock.now();
  box.answer = ({ attempt, resume }) => {
    if (resume === undefined) return { ...deferred, resume: { pages: 3 }, retryAfterMs: 90_000 } as Outcome;
    assert.deepEqual(resume, { pages: 3 });
    if (box.deliveries.length < 4) return { ...deferred, resume, uncounted: true } as Outcome;
    assert.equal(attempt, 2);
    return delivered;
  };
  await box.submit('555@fax');
  await box.pass(hour, 30_000);
  assert.deepEqual(
    box.deliveries.map(({ at }) => (at - start) / 1000),
    [0, 90, 150, 210],
  );
});

test('a rest by rule takes nothing of the time that a fax has', async () => {
  const start = box.clock.now();
  box.answer = ({ attempt }) => {
    if (box.deliveries.length === 1)
      return { ...deferred, uncounted: true, rests: true, retryAfterMs: 60 * hour } as Outcome;
    assert.equal(attempt, box.deliveries.length - 1, 'the rest was no attempt');
    return deferred;
  };
  await box.submit('555@fax');
  await box.pass(80 * hour, 60_000);
  assert.equal((box.deliveries[1]!.at - start) / hour, 60);
  assert.equal((box.deliveries.at(-1)!.at - start) / hour, 68, 'eight hours are left after it');
  assert.equal(box.names('queue.failed').length, 1);
});

test('an agent that breaks or forgets a recipient defers it; the picture of a fax reaches the report', async () => {
  box.answer = ({ address, attempt }) => {
    if (address === 'throws@a.example') throw new Error('bug');
    if (address === 'forgotten@b.example' && attempt === 1) return undefined;
    return {
      ...failed,
      attachment: { contentType: 'image/png', fileName: 'page1.png', bytes: Buffer.from([1, 2, 3]) },
    } as Outcome;
  };
  await box.submit(['throws@a.example', 'forgotten@b.example']);
  await box.idle();
  assert.match(String(JSON.stringify(box.names('box.fault').map(({ fields }) => fields))), /agent esmtp.*bug/);
  assert.deepEqual(box.names('queue.deferred').length, 2);
  await box.pass(5 * minute);
  const attachment = box.reports[0]!.recipients[0]!.outcome.attachment!;
  assert.deepEqual([attachment.fileName, ...attachment.bytes], ['page1.png', 1, 2, 3]);
});

test('a reporter that fails is asked again under the same id, also after a restart', async () => {
  box.answer = () => failed;
  const asked: string[] = [];
  box.report = async ({ reportId }) => {
    asked.push(reportId);
    if (asked.length < 4) throw new Error('disk full');
  };
  await box.submit('x@a.example');
  await box.pass(15_000, 1000);
  assert.equal(asked.length, 2);
  await box.queue.close();
  await box.open();
  await box.pass(10 * minute);
  assert.equal(asked.length, 4);
  assert.equal(new Set(asked).size, 1);
  assert.equal(box.queue.stats().messages, 0);
});

test('hold, release, retry', async () => {
  box.answer = () => deferred;
  const { id } = await box.submit(['x@a.example', 'y@b.example']);
  await box.idle();
  assert.equal(await box.queue.hold(id), 'done');
  await box.pass(day, hour);
  assert.equal(box.deliveries.length, 2);
  assert.equal(await box.queue.retry('all'), 0, 'what is on hold stays');
  assert.equal(box.queue.show(id)!.recipients[0]!.state, 'held');
  assert.equal(await box.queue.release(id), 'done');
  await box.idle();
  assert.equal(box.deliveries.length, 4);
  assert.equal(await box.queue.retry({ message: id }), 2);
  await box.idle();
  assert.equal(await box.queue.retry({ recipient: box.queue.show(id)!.recipients[0]!.id }), 1);
  await box.idle();
  assert.equal(box.deliveries.length, 7);
  for (const op of ['hold', 'release'] as const) assert.equal(await box.queue[op]('none'), 'missing');
  assert.equal(await box.queue.cancel('none', ''), 'missing');
  assert.equal(await box.queue.retry({ message: 'none' }), 0);
});

test('cancel: what waits, what is held and what is being delivered', async () => {
  box.answer = ({ address }, _, signal) => {
    if (address === 'x@a.example') return deferred;
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const { id } = await box.submit(['x@a.example', '1@fax', '2@fax']);
  await box.until(() => box.names('queue.deferred').length === 1 && box.deliveries.length === 2);
  await box.queue.hold(id);
  assert.equal(await box.queue.cancel(id, 'Not wanted any more'), 'done');
  await box.idle();
  assert.deepEqual(box.told.toSorted(), ['1@fax failed', '2@fax failed', 'x@a.example failed']);
  assert.ok(
    box.reports.every(({ recipients }) => recipients.every(({ outcome }) => outcome.text === 'Not wanted any more')),
  );
  assert.equal(box.queue.stats().messages, 0);
  assert.deepEqual(box.names('box.fault'), []);
});

test('a delivery that succeeds in spite of its cancellation is a delivery', async () => {
  box.answer = (_, __, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(delivered)));
  const { id } = await box.submit('1@fax');
  await box.until(() => box.deliveries.length === 1);
  await box.queue.cancel(id, 'no');
  await box.idle();
  assert.equal(box.names('queue.delivered').length, 1);
  assert.deepEqual(box.told, []);
});

test('stop waits for what runs, then cuts it short; that does not count as an attempt', async () => {
  let asked = 0;
  box.answer = ({ address, attempt }, _, signal) => {
    if (asked++ >= 2) {
      assert.equal(attempt, 1);
      return delivered;
    }
    if (address === 'quick@office.test') return delivered;
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  await box.submit(['quick@office.test', '1@fax']);
  await box.until(() => box.deliveries.length === 2);
  const stopping = box.queue.stop(10_000);
  await box.submit('late@office.test');
  await box.clock.advance(10_000);
  await stopping;
  assert.equal(box.deliveries.length, 2);
  assert.deepEqual(box.names('box.fault'), []);
  await box.queue.close();
  assert.equal(box.clock.pending, 0);
  await box.open();
  await box.idle();
  assert.deepEqual(
    box.deliveries
      .slice(2)
      .map(({ addresses }) => addresses)
      .toSorted(),
    ['1@fax', 'late@office.test'],
  );
});

test('a stop in the middle of a delivery: what has a result keeps it, the rest was no attempt', async () => {
  box.answer = ({ address }, _, signal) => {
    if (address === 'a@far.example') return delivered;
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  };
  const { id } = await box.submit(['a@far.example', 'b@far.example']);
  await box.until(() => box.deliveries.length === 1);
  const stopping = box.queue.stop(1000);
  await box.clock.advance(1000);
  await stopping;
  assert.deepEqual(
    box.queue.show(id)?.recipients.map(({ address, state, attempts }) => [address, state, attempts]),
    [
      ['a@far.example', 'delivered', 1],
      ['b@far.example', 'waiting', 0],
    ],
  );
});

test('an agent that ignores the stop does not keep the queue from closing', async () => {
  box.answer = () => new Promise(() => {});
  const { id } = await box.submit('1@fax');
  await box.until(() => box.deliveries.length === 1);
  const closing = box.queue.close();
  await box.clock.advance(10_000);
  await closing;
  box.answer = () => delivered;
  await box.open();
  await box.idle();
  assert.equal(box.deliveries.length, 2);
  assert.equal(box.queue.show(id), undefined);
});

test('a row without its file is said loudly and held; a file without a row is tidied when it is old', async () => {
  box.answer = () => deferred;
  const lost = await box.submit('x@a.example');
  const short = await box.submit('x@a.example');
  await box.idle();
  const path = (id: string) => join(box.folder, 'spool', id.slice(-2), id);
  await unlink(path(lost.id));
  await writeFile(path(short.id), 'short');
  const orphan = box.parts.ids();
  const fresh = `${orphan.slice(0, -3)}zzz`;
  await writeFile(path(short.id).replace(short.id, orphan), 'old');
  await writeFile(path(short.id).replace(short.id, fresh), 'new');
  await utimes(path(short.id).replace(short.id, orphan), 1e9, 1e9);
  await box.pass(5 * minute);
  assert.equal(box.names('box.fault').length, 2);
  assert.equal(box.queue.stats().held, 2);
  await box.queue.close();
  await box.open();
  assert.equal(box.names('box.fault').length, 3, 'the lost one is said again at the start');
  assert.deepEqual(
    files()
      .map((name) => name.split('/').at(-1))
      .toSorted(),
    [fresh, short.id].toSorted(),
  );
  await box.queue.cancel(lost.id, 'Its text was lost');
  await box.idle();
  assert.deepEqual(box.told, ['x@a.example failed']);
});

test('the queue can be looked at: pages, filters, one message', async () => {
  box.answer = ({ address }) =>
    address.startsWith('ok') ? delivered : ({ ...deferred, diagnostic: 'smtp; 450 no' } as Outcome);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++)
    ids.push((await box.submit([`u${n}@a.example`, 'ok@b.example'], { from: `s${n}@away.example` })).id);
  await box.idle();
  const first = box.queue.list({ limit: 2 });
  assert.deepEqual(
    first.entries.map(({ id }) => id),
    ids.slice(0, 2),
  );
  const second = box.queue.list({ limit: 10, after: first.next! });
  assert.deepEqual(
    second.entries.map(({ id }) => id),
    ids.slice(2),
  );
  assert.equal(second.next, undefined);
  assert.deepEqual(
    box.queue.list({ text: 'U3@A' }).entries.map(({ id }) => id),
    [ids[3]],
  );
  assert.deepEqual(
    box.queue.list({ text: 's4@away' }).entries.map(({ id }) => id),
    [ids[4]],
  );
  assert.equal(box.queue.list({ state: 'delivered' }).entries.length, 5);
  assert.equal(box.queue.list({ state: 'held' }).entries.length, 0);
  const shown = box.queue.show(ids[0]!)!;
  assert.equal(shown.recipientCount, 2);
  const { id: _, expiresAt: __, nextAttempt, ...waiting } = shown.recipients.find(({ state }) => state === 'waiting')!;
  assert.equal(nextAttempt, shown.acceptedAt + 5 * minute);
  assert.deepEqual(waiting, {
    address: 'u0@a.example',
    agent: 'esmtp',
    destination: 'a.example',
    state: 'waiting',
    attempts: 1,
    status: '4.4.1',
    text: 'Nobody answers',
    diagnostic: 'smtp; 450 no',
  });
  assert.deepEqual(box.queue.stats().recipients, [
    { agent: 'esmtp', state: 'delivered', count: 5 },
    { agent: 'esmtp', state: 'waiting', count: 5 },
  ]);
  assert.equal((await buffer(box.queue.content(ids[0]!))).length, 21);
});

test('thousands that wait for a busy destination do not hide one for another', async () => {
  box.config = { ...box.config, perDestination: 1, recipientsPerDelivery: 1 };
  box.answer = ({ address }) => (address.endsWith('@slow.example') ? new Promise(() => {}) : delivered);
  await box.submit(Array.from({ length: 1500 }, (_, n) => `u${n}@slow.example`));
  await box.until(() => box.deliveries.length === 1);
  await box.submit(['x@quick.example', 'y@quick.example', 'z@other.example']);
  await box.until(() => box.names('queue.delivered').length === 3);
  assert.equal(box.deliveries.length, 4);
  const closing = box.queue.close();
  await box.clock.advance(10_000);
  await closing;
});
