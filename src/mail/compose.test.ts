import assert from 'node:assert/strict';
import { buffer, text as joined } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Body, composeMessage, type Draft, formatField, messageId } from './compose.ts';
import { decodeText, decodeTransfer } from './decode.ts';
import { decodeWords } from './encoded-word.ts';
import type { MimePart } from './mime-part.ts';
import { fileName } from './parameters.ts';
import { readStructure } from './structure.ts';

const random = (count: number): Uint8Array => new Uint8Array(count).fill(7);
const at = Date.UTC(2026, 0, 5, 9);

function draft(body: Body, more: Partial<Draft> = {}): Draft {
  return {
    from: { name: 'Fax', address: 'fax@office.test' },
    to: [{ name: 'Jürgen, "J"', address: 'j@bücher.test' }],
    subject: 'Neues Fax von Größe & Söhne',
    date: at,
    messageId: messageId('abc', 'box.test'),
    body,
    ...more,
  };
}

async function compose(body: Body, more: Partial<Draft> = {}): Promise<Buffer> {
  return buffer(composeMessage(draft(body, more), random));
}

async function read(message: Buffer): Promise<MimePart> {
  for (const line of message.toString('latin1').split('\r\n')) {
    assert.ok(line.length <= 998);
    assert.doesNotMatch(line, /[\r\n]/);
  }
  return readStructure([message]);
}

const body = (message: Buffer, part: MimePart): Uint8Array => message.subarray(part.bodyStart, part.bodyEnd);

test('a received fax as a message: text, pages as PNG, one PDF, streamed', async () => {
  const page = Buffer.alloc(100_000, 0x5a);
  async function* slices(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < page.length; from += 777) yield page.subarray(from, from + 777);
  }
  const message = await compose({
    kind: 'multipart',
    subtype: 'mixed',
    parts: [
      { kind: 'text', text: 'Pages: 1\nStation: +49 30 Größe\n' },
      { kind: 'file', contentType: 'image/png', fileName: 'page1.png', content: slices(), inline: true },
      { kind: 'file', contentType: 'application/pdf', fileName: 'Fax für alle.pdf', content: page },
    ],
  });
  const root = await read(message);
  assert.equal(decodeWords(root.envelope!.subject!), 'Neues Fax von Größe & Söhne');
  assert.deepEqual(
    root.envelope!.to.map((one) => [decodeWords(one.name!), one.mailbox, one.host]),
    [['Jürgen, "J"', 'j', 'xn--bcher-kva.test']],
  );
  assert.equal(root.envelope!.messageId, '<abc@box.test>');
  const [text, png, pdf] = root.parts as [MimePart, MimePart, MimePart];
  assert.equal(
    (await buffer(decodeTransfer(text.encoding, [body(message, text)]))).toString(),
    'Pages: 1\r\nStation: +49 30 Größe\r\n',
  );
  assert.equal(png.disposition?.type, 'inline');
  assert.equal(fileName(pdf), 'Fax für alle.pdf');
  for (const part of [png, pdf])
    assert.deepEqual(await buffer(decodeTransfer(part.encoding, [body(message, part)])), page);
});

test('any text comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({
        unit: fc.oneof(
          fc.constantFrom('\n', ' ', '=', '.', '\t', 'é', '-'),
          fc.string({ unit: 'binary', maxLength: 1 }),
        ),
        maxLength: 200,
      }),
      async (text) => {
        const message = await compose({ kind: 'text', text });
        const part = await read(message);
        const back = await joined(decodeText(part, [body(message, part)]));
        const lines = text.replaceAll(/\r\n|\r|\n/g, '\r\n');
        assert.equal(back, lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`);
      },
    ),
  );
});

test('fields are one line each, however long or evil', async () => {
  const message = await compose(
    { kind: 'text', text: 'x' },
    {
      subject: `a\r\nEvil: b\r\n\r\n${'word '.repeat(300)}${'x'.repeat(3000)}`,
      fields: [['X-Note', 'y\nEvil: z']],
      to: [],
      messageId: 'a\r\nEvil: c',
    },
  );
  const root = await read(message);
  assert.doesNotMatch(message.toString(), /^Evil:/m);
  assert.ok(decodeWords(root.envelope!.subject!).endsWith('x'.repeat(3000)));
  assert.deepEqual(root.envelope!.to, [{ mailbox: 'undisclosed-recipients' }, {}]);
  const folded = formatField('X', 'word '.repeat(100).trim());
  assert.ok(folded.split('\r\n').every((line) => line.length <= 78));
  assert.equal(folded.replaceAll('\r\n', ''), `X: ${'word '.repeat(100).trim()}`);
});

test('a message inside keeps every octet', async () => {
  for (const inner of ['Subject: a\r\n\r\nb\r\n', 'Subject: a\r\n\r\nno line end', 'Subject: a\r\n\r\n\r\n\r\n']) {
    const message = await compose({
      kind: 'multipart',
      subtype: 'mixed',
      parts: [{ kind: 'raw', contentType: 'message/rfc822', encoding: '7bit', content: Buffer.from(inner) }],
    });
    const root = await read(message);
    assert.equal(Buffer.from(body(message, root.parts[0]!)).toString(), inner);
  }
});
