import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunked } from '../../test/support/grammar-words.ts';
import { MemoryPeer } from '../../test/support/memory-peer.ts';
import { openBench } from '../../test/support/transcript.ts';
import { Pop3Session } from './session.ts';
import { verbs } from './verbs.ts';

async function conversation(chunks: readonly Buffer[]): Promise<string> {
  const bench = await openBench();
  bench.events.on(({ name, fields }) => assert.fail(`${name} ${JSON.stringify(fields)}`));
  const peer = new MemoryPeer();
  const services = { name: 'box', requireTlsForLogin: true, locks: new Set<string>(), ...bench };
  for (const chunk of chunks) peer.say(chunk);
  peer.hangUp();
  const clock = setInterval(() => void bench.clock.advance(2000), 1);
  await new Pop3Session(peer, services)
    .run()
    .catch((error: Error) => assert.equal(error.name, 'UnexpectedEnd'))
    .finally(() => clearInterval(clock));
  assert.equal(services.locks.size, 0);
  await peer.flush();
  return peer.unread();
}

const words = [
  ...verbs.keys(),
  '1',
  '2',
  '3',
  '4',
  '-1',
  '99999999999',
  'PLAIN',
  '=',
  'alice@office.test',
  'secret',
  '\x00',
  '\xff',
];
const line = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 4 })), { maxLength: 4 })
  .map((all) => `${all.join(' ')}\r\n`);

test('whatever a client says, nothing breaks, and in any chunks it gets the same answers', async () => {
  const texts = fc
    .array(line, { minLength: 1, maxLength: 15 })
    .map((all) => `USER alice@office.test\r\nPASS secret\r\n${all.join('')}`);
  await fc.assert(
    fc.asyncProperty(chunked(texts), async ({ whole, chunks }) => {
      assert.equal(await conversation(chunks), await conversation([whole]));
    }),
    { numRuns: 150 },
  );
});

test('a message that cannot be read to its end closes the session, and the maildrop is free again', async () => {
  const bench = await openBench();
  const folder = (await bench.store.mailboxes.get('alice@office.test')!.folder('INBOX'))!;
  folder.content = async () => ({
    sizeBytes: 100,
    async *read() {
      yield Buffer.from('half');
    },
  });
  const peer = new MemoryPeer();
  const services = { name: 'box', requireTlsForLogin: true, locks: new Set<string>(), ...bench };
  peer.say('USER alice@office.test\r\nPASS secret\r\nRETR 1\r\n');
  await assert.rejects(new Pop3Session(peer, services).run(), { name: 'BrokenResponse' });
  assert.equal(services.locks.size, 0);
});
