import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { dayOf } from './local-day.ts';
import { summarize } from './summary.ts';
import { testLog } from './test-log.ts';

const hour = 3_600_000;

test('counts since midnight are those of a model, whatever happens and wherever the program is ended', async (context) => {
  const box = await testLog(context);
  const model = new Map<number, Record<string, number>>();
  const count = (measure: string, by = 1): void => {
    const day = dayOf(box.clock.now());
    const counts = model.get(day) ?? {};
    model.set(day, { ...counts, [measure]: (counts[measure] ?? 0) + by });
  };
  const message = 'x'.repeat(26);
  const steps: Record<string, (n: number) => void> = {
    accepted: (n) => {
      box.accept({ sizeBytes: n, reversePath: `person${n % 7}@away.example` });
      count('accepted');
      count('bytes', n);
    },
    mailIn: () => {
      box.end('queue.delivered', { message });
      count('mailIn');
    },
    own: (n) => box.end('queue.delivered', { message, source: n % 2 ? 'fax' : 'dsn' }),
    expanded: () => box.end('queue.delivered', { message, action: 'expanded' }),
    mailOut: () => {
      box.end('queue.delivered', { message, agent: 'esmtp', host: 'mx.away.example' });
      count('mailOut');
    },
    faxOut: () => {
      box.end('queue.delivered', { message, agent: 'fax' });
      count('faxOut');
    },
    deferred: (n) => {
      box.end('queue.deferred', { message, agent: n % 2 ? 'esmtp' : 'fax', status: '4.4.1' });
      count(n % 2 ? 'mailDeferred' : 'faxDeferred');
    },
    failed: (n) => {
      box.end('queue.failed', { message, agent: n % 2 ? 'none' : 'fax', status: '5.1.1' });
      count(n % 2 ? 'mailFailed' : 'faxFailed');
    },
    refused: () => {
      const fields = { session: 's', remote: '192.0.2.9', sender: '', recipient: 'x@y.test', code: 550 };
      box.events.emit('smtp.refused', { ...fields, reason: '5.7.1 Relaying denied' });
      count('mailRefused');
    },
    call: (n) => {
      const direction = n % 2 ? 'in' : 'out';
      const peer = { call: 'c', line: 'line1', direction, number: '1', station: 'S' } as const;
      box.events.emit('call.ended', { ...peer, pages: n % 5, result: 'done', text: '', durationMs: 1500.4 });
      if (n % 5 > 0) count(n % 2 ? 'pagesIn' : 'pagesOut', n % 5);
    },
    received: () => {
      box.events.emit('fax.received', { call: 'c', line: 'line1', message, pages: 1, from: 'S' });
      count('faxIn');
    },
  };
  const kinds = Object.keys(steps);
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 1, max: 50 })) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('time'), fc.integer({ min: 1, max: 9 * hour })) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('reopen', 'full', 'room'), fc.constant(0)) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (all) => {
      for (const [kind, n] of all) {
        if (kind === 'time') await box.clock.advance(n);
        else if (kind === 'full') box.world.free = 0;
        else if (kind === 'room') box.world.free = 1e12;
        else if (kind !== 'reopen') steps[kind]!(n);
        // What is in memory only is written before the end: unless the disk is full.
        else if (box.world.free > 0) await box.reopen();
      }
      const day = dayOf(box.clock.now());
      const known = Object.entries(box.log.today()).filter(([, sum]) => sum > 0);
      assert.deepEqual(Object.fromEntries(known), model.get(day) ?? {});
    }),
    { numRuns: 25 },
  );
  box.world.free = 1e12;
  await box.clock.advance(hour);
  await box.reopen();
  for (const [day, counts] of model) {
    const { totals } = summarize(box.log.db!, 'day', day);
    assert.deepEqual(Object.fromEntries(Object.entries(totals).filter(([, sum]) => sum > 0)), counts);
  }
});

test('a full disk stops the log before mail, said once; counters miss nothing, and how much is lost is told', async (context) => {
  const box = await testLog(context);
  box.world.free = 1e7;
  for (let n = 0; n < 5; n++) {
    box.end('queue.delivered', { message: box.accept() });
    await box.clock.advance(60_000);
    await box.log.flush();
  }
  assert.deepEqual(box.told, ['mail-log.stopped']);
  assert.equal(box.log.today().mailIn, 5);
  box.world.free = 1e12;
  await box.clock.advance(120_000);
  await box.log.flush();
  assert.deepEqual(box.told, ['mail-log.stopped', 'mail-log.resumed']);
  await box.reopen();
  assert.equal(box.log.today().mailIn, 5);
  assert.equal(box.log.db!.get('SELECT count(*) AS n FROM mails')!.n, 0);
});

test('a broken database is put aside, and the log is begun anew', async (context) => {
  const box = await testLog(context);
  box.accept();
  await box.log.close();
  await writeFile(box.path, Buffer.alloc(50_000, 'no database '));
  await box.reopen();
  assert.deepEqual(box.told, ['mail-log.stopped']);
  box.accept();
  await box.log.flush();
  assert.equal(box.log.today().accepted, 1);
});
