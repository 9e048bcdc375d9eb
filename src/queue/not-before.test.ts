import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { day, deferred, delivered, hour, minute, TestQueue } from './test-queue.ts';
import { SubmitError } from './types.ts';

async function office(context: TestContext): Promise<TestQueue> {
  const box = await TestQueue.start();
  context.after(() => box.end());
  return box;
}

test('a message waits for its time, over a restart, and is tried at it', async (context) => {
  const box = await office(context);
  const at = box.clock.now() + 5 * hour;
  const { id } = await box.submit(['1@fax', 'a@office.test'], { notBefore: at });
  await box.pass(4 * hour, 10 * minute);
  assert.equal(box.queue.show(id)?.notBefore, at);
  await box.queue.close();
  await box.open();
  await box.pass(hour - minute, minute);
  assert.equal(box.deliveries.length, 0);
  await box.pass(minute, minute);
  assert.deepEqual(
    box.deliveries.map((one) => one.at),
    [at, at],
  );
  assert.equal(box.deliveries[0]!.job.message.notBefore, at);
});

test('expiry and warning count from that time, and nobody hears of it before', async (context) => {
  const box = await office(context);
  box.answer = () => deferred;
  const start = box.clock.now();
  await box.submit('x@x.example', { notBefore: start + 2 * day });
  await box.pass(2 * day + box.config.warnTime - minute, hour);
  assert.equal(box.reports.length, 0);
  await box.pass(hour, minute);
  assert.equal(box.reports[0]?.recipients[0]?.outcome.kind, 'deferred');
  await box.pass(box.config.queueTime - box.config.warnTime - 2 * hour, hour);
  assert.equal(box.reports.length, 1);
  await box.pass(3 * hour, hour);
  const last = box.reports.at(-1)!.recipients[0]!.outcome;
  assert.equal(last.kind, 'failed');
  assert.match(last.text, /^Given up after 7 days/);
});

test('another time is given, and it is sent now; held and cancelled messages stay what they are', async (context) => {
  const box = await office(context);
  const now = box.clock.now();
  const { id } = await box.submit('1@fax', { notBefore: now + hour });
  assert.equal(await box.queue.schedule(id, now + 3 * hour), 'done');
  await box.pass(2 * hour, 10 * minute);
  assert.equal(box.deliveries.length, 0);
  assert.equal(await box.queue.retry('all'), 0);
  await box.idle();
  assert.equal(box.deliveries.length, 0);
  assert.equal(await box.queue.schedule(id, 0), 'done');
  await box.idle();
  assert.equal(box.deliveries.length, 1);

  const held = await box.submit('2@fax', { notBefore: box.clock.now() + hour });
  await box.queue.hold(held.id);
  await box.queue.schedule(held.id, box.clock.now());
  await box.pass(2 * hour, 10 * minute);
  assert.equal(box.deliveries.length, 1);
  await box.queue.schedule(held.id, box.clock.now() + hour);
  await box.queue.release(held.id);
  await box.idle();
  assert.equal(box.deliveries.length, 1);
  await box.pass(hour, 10 * minute);
  assert.equal(box.deliveries.length, 2);

  const cancelled = await box.submit('3@fax', { notBefore: box.clock.now() + hour });
  await box.queue.cancel(cancelled.id, 'no more');
  assert.notEqual(await box.queue.schedule(cancelled.id, 0), undefined);
  await box.idle();
  assert.equal(box.queue.show(cancelled.id), undefined);
  assert.equal(await box.queue.schedule('none', 0), 'missing');
});

test('naming a message sends it now', async (context) => {
  const box = await office(context);
  const { id } = await box.submit(['1@fax', '2@fax'], { notBefore: box.clock.now() + hour });
  assert.equal(await box.queue.retry({ message: id }), 2);
  await box.idle();
  assert.equal(box.deliveries.length, 2);
});

test('an alias is opened out and an unroutable address asked for again not before the time', async (context) => {
  const box = await office(context);
  box.aliases.set('list@office.test', ['a@office.test', '9@fax']);
  await box.submit(['list@office.test', 'later@office.test'], { notBefore: box.clock.now() + 2 * hour });
  await box.pass(2 * hour - minute, 10 * minute);
  assert.equal(box.deliveries.length, 0);
  await box.pass(minute, minute);
  assert.equal(box.deliveries.length, 2);
});

test('a time too far ahead is refused; one in the past is now', async (context) => {
  const box = await office(context);
  box.answer = () => delivered;
  await assert.rejects(box.submit('1@fax', { notBefore: box.clock.now() + 40 * day }), SubmitError);
  await assert.rejects(box.submit('1@fax', { notBefore: Number.NaN }), SubmitError);
  await box.submit('1@fax', { notBefore: box.clock.now() - day });
  await box.idle();
  assert.equal(box.deliveries.length, 1);
});
