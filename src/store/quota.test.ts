import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crossesMark, QuotaError } from './quota.ts';
import { StoreBench } from './testing.ts';

const message = (size: number): Buffer => Buffer.from(`Subject: x\r\n\r\n${'a'.repeat(size - 16)}\r\n`);

test('what does not fit is refused and leaves nothing; room that was made is used', async () => {
  let quota = 3000;
  const bench = await StoreBench.make({ quota: () => quota });
  try {
    const { store } = bench;
    await store.deliver('alice@office.test', message(1000), { deliveryId: 'one' });
    await store.deliver('alice@office.test', message(2000), { deliveryId: 'two' });
    await assert.rejects(store.deliver('alice@office.test', message(17), { deliveryId: 'three' }), QuotaError);
    // Whoever comes again with what is there gets the answer of then.
    assert.deepEqual(await store.deliver('alice@office.test', message(2000), { deliveryId: 'two' }), { uid: 2 });
    const mailbox = await store.open('alice@office.test');
    const inbox = (await mailbox.folder('INBOX'))!;
    await assert.rejects(inbox.append(message(100)), QuotaError);
    await assert.rejects(inbox.copy([1], 'Trash'), QuotaError);
    assert.deepEqual(await mailbox.usage(), { messages: 2, sizeBytes: 3000, quotaBytes: 3000 });
    // Moving takes no room, so that a full mailbox can be emptied through its trash.
    const moved = await inbox.move([1], 'Trash');
    assert.notEqual(moved, 'missing');
    await (await mailbox.folder('Trash'))!.expunge([1]);
    await store.deliver('alice@office.test', message(1000), { deliveryId: 'three' });
    quota = 0;
    await store.deliver('alice@office.test', message(50_000), { deliveryId: 'four' });
    assert.deepEqual(
      (await inbox.list()).map(({ sizeBytes }) => sizeBytes),
      [2000, 1000, 50_000],
    );
    mailbox.release();
    await bench.reopen('crash');
    const again = await bench.store.open('alice@office.test');
    assert.deepEqual(await again.usage(), { messages: 3, sizeBytes: 53_000, quotaBytes: 0 });
  } finally {
    await bench.end();
  }
});

test('the delivery that crosses the mark is told, others are not', async () => {
  const bench = await StoreBench.make({ quota: () => 10_000, warnAt: () => 90 });
  try {
    for (let count = 0; count < 10; count++)
      await bench.store.deliver('alice@office.test', message(1000), { deliveryId: String(count) });
    const told = bench.events.filter(({ name }) => name === 'store.filling');
    assert.deepEqual(
      told.map(({ fields }) => fields),
      [{ account: 'alice@office.test', sizeBytes: 9000, quotaBytes: 10_000 }],
    );
  } finally {
    await bench.end();
  }
});

test('of messages that fill a mailbox exactly one crosses the mark', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 100 }),
      (sizes, percent) => {
        const quota = sizes.reduce((sum, size) => sum + size, 0);
        let before = 0;
        const crossings = sizes.filter((size) => {
          const crosses = crossesMark(before, before + size, quota, percent);
          before += size;
          return crosses;
        });
        assert.equal(crossings.length, 1);
        assert.equal(crossesMark(0, quota, 0, percent), false);
        assert.equal(crossesMark(0, quota, quota, 0), false);
      },
    ),
  );
});
