import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { deferred, delivered, failed, hour, minute, TestQueue } from './test-queue.ts';
import type { Outcome } from './types.ts';

/**
 * Whatever people, agents, the reporter and restarts do, in whatever order: every recipient comes to one end, the sender
 * hears of it exactly once if it is to be heard of, no result is followed by another attempt, nothing is tried before its
 * time, and nothing is left over.
 */
type Step =
  | {
      readonly kind: 'submit';
      readonly to: readonly string[];
      readonly notify: boolean | undefined;
      /** From now on. */
      readonly waitMinutes: number | undefined;
    }
  | { readonly kind: 'schedule'; readonly which: number; readonly minutes: number }
  | { readonly kind: 'pass'; readonly minutes: number }
  | { readonly kind: 'hold' | 'release' | 'cancel' | 'retry'; readonly which: number }
  | { readonly kind: 'restart' | 'list' };

const address = fc.constantFrom(
  'a@office.test',
  'b@office.test',
  'list@office.test',
  'x@x.example',
  'y@x.example',
  '1@fax',
  '2@fax',
  'nobody@n.example',
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      to: fc.uniqueArray(address, { minLength: 1, maxLength: 5 }),
      notify: fc.constantFrom(undefined, true, false),
      waitMinutes: fc.constantFrom(undefined, undefined, -5, 0, 30, 200),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 90 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('hold' as const, 'release' as const, 'cancel' as const, 'retry' as const),
      which: fc.nat(9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('schedule' as const),
      which: fc.nat(9),
      minutes: fc.integer({ min: -10, max: 200 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'list' as const) }) },
);

test('any history comes to a good end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.infiniteStream(fc.nat(9)), async (steps, chance) => {
      const next = (): number => chance.next().value as number;
      const box = await TestQueue.start();
      box.config = { ...box.config, queueTime: 6 * hour, warnTime: hour, recipientsPerDelivery: 2 };
      box.aliases.set('list@office.test', ['a@office.test', 'z@z.example']);
      const ended = new Set<string>();
      const again: string[] = [];
      const early: string[] = [];
      const notBefore = new Map<string, number>();
      box.events.on(({ name, fields }) => {
        if (name === 'queue.delivered' || name === 'queue.failed') ended.add(`${fields.message} ${fields.recipient}`);
      });
      box.answer = ({ address: to }, { message }): Outcome => {
        if (ended.has(`${message.id} ${to}`)) again.push(to);
        if (box.clock.now() < (notBefore.get(message.id) ?? 0)) early.push(to);
        const die = next();
        if (die === 0) throw new Error('bug');
        return die < 4 ? deferred : die < 5 ? failed : delivered;
      };
      box.report = async () => {
        if (next() < 3) throw new Error('no space');
      };
      const messages: string[] = [];
      const wanted: string[] = [];
      for (const one of steps) {
        if (one.kind === 'submit') {
          const notify =
            one.notify === undefined ? {} : { notify: { success: one.notify, failure: one.notify, delay: one.notify } };
          const at = one.waitMinutes === undefined ? undefined : box.clock.now() + one.waitMinutes * minute;
          const { id } = await box.submit(
            one.to.map((to) => ({ address: to, ...notify })),
            at === undefined ? {} : { notBefore: at },
          );
          notBefore.set(id, at ?? 0);
          messages.push(id);
          if (one.notify) wanted.push(...one.to.map((to) => `${id} ${to}`));
        } else if (one.kind === 'pass') await box.pass(one.minutes * minute, 5 * minute);
        else if (one.kind === 'restart') {
          await box.queue.close();
          await box.open();
        } else if (one.kind === 'list') box.queue.list();
        else if ('which' in one) {
          const id = messages[one.which % Math.max(messages.length, 1)] ?? 'none';
          if (one.kind === 'schedule') {
            const at = box.clock.now() + one.minutes * minute;
            // What is under way goes on; the next attempt is not before.
            await box.idle();
            if ((await box.queue.schedule(id, at)) === 'done') notBefore.set(id, at);
          } else if (one.kind === 'cancel') await box.queue.cancel(id, 'no more');
          else if (one.kind === 'retry') {
            notBefore.set(id, 0);
            await box.queue.retry({ message: id });
          } else await box.queue[one.kind](id);
        }
      }
      for (const id of messages) await box.queue.release(id);
      await box.pass(12 * hour, 10 * minute);
      assert.deepEqual(box.queue.stats(), { messages: 0, sizeBytes: 0, held: 0, recipients: [] });
      assert.deepEqual(globSync('spool/*/*', { cwd: box.folder }), []);
      const told = box.reports.flatMap(({ message, recipients }) =>
        recipients.filter(({ outcome }) => outcome.kind !== 'deferred').map(({ address: to }) => `${message.id} ${to}`),
      );
      assert.deepEqual(again, [], 'delivered after its end');
      assert.deepEqual(early, [], 'tried before its time');
      assert.equal(new Set(told).size, told.length, 'told twice');
      // Of `list` and `a` together, `a` is the list's target as well: one delivery, one report.
      assert.deepEqual(
        wanted.filter((one) => !told.includes(one)),
        [],
      );
      await box.end();
    }),
    { numRuns: 12 },
  );
});
