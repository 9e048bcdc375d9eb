import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { type BoxEvent, EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { Notify } from '../mail/envelope.ts';
import { Header } from '../mail/header.ts';
import { readStructure } from '../mail/structure.ts';
import {
  type Entrance,
  type Outcome,
  type QueuedMessage,
  type Report,
  type ReportRecipient,
  SubmitError,
} from '../queue/types.ts';
import { DsnReporter } from './dsn.ts';

const original = 'From: alice@office.test\r\nSubject: Offer\r\nMessage-ID: <1@office.test>\r\n\r\nHello\r\n';

const failed: Outcome = { kind: 'failed', status: '5.1.1', text: 'Nobody has this address.' };
const deferred: Outcome = { kind: 'deferred', status: '4.4.1', text: 'No connection.' };
const local: Outcome = { kind: 'delivered', action: 'delivered', status: '2.0.0', text: 'In the mailbox.' };
const relayed: Outcome = {
  kind: 'delivered',
  action: 'relayed',
  status: '2.0.0',
  text: 'Taken.',
  remoteMta: 'dns; mx.far.test',
};
const handedOn: Outcome = {
  kind: 'delivered',
  action: 'delivered',
  status: '2.0.0',
  text: 'Taken.',
  remoteMta: 'dns; mx.far.test',
};

const never: Notify = { success: false, failure: false, delay: false };
const success: Notify = { ...never, success: true };

interface Sent {
  readonly id: string | undefined;
  readonly to: string;
  readonly reversePath: string;
  readonly message: Buffer;
}

function setUp(options: { postmaster?: string; error?: Error } = {}): {
  reporter: DsnReporter;
  sent: Sent[];
  events: BoxEvent[];
} {
  const sent: Sent[] = [];
  const events: BoxEvent[] = [];
  const clock = new ManualClock();
  const bus = new EventBus(clock);
  bus.on((event) => events.push(event));
  const entrance: Entrance = {
    async submit({ id, source, envelope, content }) {
      if (options.error) throw options.error;
      assert.equal(source, 'dsn');
      const message = await buffer(content as AsyncIterable<Uint8Array>);
      sent.push({
        id,
        to: envelope.recipients.map((one) => one.address).join(),
        reversePath: envelope.reversePath,
        message,
      });
      return { id: `q${sent.length}`, sizeBytes: message.length };
    },
  };
  const settings = () => ({
    name: 'box.test',
    from: 'boss@office.test',
    postmaster: options.postmaster ?? 'boss@office.test',
  });
  const reporter = new DsnReporter({
    entrance,
    settings,
    clock,
    events: bus,
    random: (count) => new Uint8Array(count).fill(3),
  });
  return { reporter, sent, events };
}

function report(recipients: readonly Partial<ReportRecipient>[], message: Partial<QueuedMessage> = {}): Report {
  return {
    reportId: 'rep1',
    message: {
      id: 'm1', source: 'esmtp', reversePath: 'alice@office.test', smtputf8: false, sizeBytes: original.length, acceptedAt: 0, generation: 0, ...message,
    }, // biome-ignore format: plain data
    recipients: recipients.map((one, index) => ({
      address: `r${index}@far.test`,
      outcome: failed,
      expiresAt: 8 * 3_600_000,
      attempts: 1,
      ...one,
    })),
    async *content() {
      yield Buffer.from(original);
    },
  };
}

test('who is told of what', async () => {
  const cases: readonly [string, Outcome, Notify | undefined, Partial<QueuedMessage>, string | undefined][] = [
    ['a failure', failed, undefined, {}, 'alice@office.test'],
    ['a failure, asked for success only', failed, success, {}, undefined],
    ['a failure, never', failed, never, {}, undefined],
    ['a delay', deferred, undefined, {}, 'alice@office.test'],
    ['a delay, not asked for', deferred, success, {}, undefined],
    ['a success nobody asked for', local, undefined, {}, undefined],
    ['a success asked for', local, success, {}, 'alice@office.test'],
    ['handed to a host without reports', relayed, success, {}, 'alice@office.test'],
    ['handed to a host with reports', handedOn, success, {}, undefined],
    ['failure without a sender', failed, undefined, { reversePath: '' }, 'boss@office.test'],
    ['failure without a sender, never', failed, never, { reversePath: '' }, 'boss@office.test'],
    ['delay without a sender', deferred, undefined, { reversePath: '' }, undefined],
    ['success without a sender', local, success, { reversePath: '' }, undefined],
    ['failure of a report', failed, undefined, { reversePath: '', source: 'dsn', generation: 1 }, 'boss@office.test'],
    [
      'failure of a report about a report',
      failed,
      undefined,
      { reversePath: '', source: 'dsn', generation: 2 },
      undefined,
    ],
  ];
  for (const [what, outcome, notify, message, to] of cases) {
    const { reporter, sent } = setUp();
    await reporter.report(report([{ outcome, ...(notify ? { notify } : {}) }], message));
    assert.equal(sent[0]?.to, to, what);
    assert.equal(sent[0]?.reversePath ?? '', '', what);
  }
});

test('the report is a message that programs and people read', async () => {
  const { reporter, sent, events } = setUp();
  const attachment = { contentType: 'image/png', fileName: 'page1.png', bytes: Buffer.from('picture') };
  await reporter.report(
    report([
      {
        address: '5550111@fax',
        outcome: { kind: 'failed', status: '5.4.1', text: 'The line was busy at every call.', attachment },
      },
      { outcome: local, notify: success },
      { outcome: failed, notify: never },
    ]),
  );
  const { message, id } = sent[0]!;
  assert.equal(id, 'report-rep1');
  const header = Header.parse(message);
  assert.match(
    header.first('received')!,
    /^from box\.test {2}by box\.test with local {2}id rep1; Mon, 05 Jan 2026 09:00:00 \+0000$/,
  );
  assert.deepEqual(
    ['from', 'to', 'subject', 'message-id'].map((name) => header.first(name)),
    ['Mail service <boss@office.test>', 'alice@office.test', 'Not delivered: Offer', '<rep1@box.test>'],
  );
  const root = await readStructure([message]);
  assert.deepEqual(
    root.parts.map((one) => one.subtype),
    ['mixed', 'delivery-status', 'rfc822'],
  );
  assert.match(
    message.toString(),
    /Fax to 5550111\r\n {4}The line was busy at every call\.\r\n {4}Check the number, ask the recipient/,
  );
  assert.doesNotMatch(message.toString(), /r2@far\.test/);
  assert.deepEqual(
    events.map((one) => [one.name, one.fields]),
    [['dsn.sent', { message: 'q1', about: 'm1', to: 'alice@office.test', action: 'failed' }]],
  );
});

test('the postmaster is told that it is nobody\u2019s message', async () => {
  const { reporter, sent } = setUp();
  await reporter.report(report([{}], { reversePath: '' }));
  assert.match(sent[0]!.message.toString(), /it has no sender who could be told/);
  assert.doesNotMatch(sent[0]!.message.toString(), /send the message again/);
});

test('a report that can go to nobody is an event; one that cannot go now is thrown back', async () => {
  const nobody = setUp({ postmaster: '' });
  await nobody.reporter.report(report([{}], { reversePath: '' }));
  const refused = setUp({ error: new SubmitError(true, '5.1.1', 'no such mailbox') });
  await refused.reporter.report(report([{}]));
  for (const { events, sent } of [nobody, refused])
    assert.deepEqual([events.map((one) => one.name), sent.length], [['dsn.dropped'], 0]);
  const full = setUp({ error: new SubmitError(false, '4.3.1', 'no room') });
  await assert.rejects(full.reporter.report(report([{}])), /no room/);
});
