import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { decodeTransfer } from './decode.ts';
import { Header } from './header.ts';
import type { MimePart } from './mime-part.ts';
import { composeReport, type DeliveryReport, maxReturnedOctets, returnedPart } from './report.ts';
import { readStructure } from './structure.ts';

const original = Buffer.from(
  'From: a@office.test\r\nSubject: =?utf-8?Q?Gr=C3=B6=C3=9Fe?=\r\nMessage-ID: <1@office.test>\r\n\r\nHello\r\n',
);
const at = Date.UTC(2026, 0, 5, 9);
const base: DeliveryReport = {
  from: { name: 'Mail service', address: 'postmaster@box.test' },
  to: 'a@office.test',
  date: at + 60_000,
  messageId: 'r1@box.test',
  reportingMta: 'box.test',
  arrivalDate: at,
  envelopeId: 'QQ314159',
  recipients: [
    {
      address: 'bob@far.test', originalRecipient: 'rfc822;Bob@far.test', action: 'failed', status: '5.1.1',
      text: 'The mail server of far.test does not know this address.', remoteMta: 'mx.far.test',
      diagnostic: '550 5.1.1 No such user\r\nEvil: x', lastAttempt: at + 1000,
    },
    { address: '5551234@fax', label: 'Fax to 5551234', action: 'delayed', status: '4.4.1', text: 'The line is busy.', willRetryUntil: at + 8 * 3_600_000 },
  ],
  original: [original],
  returned: 'full',
}; // biome-ignore format: one line a thing

async function compose(
  more: Partial<DeliveryReport> = {},
): Promise<{ message: Buffer; root: MimePart; parts: string[] }> {
  const message = await buffer(composeReport({ ...base, ...more }, (count) => new Uint8Array(count).fill(9)));
  const root = await readStructure([message]);
  const parts = root.parts.map((part) => message.subarray(part.bodyStart, part.bodyEnd).toString());
  return { message, root, parts };
}

test('three parts, as RFC 6522 and RFC 3464 say', async () => {
  const { message, root, parts } = await compose();
  assert.deepEqual(
    [root.type, root.subtype, root.parameters['report-type']],
    ['multipart', 'report', 'delivery-status'],
  );
  assert.deepEqual(
    root.parts.map((part) => `${part.type}/${part.subtype}`),
    ['text/plain', 'message/delivery-status', 'message/rfc822'],
  );
  assert.equal(parts[2], original.toString());
  const header = Header.parse(message);
  assert.equal(header.text('subject'), 'Not delivered: Größe');
  assert.equal(header.first('in-reply-to'), '<1@office.test>');
  assert.equal(header.first('auto-submitted'), 'auto-replied');
  const blocks = parts[1]!
    .split('\r\n\r\n')
    .map((block) => Object.fromEntries(Header.parse(block).fields.map((one) => [one.name, one.value])));
  assert.deepEqual(blocks, [
    {
      'Original-Envelope-Id': 'QQ314159',
      'Reporting-MTA': 'dns; box.test',
      'Arrival-Date': 'Mon, 05 Jan 2026 09:00:00 +0000',
    },
    {
      'Original-Recipient': 'rfc822;Bob@far.test',
      'Final-Recipient': 'rfc822; bob@far.test',
      Action: 'failed',
      Status: '5.1.1',
      'Remote-MTA': 'dns; mx.far.test',
      'Diagnostic-Code': 'smtp; 550 5.1.1 No such user Evil: x',
      'Last-Attempt-Date': 'Mon, 05 Jan 2026 09:00:01 +0000',
    },
    {
      'Final-Recipient': 'rfc822; 5551234@fax',
      Action: 'delayed',
      Status: '4.4.1',
      'Will-Retry-Until': 'Mon, 05 Jan 2026 17:00:00 +0000',
    },
  ]);
});

