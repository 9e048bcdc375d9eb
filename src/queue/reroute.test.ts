import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { day, deferred, delivered, hour, minute, TestQueue } from './test-queue.ts';

async function office(context: TestContext): Promise<TestQueue> {
  const box = await TestQueue.start();
  context.after(() => box.end());
  return box;
}

/** What waits, with its state. */
function waiting(box: TestQueue, id: string): string[] {
  return box.queue.show(id)?.recipients.map(({ address, state }) => `${address} ${state}`) ?? [];
}

test('a recipient that waits gets another address: delivered there, and its sender hears of no failure', async (context) => {
  const box = await office(context);
  box.answer = ({ address }) => (address === 'carol@away.example' ? deferred : delivered);
  const { id } = await box.submit(['carol@away.example', 'alice@office.test']);
  await box.pass(10 * minute);
  assert.deepEqual(waiting(box, id), ['carol@away.example waiting', 'alice@office.test delivered']);
  const result = await box.queue.reroute({ id, recipient: 'CAROL@away.example', to: 'carol@new.example' });
  assert.deepEqual(result, { kind: 'done', finished: false });
  await box.idle();
  const last = box.deliveries.at(-1)!;
  assert.equal(last.addresses, 'carol@new.example');
  const [recipient] = last.job.recipients;
  assert.equal(recipient?.originalRecipient, 'rfc822;carol@away.example');
  assert.equal(recipient?.attempt, 1);
  assert.equal(box.queue.show(id), undefined);
  await box.pass(8 * day, hour);
  assert.deepEqual(box.told, []);
  assert.deepEqual(
    box.names('queue.rerouted').map(({ fields }) => fields),
    [{ message: id, recipient: 'carol@away.example', to: 'carol@new.example' }],
  );
});

test('it has all the time of a message handed in now, and a report says the name that the sender wrote', async (context) => {
  const box = await office(context);
  box.answer = () => deferred;
  const { id } = await box.submit('carol@away.example');
  await box.pass(6 * day, hour);
  await box.queue.reroute({ id, recipient: 'carol@away.example', to: 'carol@new.example' });
  await box.pass(6 * day, hour);
  assert.deepEqual(waiting(box, id), ['carol@new.example waiting']);
  await box.pass(1 * day + hour, hour);
  const failure = box.reports.flatMap(({ recipients }) => recipients).find(({ outcome }) => outcome.kind === 'failed');
  assert.equal(failure?.address, 'carol@new.example');
  assert.equal(failure?.originalRecipient, 'rfc822;carol@away.example');
});

test('what was done for the old address does not count for the new one', async (context) => {
  const box = await office(context);
  box.answer = ({ address }) => (address === '111@fax' ? { ...deferred, resume: { confirmed: 3 } } : delivered);
  const { id } = await box.submit('111@fax');
  await box.idle();
  const before = box.deliveries.at(-1)!.job.recipients[0]!;
  await box.queue.reroute({ id, recipient: '111@fax', to: '222@fax' });
  await box.idle();
  const after = box.deliveries.at(-1)!.job.recipients[0]!;
  assert.deepEqual([after.address, after.resume, after.id === before.id], ['222@fax', undefined, false]);
});

test('on hold it stays on hold; an alias brings all its targets', async (context) => {
  const box = await office(context);
  box.answer = () => deferred;
  box.aliases.set('list@office.test', ['alice@office.test', 'bob@office.test']);
  const { id } = await box.submit('carol@away.example');
  await box.idle();
  await box.queue.hold(id);
  await box.queue.reroute({ id, recipient: 'carol@away.example', to: 'list@office.test' });
  await box.idle();
  const held = ['alice@office.test held', 'bob@office.test held', 'list@office.test delivered'];
  assert.deepEqual(waiting(box, id).toSorted(), held);
  box.answer = () => delivered;
  await box.queue.release(id);
  await box.idle();
  assert.equal(box.queue.show(id), undefined);
});

test('no such message or recipient, one that is refused, one that is there already, one under way', async (context) => {
  const box = await office(context);
  const { promise, resolve } = Promise.withResolvers<void>();
  box.answer = async ({ address }) => {
    if (address === 'slow@away.example') await promise;
    return address.startsWith('b') ? delivered : deferred;
  };
  const { id } = await box.submit(['carol@away.example', 'bob@away.example', 'slow@away.example']);
  await box.until(() => box.names('queue.delivered').length === 0 && box.deliveries.length > 0);
  const to = 'carol@new.example';
  const kind = async (recipient: string, target = to, message = id): Promise<string> => {
    const { kind: answer } = await box.queue.reroute({ id: message, recipient, to: target });
    return answer;
  };
  assert.equal(await kind('slow@away.example'), 'under-way');
  resolve();
  await box.idle();
  assert.equal(await kind('carol@away.example', to, 'none'), 'missing');
  assert.equal(await kind('nobody@away.example'), 'missing');
  assert.equal(await kind('bob@away.example'), 'missing', 'it has the message');
  assert.equal(await kind('carol@away.example', 'nobody@office.test'), 'refused');
  assert.equal(await kind('carol@away.example', 'bob@away.example'), 'present');
  assert.equal(await kind('carol@away.example', 'carol@away.example'), 'present');
  await box.queue.cancel(id, 'No more');
  await box.idle();
  assert.equal(await kind('carol@away.example'), 'missing');
});

test('whatever is re-routed when: each recipient ends once, at the address that it had last', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.nat(4), fc.nat(30)), { minLength: 1, maxLength: 12 }),
      async (moves) => {
        const box = await TestQueue.start();
        try {
          const got: string[] = [];
          let up = false;
          box.answer = ({ address }) => {
            if (!up) return deferred;
            got.push(address);
            return delivered;
          };
          const now = ['r0@away.example', 'r1@away.example', 'r2@away.example'];
          const { id } = await box.submit(now);
          for (const [which, target, minutes] of moves) {
            const to = `t${target}.${which}@new.example`;
            // Not waited for: attempts begin meanwhile.
            const moving = box.queue.reroute({ id, recipient: now[which]!, to });
            await box.clock.advance(minutes * minute);
            if ((await moving).kind === 'done') now[which] = to;
          }
          up = true;
          await box.pass(3 * hour, 5 * minute);
          assert.deepEqual(got.toSorted(), now.toSorted());
          assert.deepEqual(box.told, []);
          assert.equal(box.queue.show(id), undefined);
        } finally {
          await box.end();
        }
      },
    ),
    { numRuns: 15 },
  );
});
