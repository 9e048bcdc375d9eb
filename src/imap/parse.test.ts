import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunked, imapCommandText } from '../../test/support/grammar-words.ts';
import { OctetInput } from '../lib/octet-input.ts';
import { readCommand } from './command-reader.ts';
import { commands } from './commands/index.ts';
import { ImapError } from './imap-error.ts';
import { Cursor } from './parse.ts';

const cursor = (text: string): Cursor => new Cursor({ texts: [text], literals: [] });

test('rules of the grammar', () => {
  assert.equal(cursor('"a \\"b\\" \\\\"').string(), 'a "b" \\');
  assert.equal(cursor('a]b c').astring(), 'a]b');
  assert.equal(cursor('NIL').nstring(), undefined);
  assert.equal(cursor('"17-Jul-1996 02:44:25 -0700"').dateTime(), Date.UTC(1996, 6, 17, 9, 44, 25));
  assert.equal(cursor('" 1-Feb-2026 00:00:00 +0130"').dateTime(), Date.UTC(2026, 0, 31, 22, 30));
  assert.equal(cursor('1-Feb-2026').date(), Date.UTC(2026, 1, 1));
  assert.deepEqual(cursor('(\\seen \\FLAGGED Work)').flagList(), ['\\Seen', '\\Flagged', 'Work']);
  assert.equal(cursor('inBox').mailbox(false), 'INBOX');
  assert.equal(cursor('4294967295').number(), 4294967295);
  const wrong: [string, (one: Cursor) => unknown][] = [
    ['4294967296', (one) => one.number()],
    ['0', (one) => one.nzNumber()],
    ['"a', (one) => one.string()],
    ['"a\\b"', (one) => one.string()],
    ['"30-Feb-2026 00:00:00 +0000"', (one) => one.dateTime()],
    ['"01-Feb-2026 24:00:00 +0000"', (one) => one.dateTime()],
    ['(a b', (one) => one.list(() => one.atom())],
    ['(a  b)', (one) => one.list(() => one.atom())],
    ['(\\Recent)', (one) => one.flagList()],
    [`(${'a '.repeat(2000)}a)`, (one) => one.list(() => one.atom())],
  ];
  for (const [text, read] of wrong) assert.throws(() => read(cursor(text)), { status: 'BAD' }, text.slice(0, 40));
});

/** What a command is read as: its name when it is understood, else the answer. */
async function readAs(chunks: readonly Buffer[]): Promise<string[]> {
  const left = [...chunks];
  const input = new OctetInput(async () => left.shift());
  const found: string[] = [];
  for (;;) {
    const read = await readCommand(input, async () => {}).catch((error: Error) => {
      assert.equal(error.name, 'UnexpectedEnd');
      return { kind: 'end' as const };
    });
    if (read.kind === 'end') return found;
    if (read.kind === 'refused') {
      found.push(`${read.tag} ${read.error.status} ${read.error.message}`);
      continue;
    }
    if (read.raw.message)
      await input
        .counted(Math.min(read.raw.message.sizeBytes, 10))
        .drain()
        .catch(() => {});
    found.push(understand(new Cursor(read.raw)));
  }
}

function understand(command: Cursor): string {
  try {
    const tag = command.tag();
    const name = command.space().word();
    commands.get(name)?.read(command, { tag, byUid: false, utf8: false });
    return name;
  } catch (error) {
    if (!(error instanceof ImapError)) throw error;
    return `${error.status} ${error.message}`;
  }
}

test('whatever is sent is understood or refused, the same in any chunks', async () => {
  const texts = fc.array(imapCommandText, { minLength: 1, maxLength: 4 }).map((all) => all.join(''));
  await fc.assert(
    fc.asyncProperty(chunked(texts), async ({ whole, chunks }) => {
      assert.deepEqual(await readAs(chunks), await readAs([whole]));
    }),
    { numRuns: 300 },
  );
});