test('words that a secretary understands', async () => {
  const { root, message } = await compose();
  const part = root.parts[0]!;
  const text = await buffer(decodeTransfer(part.encoding, [message.subarray(part.bodyStart, part.bodyEnd)]));
  assert.deepEqual(text.toString().split('\r\n'), [
    'Your message could not be delivered to everyone it was sent to.',
    '',
    '  Subject: Größe',
    '  Received: Mon, 05 Jan 2026 09:00:00 +0000',
    '',
    'NOT DELIVERED',
    '',
    '  bob@far.test',
    '    The mail server of far.test does not know this address.',
    '    Check the address for typing mistakes, correct it, and send the message',
    '    again.',
    '    mx.far.test answered: 550 5.1.1 No such user Evil: x',
    '',
    'STILL WAITING',
    '',
    '  Fax to 5551234',
    '    The line is busy.',
    '    It is tried again until Mon, 05 Jan 2026 17:00:00 +0000. You will be',
    '    told if it cannot be delivered; there is nothing to do now.',
    '',
    'This message was made by the mail service of box.test. Your message is',
    'attached.',
    '',
  ]);
});

test('how much of the message goes back', async () => {
  assert.equal(returnedPart(['failed'], undefined, 100), 'full');
  assert.equal(returnedPart(['failed', 'delivered'], 'full', maxReturnedOctets), 'full');
  assert.equal(returnedPart(['failed'], 'headers', 100), 'headers');
  assert.equal(returnedPart(['failed'], 'full', maxReturnedOctets + 1), 'headers');
  assert.equal(returnedPart(['delivered', 'delayed'], 'full', 100), 'headers');
  const { root, parts } = await compose({ returned: 'headers' });
  assert.equal(`${root.parts[2]!.type}/${root.parts[2]!.subtype}`, 'text/rfc822-headers');
  assert.ok(original.toString().startsWith(parts[2]!));
  assert.match(parts[2]!, /office\.test>\r\n$/);
  const endless = await compose({ returned: 'headers', original: [Buffer.from('X: y\r\n'.repeat(20_000))] });
  assert.ok(endless.message.length < maxReturnedOctets + 5000);
});

test('UTF-8 addresses and messages are reported as RFC 6533 says', async () => {
  const { root, parts } = await compose({
    recipients: [{ address: 'jürgen@bücher.test', action: 'failed', status: 'nonsense', text: 'No.' }],
    original: [Buffer.from('Subject: Größe\r\n\r\nx')],
  });
  assert.deepEqual(root.parts.map((part) => [`${part.type}/${part.subtype}`, part.encoding]).slice(1), [
    ['message/global-delivery-status', '8bit'],
    ['message/global', '8bit'],
  ]);
  assert.match(parts[1]!, /^Final-Recipient: utf-8; jürgen@bücher\.test\r\nAction: failed\r\nStatus: 5\.0\.0\r\n/m);
});

test('pictures stand in the first part', async () => {
  const bytes = Buffer.from('not really a picture');
  const { root } = await compose({ attachments: [{ contentType: 'image/png', fileName: 'page1.png', bytes }] });
  assert.equal(root.parts.length, 3);
  assert.deepEqual(
    root.parts[0]!.parts.map((part) => `${part.type}/${part.subtype}`),
    ['text/plain', 'image/png'],
  );
  assert.equal(root.parts[0]!.parts[1]!.disposition?.type, 'inline');
});

test('a success and a delay have their own words', async () => {
  const success = await compose({
    recipients: [{ address: 'b@c', action: 'relayed', status: '2.0.0', text: 'It went on.' }],
    returned: 'headers',
  });
  assert.equal(Header.parse(success.message).text('subject'), 'Delivered: Größe');
  assert.match(success.parts[0]!, /HANDED ON/);
  const delay = await compose({ recipients: [base.recipients[1]!] });
  assert.equal(Header.parse(delay.message).text('subject'), 'Delayed: Größe');
  assert.match(delay.parts[0]!, /You need not send it again/);
});
