import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MessageInfo } from '../store/types.ts';
import { SequenceView } from './sequence.ts';
import { parseSequenceSet } from './sequence-set.ts';

const message = (uid: number, flags: readonly string[] = [], modSeq = uid): MessageInfo => ({
  uid,
  flags,
  modSeq,
  internalDate: 0,
  sizeBytes: 1,
});
const view = (...uids: number[]): SequenceView => new SequenceView(uids.map((uid) => message(uid)));
const nothing = { added: [], changed: [], expunged: [] };

test('numbers hold still until an expunge is reported', () => {
  const seen = view(10, 20, 30);
  seen.note({ ...nothing, expunged: [10] });
  assert.deepEqual(seen.report(false).expunged, []);
  assert.equal(seen.sequenceOf(30), 3);
  assert.ok(seen.gone(10));
  assert.deepEqual(seen.report(true).expunged, [1]);
  assert.equal(seen.sequenceOf(30), 2);
});

test('what a report says', () => {
  const cases: [string, (seen: SequenceView) => void, { expunged: number[]; exists?: number; changed: number[] }][] = [
    ['nothing', () => {}, { expunged: [], changed: [] }],
    [
      'new',
      (seen) => seen.note({ ...nothing, added: [message(40), message(50)] }),
      { expunged: [], exists: 5, changed: [] },
    ],
    [
      'several gone, highest number first',
      (seen) => seen.note({ ...nothing, expunged: [10, 30] }),
      { expunged: [3, 1], changed: [] },
    ],
    [
      'come and gone unseen',
      (seen) => {
        seen.note({ ...nothing, added: [message(40)] });
        seen.note({ ...nothing, expunged: [40] });
      },
      { expunged: [], changed: [] },
    ],
    [
      'other flags',
      (seen) => seen.note({ ...nothing, changed: [message(20, ['\\Seen'], 99)] }),
      { expunged: [], changed: [2] },
    ],
    [
      'the same flags',
      (seen) => seen.note({ ...nothing, changed: [message(20, [], 99)] }),
      { expunged: [], changed: [] },
    ],
    [
      'flags that the client was told',
      (seen) => {
        seen.note({ ...nothing, changed: [message(20, ['\\Seen'], 99)] });
        seen.told(20);
        seen.note({ ...nothing, changed: [message(20, ['\\Seen'], 99)] });
      },
      { expunged: [], changed: [] },
    ],
    [
      'news that is older than what is known',
      (seen) => {
        seen.note({ ...nothing, changed: [message(20, ['\\Seen'], 99)] });
        seen.told(20);
        seen.note({ ...nothing, changed: [message(20, [], 98)] });
      },
      { expunged: [], changed: [] },
    ],
    [
      'gone and come at once',
      (seen) => seen.note({ ...nothing, added: [message(40)], expunged: [20] }),
      { expunged: [2], exists: 3, changed: [] },
    ],
    [
      'a message that was never told, changed',
      (seen) => seen.note({ ...nothing, added: [message(40)], changed: [message(40, ['x'], 99)] }),
      { expunged: [], exists: 4, changed: [] },
    ],
    ['an unknown UID gone', (seen) => seen.note({ ...nothing, expunged: [15] }), { expunged: [], changed: [] }],
  ];
  for (const [name, act, { expunged, exists, changed }] of cases) {
    const seen = view(10, 20, 30);
    act(seen);
    const report = seen.report(true);
    assert.deepEqual(report.expunged, expunged, name);
    assert.equal(report.exists, exists, name);
    assert.deepEqual(
      report.changed.map(({ sequence }) => sequence),
      changed,
      name,
    );
    assert.equal(seen.stale, false, name);
  }
});

test('what a set selects', () => {
  const seen = view(10, 20, 30);
  const uids = (set: string, byUid: boolean): number[] | undefined =>
    seen.select(parseSequenceSet(set), byUid)?.map(({ info }) => info.uid);
  assert.deepEqual(uids('1:*', false), [10, 20, 30]);
  assert.deepEqual(uids('*', false), [30]);
  assert.deepEqual(uids('3,1,2:3', false), [10, 20, 30]);
  assert.equal(uids('4', false), undefined);
  assert.equal(uids('2:5', false), undefined);
  assert.deepEqual(uids('15:25,99', true), [20]);
  assert.deepEqual(uids('40:*', true), [30]);
  assert.deepEqual(view().select(parseSequenceSet('1:*'), true), []);
  assert.equal(view().select(parseSequenceSet('*'), false), undefined);
});

/** A client that does what the untagged responses say must always end up with the folder as it is. */
test('a client that follows the reports knows the folder', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('expunge' as const), which: fc.array(fc.nat(20), { maxLength: 4 }) }),
    fc.record({ kind: fc.constant('flag' as const), which: fc.nat(20), flag: fc.constantFrom('a', 'b', '') }),
    fc.record({ kind: fc.constant('report' as const), expunge: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const folder = new Map<number, MessageInfo>();
      const seen = new SequenceView([]);
      let uidNext = 1;
      let modSeq = 1;
      const client: { uid: number; flags: readonly string[] }[] = [];
      const follow = (expunge: boolean): void => {
        const { expunged, exists, changed } = seen.report(expunge);
        for (const sequence of expunged) client.splice(sequence - 1, 1);
        for (const { sequence, info } of seen.all().slice(client.length, exists ?? client.length)) {
          assert.equal(sequence, client.length + 1);
          client.push({ uid: info.uid, flags: info.flags });
        }
        for (const { sequence, info } of changed) client[sequence - 1]!.flags = info.flags;
        assert.equal(client.length, seen.size);
        for (const [index, { uid }] of client.entries()) assert.equal(seen.sequenceOf(uid), index + 1);
      };
      for (const one of steps) {
        if (one.kind === 'add') {
          const added = Array.from({ length: one.count }, () => message(uidNext++, [], ++modSeq));
          for (const info of added) folder.set(info.uid, info);
          seen.note({ ...nothing, added });
        } else if (one.kind === 'expunge') {
          const expunged = one.which.filter((uid) => folder.delete(uid));
          seen.note({ ...nothing, expunged });
        } else if (one.kind === 'flag') {
          const known = folder.get(one.which);
          if (!known) continue;
          const info = { ...known, flags: one.flag === '' ? [] : [one.flag], modSeq: ++modSeq };
          folder.set(info.uid, info);
          seen.note({ ...nothing, changed: [info] });
        } else follow(one.expunge);
      }
      follow(true);
      assert.deepEqual(
        client,
        [...folder.values()].map(({ uid, flags }) => ({ uid, flags })),
      );
    }),
  );
});
