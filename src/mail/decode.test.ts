import assert from 'node:assert/strict';
import { buffer, text as joined } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import * as qp from 'nodemailer/lib/qp';
import { decodeText, decodeTransfer, readText } from './decode.ts';
import { unflow } from './flowed.ts';

async function octets(encoding: string, chunks: readonly Uint8Array[]): Promise<Buffer> {
  return buffer(decodeTransfer(encoding, chunks));
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

const sizes = fc.array(fc.nat(20), { maxLength: 20 });

test('base64 in any chunks, with garbage and padding inside', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), sizes, async (bytes, lengths) => {
      const text = Buffer.from(bytes).toString('base64').replaceAll(/.{20}/g, '$&\r\n');
      assert.deepEqual(await octets('base64', cut(Buffer.from(text), lengths)), Buffer.from(bytes));
    }),
  );
  assert.equal(String(await octets('base64', [Buffer.from('SGk=\r\n*!SGk=SGk')])), 'HiHiHi');
  assert.equal(String(await octets('base64', [])), '');
});

test('quoted-printable in any chunks reads what nodemailer wrote', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), sizes, async (bytes, lengths) => {
      const text = qp.wrap(qp.encode(Buffer.from(bytes)));
      assert.deepEqual(await octets('quoted-printable', cut(Buffer.from(text), lengths)), Buffer.from(bytes));
    }),
  );
  const loose = 'a=3Db =\r\n  c \t\r\n=zz=\n=e4 =20 \nend=';
  assert.equal(
    (await octets('quoted-printable', [Buffer.from(loose)])).toString('latin1'),
    'a=b   c\r\n=zz\u00e4  \nend',
  );
});

test('other encodings leave the octets alone', async () => {
  for (const encoding of ['7bit', '8bit', 'binary', 'x-uuencode'])
    assert.equal(String(await octets(encoding, [Buffer.from('a='), Buffer.from('b')])), 'a=b');
});

test('text by charset; a charset that is missing or unknown is found out line by line', async () => {
  const text = (charset: string, bytes: Uint8Array, lengths: readonly number[] = []): Promise<string> =>
    joined(decodeText({ encoding: '8bit', parameters: charset ? { charset } : {} }, cut(bytes, lengths)));
  assert.equal(await text('utf-8', Buffer.from('grün €'), [1, 1, 1, 1, 1, 1]), 'grün €');
  assert.equal(await text('ISO-8859-15', Buffer.from([0xa4])), '€');
  assert.equal(await text('iso-2022-jp', Buffer.from('\x1b$B$3$s\x1b(B')), 'こん');
  const both = Buffer.concat([Buffer.from('grün\n'), Buffer.from('grün\n', 'latin1')]);
  for (const charset of ['', 'us-ascii', 'x-none'])
    assert.equal(await text(charset, both, [3, 1, 3, 1]), 'grün\ngrün\n');
  assert.equal(await readText({ encoding: 'base64', parameters: {} }, [Buffer.from('SGFsbG8=')], 3), 'Hal');
});

test('format=flowed', () => {
  assert.equal(unflow('one \ntwo\n\nthree\n', false), 'one two\n\nthree\n');
  assert.equal(unflow('long \r\nword\r\n', true), 'longword\n');
  assert.equal(unflow('> a \n> b\n>> c \nd\n', false), '> a b\n>> c \nd\n');
  assert.equal(unflow(' >not a quote\n From x\n', false), '>not a quote\nFrom x\n');
  assert.equal(unflow('text \n-- \nname\n', false), 'text \n-- \nname\n');
});
