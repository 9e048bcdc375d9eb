import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunked, imapCommandText } from '../../test/support/grammar-words.ts';
import { MemoryPeer } from '../../test/support/memory-peer.ts';
import { openBench, type TranscriptBench } from '../../test/support/transcript.ts';
import { ImapSession } from './session.ts';

function open(bench: TranscriptBench, maxLiteral = 10_000): { peer: MemoryPeer; over: Promise<string> } {
  const peer = new MemoryPeer();
  const session = new ImapSession(peer, { name: 'box', requireTlsForLogin: true, maxLiteral, ...bench });
  return { peer, over: session.run() };
}

/** Says it all, hangs up, and answers what the server said. */
async function conversation(chunks: readonly Buffer[]): Promise<string> {
  const bench = await openBench();
  bench.events.on(({ name, fields }) => assert.fail(`${name} ${JSON.stringify(fields)}`));
  const { peer, over } = open(bench);
  for (const chunk of chunks) peer.say(chunk);
  peer.hangUp();
  const clock = setInterval(() => void bench.clock.advance(2000), 1);
  await over.catch((error: Error) => assert.equal(error.name, 'UnexpectedEnd')).finally(() => clearInterval(clock));
  await peer.flush();
  return peer.unread();
}

test('whatever a client says, nothing breaks, and in any chunks it gets the same answers', async () => {
  const texts = fc
    .array(imapCommandText, { minLength: 1, maxLength: 12 })
    .map((all) => `x LOGIN alice@office.test secret\r\ny SELECT INBOX\r\n${all.join('')}`);
  await fc.assert(
    fc.asyncProperty(chunked(texts), async ({ whole, chunks }) => {
      const answers = await conversation([whole]);
      assert.equal(await conversation(chunks), answers);
      assert.ok(!answers.includes('SERVERBUG'));
    }),
    { numRuns: 150 },
  );
});

test('an APPEND that breaks off stores nothing', async () => {
  const bench = await openBench();
  const { peer, over } = open(bench);
  peer.say('a LOGIN alice@office.test secret\r\nb APPEND Sent {10+}\r\nSubje');
  peer.hangUp();
  await assert.rejects(over, { name: 'UnexpectedEnd' });
  const mailbox = bench.store.mailboxes.get('alice@office.test')!;
  assert.equal((await (await mailbox.folder('Sent'))!.status()).messages, 0);
  assert.equal(mailbox.openings, 0);
});

test('a store that fails is answered with NO, the session goes on, and the literal is not taken for commands', async () => {
  const bench = await openBench();
  const told: string[] = [];
  bench.events.on(({ name }) => told.push(name));
  const mailbox = bench.store.mailboxes.get('alice@office.test')!;
  const folder = (await mailbox.folder('Sent'))!;
  folder.append = async (content) => {
    for await (const _ of content as AsyncIterable<Uint8Array>) throw new Error('the disk is full');
    return { uid: 0 };
  };
  const { peer, over } = open(bench);
  peer.say('a LOGIN alice@office.test secret\r\n');
  for (const head of ['b APPEND Sent {21+}\r\n', 'c APPEND Sent {21}\r\n'])
    peer.say(`${head}x NOOP\r\nx LOGOUT\r\n\r\n\r\n`);
  peer.say('d NOOP\r\n');
  peer.hangUp();
  await over;
  const answers = peer
    .unread()
    .split('\r\n')
    .filter((line) => /^[b-dx] /.test(line));
  assert.deepEqual(answers, [
    'b NO [SERVERBUG] Something went wrong inside the server',
    'c NO [SERVERBUG] Something went wrong inside the server',
    'd OK Nothing done',
  ]);
  assert.deepEqual(told, ['box.fault', 'box.fault']);
});

test('a message that cannot be read to its end closes the session', async () => {
  const bench = await openBench();
  const folder = (await bench.store.mailboxes.get('alice@office.test')!.folder('INBOX'))!;
  folder.content = async () => ({
    sizeBytes: 100,
    async *read() {
      yield Buffer.from('half');
      throw new Error('the disk is broken');
    },
  });
  const { peer, over } = open(bench);
  peer.say('a LOGIN alice@office.test secret\r\nb SELECT INBOX\r\nc FETCH 1 BODY.PEEK[]\r\n');
  await assert.rejects(over, { name: 'BrokenResponse' });
});

test('a large message is not held in memory', async () => {
  const bench = await openBench();
  const folder = (await bench.store.mailboxes.get('alice@office.test')!.folder('Sent'))!;
  const { peer, over } = open(bench, 1e9);
  let waiting = 0;
  let most = 0;
  let octets = 0;
  folder.append = async (content) => {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      octets += chunk.length;
      waiting -= chunk.length;
    }
    return { uid: 1 };
  };
  peer.say('a LOGIN alice@office.test secret\r\nb APPEND Sent {100000000}\r\n');
  while ((await peer.line()) !== '+ Send the message');
  const chunk = Buffer.alloc(100_000, 'x');
  for (let sent = 0; sent < 1000; sent++) {
    peer.say(chunk);
    waiting += chunk.length;
    most = Math.max(most, waiting);
    await new Promise((resolve) => setImmediate(resolve));
  }
  peer.say('\r\n');
  assert.equal(await peer.line(), 'b OK [APPENDUID 1002 1] Stored');
  assert.equal(octets, 100_000_000);
  assert.ok(most <= 300_000, `${most} octets waited`);
  peer.hangUp();
  await over;
});
