import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SqliteWriter } from '../lib/sqlite.ts';
import { settleRestoredQueue } from './restored.ts';
import { deferred, TestQueue } from './test-queue.ts';

for (const hold of [true, false]) {
  test(`a restored queue: ${hold ? 'what would leave the box is on hold' : 'everything goes'}; what has no file is done with`, async () => {
    const writer = new SqliteWriter();
    const box = await TestQueue.start();
    box.answer = () => deferred;
    const sent = async (to: string | readonly string[], id: string) => (await box.submit(to, { id })).id;
    const local = await sent('alice@office.test', 'one');
    const out = await sent('dave@away.example', 'two');
    const both = await sent(['alice@office.test', 'dave@away.example'], 'three');
    const fax = await sent('5551234@fax', 'four');
    const done = await sent('erin@away.example', 'five');
    await box.idle();
    await box.queue.close();
    await rm(join(box.folder, 'spool', done.slice(-2), done));
    const held = await settleRestoredQueue({ folder: box.folder, writer, now: box.clock.now() }, hold);
    await writer.close();
    assert.equal(held, hold ? 3 : 0);
    await box.open();
    const listed = box.queue.list().entries.map((entry) => [entry.id, entry.held]);
    assert.deepEqual(
      Object.fromEntries(listed),
      Object.fromEntries([[local, false], ...[out, both, fax].map((id) => [id, hold])]),
    );
    assert.deepEqual(box.names('box.fault'), [], 'nothing is said to be missing');
    assert.equal(await sent('erin@away.example', 'five'), done, 'what was handed in before is known');
    await box.end();
  });
}
