import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { endOfFrames, FrameReader, frameLimit, frames, lineLimit } from '../../lib/frames.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { answerRequests } from './answer.ts';
import { openPrivileged, type PrivilegedHelper } from './client.ts';
import { operations } from './operations.ts';

const helper = fileURLToPath(new URL('./test-helper.ts', import.meta.url));

interface Box extends PrivilegedHelper {
  /** Helpers that were started. */
  readonly starts: () => number;
}

/** Client and helper over a real socket, as on a box: socat starts a helper for each connection. */
async function privileged(context: TestContext, clock: Clock = systemClock): Promise<Box> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-helper-'));
  const socket = join(folder, 's');
  const box = openPrivileged({ isBox: true, clock, socket });
  const listener = spawn('socat', ['-d', '-d', `UNIX-LISTEN:${socket},fork`, `EXEC:"${process.execPath} ${helper}"`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  context.after(async () => {
    box.close();
    listener.kill();
    await once(listener, 'close');
    await rm(folder, { recursive: true });
  });
  let said = '';
  while (!said.includes('listening on')) said += String((await once(listener.stderr, 'data'))[0]);
  let starts = 0;
  listener.stderr.on('data', (chunk) => {
    starts += String(chunk).match(/accepting connection/g)?.length ?? 0;
  });
  await stat(socket);
  return { ...box, starts: () => starts };
}

async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

test('operations with content in, content out, refusals and failures go over a real socket', async (context) => {
  const box = await privileged(context);
  const chunks = [Buffer.alloc(3 * frameLimit, 1), Buffer.alloc(0), Buffer.alloc(5, 2)];
  const installed = await box.run('update.install', { allowDowngrade: true }, { input: stream(...chunks) });
  assert.deepEqual(installed, { version: String(3 * frameLimit + 5), slot: 'B' });

  let length = 0;
  const output = (chunk: Uint8Array): void => {
    length += chunk.length;
  };
  await box.run('kernel.log', {}, { output });
  assert.equal(length, 4_000_000);

  // Refused at the first octets, while megabytes are still on their way.
  let read = 0;
  const input = (async function* () {
    for (; read < 64; read++) yield Buffer.alloc(frameLimit, 0xff);
  })();
  await assert.rejects(box.run('update.install', { allowDowngrade: false }, { input }), {
    name: 'PrivilegedError',
    kind: 'refused',
    message: 'The signature is wrong.',
  });

  await assert.rejects(box.run('power.off', {}), { kind: 'failed', message: 'There is no switch.' });
  await assert.rejects(box.run('clock.step', { byMs: 5 }), { kind: 'failed', message: 'out of cheese' });
  await assert.rejects(box.run('slots.read', {}), { kind: 'refused' });
  // A helper that dies says nothing.
  await assert.rejects(box.run('reboot', {}), { name: 'PrivilegedError', kind: 'failed' });
  // Parameters are checked on the root side, whatever the program sends.
  await assert.rejects(box.run('storage.mount', { name: '../sda', writable: true }), { kind: 'refused' });
});

test('content that cannot be read ends the request with its own error', async (context) => {
  const box = await privileged(context);
  const input = (async function* () {
    yield Buffer.alloc(10);
    throw new Error('the stick was pulled');
  })();
  await assert.rejects(box.run('update.install', { allowDowngrade: false }, { input }), /the stick was pulled/);
});

test('quick requests share one helper while they follow each other, slow ones and those after a failure do not', async (context) => {
  const clock = new ManualClock();
  const box = await privileged(context, clock);
  await Promise.all([box.run('factory.reset', {}), box.run('factory.reset', {}), box.run('factory.reset', {})]);
  assert.equal(box.starts(), 1);
  await box.run('kernel.log', {}, { output: () => {} });
  assert.equal(box.starts(), 2);
  await box.run('factory.reset', {});
  assert.equal(box.starts(), 2);
  await clock.advance(10_000);
  await box.run('factory.reset', {});
  assert.equal(box.starts(), 3);
  const both = await Promise.allSettled([box.run('power.off', {}), box.run('factory.reset', {})]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
  assert.equal(box.starts(), 4);
});

test('where there is no helper, a sentence says so', async () => {
  const box = openPrivileged({ isBox: true, clock: systemClock, socket: join(tmpdir(), 'caselli-none', 's') });
  await assert.rejects(box.run('reboot', {}), {
    kind: 'failed',
    message: 'The privileged helper of this box does not answer.',
  });
});

test('a machine that is no box does nothing and says what would be done', async () => {
  const machine = openPrivileged({ isBox: false, clock: systemClock });
  await assert.rejects(machine.run('factory.reset', {}), {
    kind: 'no-box',
    message: 'This machine is no Caselli box: here it would erase all data and start anew.',
  });
});

/** One request in pieces; what the helper answers, and which operation it did. */
async function ask(request: Uint8Array, cuts: readonly number[]) {
  const octets = Buffer.concat([request, endOfFrames]);
  const done: string[] = [];
  const handlers = Object.fromEntries(
    Object.keys(operations).map((name) => [
      name,
      async () => ({
        [name]: async () => {
          done.push(name);
          return {};
        },
      }),
    ]),
  );
  const pieces = [0, ...cuts.toSorted((a, b) => a - b), octets.length].map((at) => Math.min(at, octets.length));
  const input = stream(...pieces.slice(1).map((end, n) => octets.subarray(pieces[n]!, end)));
  const answer: Uint8Array[] = [];
  await answerRequests(
    input,
    async (bytes) => void answer.push(Buffer.from(bytes)),
    handlers as never,
    new ManualClock(),
  );
  const whole = Buffer.concat(answer);
  assert.deepEqual([...whole.subarray(0, 4)], [0, 0, 0, 0]);
  return { done, answer: JSON.parse(whole.toString('utf8', 4)) };
}

test('whatever comes is answered in the protocol, and nothing is done that was not asked for rightly', async () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.string().map((text) => Buffer.from(`${text}\n`)),
    fc.json().map((text) => Buffer.from(`${text}\n`)),
    fc
      .record({
        operation: fc.oneof(fc.constantFrom(...Object.keys(operations), '__proto__', 'toString'), fc.string()),
        parameters: fc.anything(),
      })
      .map((request) =>
        Buffer.from(
          `${JSON.stringify(request, (_key, value) => (typeof value === 'bigint' ? String(value) : value))}\n`,
        ),
      ),
  );
  await fc.assert(
    fc.asyncProperty(octets, fc.array(fc.nat(300), { maxLength: 5 }), async (bytes, cuts) => {
      const { done, answer } = await ask(bytes, cuts);
      if (done.length > 0) {
        const { operation, parameters } = JSON.parse(Buffer.from(bytes).toString());
        assert.deepEqual(done, [operation]);
        assert.ok(operations[operation as 'reboot'].parameters.safeParse(parameters).success);
      } else assert.equal(answer.error.kind, 'refused');
    }),
    { numRuns: 500 },
  );
});

