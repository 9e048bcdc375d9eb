import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { DeliveryJob } from '../queue/types.ts';
import type { MailStore } from '../store/types.ts';
import { LocalAgent } from './local.ts';

type Stored = { account: string; deliveryId: string; text: string };

function setUp(failure?: string): { agent: LocalAgent; stored: Stored[]; faults: string[] } {
  const stored: Stored[] = [];
  const faults: string[] = [];
  const events = new EventBus(new ManualClock());
  events.on((event) => {
    if (event.name === 'box.fault') faults.push(event.fields.error);
  });
  const store: Pick<MailStore, 'deliver'> = {
    async deliver(account, content, { deliveryId }) {
      if (failure && account.startsWith('bob')) throw Object.assign(new Error(failure), { code: failure });
      let text = '';
      for await (const chunk of content as AsyncIterable<Uint8Array>) text += Buffer.from(chunk).toString();
      stored.push({ account, deliveryId, text });
      return { uid: stored.length };
    },
  };
  const account = (address: string) =>
    /^(alice|bob)@office\.test$/.test(address) ? { address, fullName: '', fax: false, disabled: false } : undefined;
  return { agent: new LocalAgent({ store, directory: () => ({ account }), events }), stored, faults };
}

function job(names: readonly string[], text = 'Subject: Hi\r\n\r\nHello\r\n', reversePath = 'x@far.test'): DeliveryJob {
  return {
    message: {
      id: 'm',
      source: 'esmtp',
      reversePath,
      smtputf8: false,
      sizeBytes: text.length,
      acceptedAt: 0,
      generation: 0,
    },
    recipients: names.map((name, index) => {
      const address = `${name}@office.test`;
      return { id: `r${index}`, address, attempt: 1, route: { agent: 'local', account: address } };
    }),
    async *content() {
      for (const one of text) yield Buffer.from(one);
    },
  };
}

const signal = new AbortController().signal;

test('each mailbox gets the message with its trace, under the id of the recipient', async () => {
  const { agent, stored } = setUp();
  const results = await agent.deliver(job(['alice', 'bob']), signal);
  assert.deepEqual(
    results.map((one) => [one.recipient, one.outcome.kind, one.outcome.status]),
    [
      ['r0', 'delivered', '2.0.0'],
      ['r1', 'delivered', '2.0.0'],
    ],
  );
  assert.deepEqual(stored[1], {
    account: 'bob@office.test',
    deliveryId: 'r1',
    text: 'Return-Path: <x@far.test>\r\nDelivered-To: bob@office.test\r\nSubject: Hi\r\n\r\nHello\r\n',
  });
  await agent.deliver(job(['alice'], undefined, ''), signal);
  assert.match(stored[2]!.text, /^Return-Path: <>\r\n/);
});

test('a message that was here before goes in a circle; one that only quotes it does not', async () => {
  const { agent, stored } = setUp();
  const trace = 'Delivered-To: Alice@office.test\r\n';
  const results = await agent.deliver(job(['alice', 'bob'], `${trace}Subject: Hi\r\n\r\nx`), signal);
  assert.deepEqual(
    results.map((one) => `${one.outcome.kind} ${one.outcome.status}`),
    ['failed 5.4.6', 'delivered 2.0.0'],
  );
  assert.equal(
    (await agent.deliver(job(['alice'], `Subject: Hi\r\n\r\n${trace}`), signal))[0]!.outcome.kind,
    'delivered',
  );
  assert.equal(stored.length, 2);
});

test('no such mailbox; no room; a fault: none disturbs the others', async () => {
  for (const [failure, status, faults] of [
    ['EDQUOT', '4.2.2', 0],
    ['ENOSPC', '4.3.1', 0],
    ['EIO', '4.3.0', 1],
  ] as const) {
    const box = setUp(failure);
    const results = await box.agent.deliver(job(['bob', 'carol', 'alice']), signal);
    assert.deepEqual(
      results.map((one) => `${one.outcome.kind} ${one.outcome.status}`),
      [`deferred ${status}`, 'failed 5.1.1', 'delivered 2.0.0'],
    );
    assert.equal(box.faults.length, faults);
  }
});

test('after an abort nothing more is delivered', async () => {
  const { agent, stored } = setUp();
  assert.deepEqual(await agent.deliver(job(['alice']), AbortSignal.abort()), []);
  assert.deepEqual(stored, []);
});
