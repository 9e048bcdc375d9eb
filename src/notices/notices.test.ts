import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunksOf } from '../lib/durable.ts';
import { EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { type Submission, SubmitError } from '../queue/types.ts';
import { Notices } from './notices.ts';

interface Taken {
  readonly submission: Submission;
  readonly text: string;
}

function office(postmaster = 'anna@office.test') {
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const taken: Taken[] = [];
  const told: string[] = [];
  /** What the next submissions end with. */
  const refusals: Error[] = [];
  events.on(({ name }) => told.push(name));
  const settings = { name: 'box.test', from: 'postmaster@office.test', postmaster };
  let id = 0;
  const notices = new Notices({
    entrance: {
      async submit(submission) {
        const refusal = refusals.shift();
        if (refusal) throw refusal;
        const parts: Uint8Array[] = [];
        for await (const part of chunksOf(submission.content)) parts.push(part);
        const text = Buffer.concat(parts).toString();
        taken.push({ submission, text });
        return { id: submission.id!, sizeBytes: text.length };
      },
    },
    settings: () => settings,
    events,
    clock,
    ids: () => `n${id++}`,
    random: (count) => new Uint8Array(count),
  });
  notices.start();
  const rolledBack = () => events.emit('update.rolled-back', { version: '1.4.0', running: '1.3.0' });
  return { clock, events, notices, taken, told, refusals, rolledBack };
}

test('an update that did not come up is written to the postmaster', async () => {
  const { taken, told, clock, rolledBack, events } = office();
  rolledBack();
  events.emit('update.confirmed', { version: '1.3.0', slot: 'A' });
  await clock.advance(0);
  assert.equal(taken.length, 1);
  const { submission, text } = taken[0]!;
  assert.deepEqual(submission.envelope, {
    reversePath: '',
    recipients: [{ address: 'anna@office.test' }],
    smtputf8: false,
  });
  assert.match(text, /^Received: .*box\.test/);
  assert.match(text, /^From: "box\.test" <postmaster@office\.test>\r$/m);
  assert.match(text, /^Subject: Update 1\.4\.0 did not come up, 1\.3\.0 is running\r$/m);
  // RFC 3834, section 5: so that no absence note answers.
  assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
  assert.match(text, /nothing has to be done now/);
  assert.deepEqual(told, ['update.rolled-back', 'update.confirmed', 'notice.sent']);
});

test('while there is no room it is handed in again, the same; a refusal and a missing postmaster are told', async () => {
  const full = office();
  full.refusals.push(new SubmitError(false, '4.3.1', 'disk full'), new SubmitError(false, '4.3.1', 'disk full'));
  full.rolledBack();
  await full.clock.advance(20 * 60_000);
  assert.deepEqual([full.taken.length, full.taken[0]?.submission.id, full.clock.pending], [1, 'n0', 0]);
  full.refusals.push(new SubmitError(true, '5.1.1', 'no such person'));
  full.rolledBack();
  await full.clock.advance(0);
  assert.equal(full.told.at(-1), 'notice.dropped');
  const nobody = office('');
  nobody.rolledBack();
  assert.deepEqual([nobody.taken.length, nobody.told.at(-1)], [0, 'notice.dropped']);
});

test('stopped: what waits is let go, and nothing more is written', async () => {
  const { notices, refusals, rolledBack, clock, taken } = office();
  refusals.push(new SubmitError(false, '4.3.1', 'disk full'));
  rolledBack();
  await clock.advance(0);
  notices.stop();
  rolledBack();
  assert.equal(clock.pending, 0);
  await clock.advance(3_600_000);
  assert.deepEqual(taken, []);
});