test('a line without end is refused at its limit', async () => {
  const { answer } = await ask(Buffer.alloc(lineLimit + 2, 0x20), [1000]);
  assert.deepEqual(answer, { error: { kind: 'refused', message: 'the line is too long' } });
});

test('frames read back as written, in whatever pieces they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 50 })),
      fc.integer({ min: 1, max: 9 }),
      async (chunks, size) => {
        const whole = Buffer.concat([
          ...chunks.flatMap((chunk) => [...frames(chunk)]),
          new Uint8Array(4),
          Buffer.from('end\n'),
        ]);
        const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
          whole.subarray(n * size, (n + 1) * size),
        );
        const reader = new FrameReader(stream(...pieces));
        const read: Uint8Array[] = [];
        for await (const chunk of reader.frames()) read.push(chunk);
        assert.deepEqual(Buffer.concat(read), Buffer.concat(chunks));
        assert.equal(await reader.line(), 'end');
      },
    ),
    { numRuns: 200 },
  );
});

test('a frame longer than the limit, and one that breaks off, are errors', async () => {
  const read = async (octets: Buffer) => {
    for await (const _ of new FrameReader(stream(octets)).frames());
  };
  const long = Buffer.alloc(4);
  long.writeUInt32BE(frameLimit + 1);
  await assert.rejects(read(long), /too long/);
  await assert.rejects(read(Buffer.from([0, 0, 0, 5, 1])), /went away/);
});
