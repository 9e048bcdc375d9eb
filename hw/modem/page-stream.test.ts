import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { PageFeed, type PagePiece, stuffed } from './page-stream.ts';

const open = new AbortController().signal;

interface Fed {
  readonly data: Buffer;
  readonly ending: PagePiece;
  /** Bytes of the stream that the page did not take. */
  readonly rest: number;
  readonly faults: string[];
}

/** A DTE that sends `stream` in chunks of the given sizes and waits where the modem holds it. */
async function fed(faxClass: '2' | '2.0', stream: Uint8Array, sizes: readonly number[]): Promise<Fed> {
  let space = (): void => {};
  const faults: string[] = [];
  const feed = new PageFeed(
    faxClass,
    () => space(),
    (text) => faults.push(text),
  );
  let at = 0;
  const send = async (): Promise<void> => {
    for (let turn = 0; at < stream.length && !feed.hasEnded; turn++) {
      const end = at + (sizes[turn % sizes.length] ?? stream.length);
      while (at < Math.min(end, stream.length) && !feed.hasEnded) {
        const held = new Promise<void>((resolve) => (space = resolve));
        const taken = feed.push(stream.subarray(at, end));
        at += taken;
        if (taken === 0) await held;
      }
      await Promise.resolve();
    }
  };
  const sending = send();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await feed.next(new ManualClock(), 1000, open);
    if (piece.kind === 'data') pieces.push(piece.bytes);
    else {
      await sending;
      return { data: Buffer.concat(pieces), ending: piece, rest: stream.length - at, faults };
    }
  }
}

const endings = [
  ['2', 0x03, { kind: 'end' }],
  ['2', 0x18, { kind: 'cancelled' }],
  ['2.0', 0x2c, { kind: 'end', post: 'mps' }],
  ['2.0', 0x3b, { kind: 'end', post: 'eom' }],
  ['2.0', 0x2e, { kind: 'end', post: 'eop' }],
] as const;

test('a page arrives as it was sent, in any chunks, and what follows it is left', async () => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x10, 0x03, 0x18, 0x11));
  await fc.assert(
    fc.asyncProperty(
      fc.array(byte, { maxLength: 6000 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...endings),
      async (page, sizes, [faxClass, mark, ending]) => {
        const stream = Uint8Array.from([...stuffed(Uint8Array.from(page)), 0x10, mark, 0x41, 0x54]);
        assert.deepEqual(await fed(faxClass, stream, sizes), {
          data: Buffer.from(page),
          ending,
          rest: 2,
          faults: [],
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('DLE and anything else is dropped and named', async () => {
  const { data, faults } = await fed('2.0', Uint8Array.from([1, 0x10, 0x03, 2, 0x10, 0x2e]), [1]);
  assert.deepEqual([...data], [1, 2]);
  assert.equal(faults.length, 1);
});

test('silence and a lost line are told', async () => {
  const clock = new ManualClock();
  const feed = new PageFeed(
    '2',
    () => {},
    () => {},
  );
  const idle = feed.next(clock, 3000, open);
  await clock.advance(3000);
  assert.deepEqual(await idle, { kind: 'idle' });
  const line = new AbortController();
  const lost = feed.next(clock, 3000, line.signal);
  line.abort();
  assert.deepEqual(await lost, { kind: 'lost' });
  assert.equal(clock.pending, 0);
});

test('the buffer holds a DTE that does not wait', () => {
  const feed = new PageFeed(
    '2',
    () => {},
    () => {},
  );
  const taken = feed.push(new Uint8Array(1_000_000));
  assert.ok(taken < 10_000);
  assert.equal(feed.push(new Uint8Array(10)), 0);
});
