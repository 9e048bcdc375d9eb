import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OctetInput, UnexpectedEnd } from './octet-input.ts';

function inputOf(chunks: readonly (string | Uint8Array)[]): OctetInput {
  const left = chunks.map((chunk) => Buffer.from(chunk as string));
  return new OctetInput(async () => left.shift());
}

/** Lines and counted octets in turn, until the end. */
async function readAll(input: OctetInput, most: number): Promise<string[]> {
  const found: string[] = [];
  try {
    for (;;) {
      const line = await input.line(most);
      if (line.kind === 'end') return found;
      found.push(line.kind === 'line' ? `line ${line.octets.toString('hex')}` : `long ${line.start.toString('hex')}`);
      const count = line.kind === 'line' ? line.octets.length % 4 : 0;
      found.push(`octets ${(await input.counted(count).all()).toString('hex')}`);
    }
  } catch (error) {
    assert.ok(error instanceof UnexpectedEnd);
    return [...found, 'cut'];
  }
}

test('how octets are cut into chunks makes no difference', async () => {
  const octets = fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\r\n', 'long line of text'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      octets,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 }),
      async (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(''));
        const chunks: Buffer[] = [Buffer.alloc(0)];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const end = at + cuts[turn % cuts.length]!;
          chunks.push(whole.subarray(at, end));
          at = end;
        }
        assert.deepEqual(await readAll(inputOf(chunks), 8), await readAll(inputOf([whole]), 8));
      },
    ),
  );
});

test('lines end in LF or CRLF; a lone CR belongs to the line; a line too long is dropped to its end', async () => {
  const input = inputOf(['a\r\nb\nc\rd\r\n12345\r\n123456\r\n', '1234567890'.repeat(100), '\nend\n', 'cut']);
  const lines: string[] = [];
  for (;;) {
    const line = await input.line(5);
    if (line.kind === 'end') break;
    lines.push(line.kind === 'line' ? line.octets.toString() : `too long: ${line.start.length}`);
  }
  assert.deepEqual(lines, ['a', 'b', 'c\rd', '12345', 'too long: 5', 'too long: 5', 'end']);
});

test('counted octets that nobody wants are dropped, and what comes after them is read', async () => {
  const input = inputOf(['1234', '5678\r\nnext\r\n']);
  const counted = input.counted(8);
  for await (const part of counted) {
    assert.equal(part.length, 4);
    break;
  }
  await counted.drain();
  assert.equal((await input.line(100)).kind, 'line');
  const line = await input.line(100);
  assert.equal(line.kind === 'line' && line.octets.toString(), 'next');
});
