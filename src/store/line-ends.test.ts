import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineEndsForStore, toCrlf } from './line-ends.ts';

const odd = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bc', ''), { maxLength: 40 });

async function stored(chunks: readonly string[]): Promise<{ file: Buffer; ends: LineEndsForStore }> {
  const ends = new LineEndsForStore();
  const parts: Uint8Array[] = [];
  for await (const part of ends.pass(chunks.map((chunk) => Buffer.from(chunk)))) parts.push(Buffer.from(part));
  return { file: Buffer.concat(parts), ends };
}

test('what was stored is read back, an LF alone as CRLF, in whatever chunks it comes', async () => {
  await fc.assert(
    fc.asyncProperty(odd, fc.nat(60), async (chunks, cut) => {
      const { file, ends } = await stored(chunks);
      const wanted = chunks.join('').replaceAll(/(?<!\r)\n/g, '\r\n');
      assert.equal(Buffer.from(toCrlf(file, false)).toString(), wanted);
      const at = Math.min(cut, file.length);
      const second = toCrlf(file.subarray(at), file[at - 1] === 13);
      assert.equal(Buffer.concat([toCrlf(file.subarray(0, at), false), second]).toString(), wanted);
      assert.deepEqual([ends.sizeBytes, ends.fileBytes], [wanted.length, file.length]);
    }),
    { numRuns: 500 },
  );
});

test('a message with CRLF lines stands with LF lines in the file', async () => {
  const { file } = await stored(['Subject: x\r', '\n\r\nbody\r\n']);
  assert.equal(file.toString(), 'Subject: x\n\nbody\n');
});
