import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../config/schema.ts';
import type { CallResult } from '../fax/call.ts';
import { type CallCounts, countCall, nextCall } from './fax-retries.ts';

const none: CallCounts = { calls: 0, byKind: {} };

function settings(fax: object = {}) {
  const reading = readConfig({ fax });
  assert.ok(reading.kind === 'valid');
  return reading.config.fax;
}

/** Minutes between calls that end so, one after the other, and why there are no more. */
function waits(results: readonly CallResult[], fax: object = {}): (number | string)[] {
  let counts = none;
  return results.map((result) => {
    counts = countCall(counts, result, 0);
    const next = nextCall(result, counts, settings(fax));
    return next.kind === 'after' ? next.waitMs / 60_000 : next.why;
  });
}

const times = (count: number, result: CallResult): CallResult[] => Array<CallResult>(count).fill(result);

test('every kind of failure has its own waits and its own number of calls', () => {
  const [calledTwelve, calledSix] = [12, 6].map((count) => `It was called ${count} times; no further call is made.`);
  assert.deepEqual(waits(times(12, 'busy')), [1, 2, 3, 5, 10, 20, 20, 20, 20, 20, 20, calledTwelve]);
  assert.deepEqual(waits(times(6, 'no-answer')), [5, 15, 30, 60, 60, calledSix]);
  assert.deepEqual(waits(times(3, 'no-fax')), [5, 30, 'Please check the number: it seems to be no fax number.']);
  assert.deepEqual(waits(['dropped', 'poor-line', 'protocol']), [1, 3, 10]);
  assert.deepEqual(waits(times(2, 'refused')), [15, 60]);
  assert.deepEqual(waits(['incompatible']), ['Please check the number with the recipient.']);
});

test('kinds are counted apart, and all calls together', () => {
  assert.deepEqual(waits(['busy', 'no-answer', 'busy', 'dropped', 'no-answer']), [1, 5, 2, 1, 15]);
  const two = 'It was called 2 times; no further call is made.';
  assert.deepEqual(waits(['busy', 'no-answer'], { callAttempts: 2 }), [1, two]);
  assert.deepEqual(waits(['dropped', 'dropped'], { retries: { lost: { calls: 2 } } }), [1, two]);
});

test('what is our own fault is tried again without end, in the schedule of all calls', () => {
  assert.deepEqual(
    waits([...times(20, 'no-dial-tone'), 'local', 'aborted'], { callAttempts: 1 }),
    times(22, 'busy').map(() => 1),
  );
});

test('a kind without waits of its own follows the schedule of all calls', () => {
  const fax = { retrySchedule: ['2m', '4m', '8m'], retries: { busy: { waits: [] } } };
  assert.deepEqual(waits(['no-answer', 'busy', 'busy', 'busy'], fax), [5, 4, 8, 8]);
});

test('a call that brought pages across counts, whatever ended it', () => {
  assert.deepEqual(countCall(none, 'local', 2), { calls: 1, byKind: {} });
  assert.deepEqual(countCall(none, 'local', 0), none);
});
