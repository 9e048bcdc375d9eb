import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteStuffed } from './byte-stuffing.ts';

async function stuffed(chunks: readonly string[], bodyLines?: number): Promise<string> {
  async function* content() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const found: Uint8Array[] = [];
  for await (const chunk of byteStuffed(content(), bodyLines)) found.push(chunk);
  return Buffer.concat(found).toString();
}

const lines = fc.array(fc.constantFrom('a', '.', '..', '', 'text .', 'H: v'), { maxLength: 12 });

test('a client reads what was there, in any chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.constantFrom('', 'x', '.', '.x', 'x\r'),
      fc.integer({ min: 1, max: 5 }),
      async (all, last, size) => {
        const text = all.map((line) => `${line}\r\n`).join('') + last;
        const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const sent = await stuffed(chunks);
        assert.ok(sent === '.\r\n' || sent.endsWith('\r\n.\r\n'));
        const body = sent.slice(0, -3);
        assert.ok(!/^\.(\r\n|$)/m.test(body.replaceAll('\r', '')) || !/(^|\n)\.\r\n/.test(body));
        const read = body.replaceAll(/^\./gm, '');
        const whole = text === '' || text.endsWith('\r\n') ? text : text.endsWith('\r') ? `${text}\n` : `${text}\r\n`;
        assert.equal(read, whole);
      },
    ),
  );
});

test('TOP: the header, the empty line and so many lines, in any chunks', async () => {
  await fc.assert(
    fc.asyncProperty(lines, lines, fc.nat(5), fc.integer({ min: 1, max: 5 }), async (header, body, count, size) => {
      const head = header.filter((line) => line !== '');
      const text = [...head, '', ...body].map((line) => `${line}\r\n`).join('');
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const wanted = [...head, '', ...body.slice(0, count)].map((line) => `${line.replace(/^\./, '..')}\r\n`).join('');
      assert.equal(await stuffed(chunks, count), `${wanted}.\r\n`);
    }),
  );
});
