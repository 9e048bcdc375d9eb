import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countCall, nextCall } from '../src/agents/fax-retries.ts';
import { readConfig } from '../src/config/schema.ts';
import { play, readScenario, scenarioNames } from '../src/modem/test-calls.ts';
import { spanText } from '../src/queue/outcome.ts';

/**
 * The matrix of faults: every call that is written down as a transcript, each phase with what can go wrong in it, says in its
 * head what the sender reads (`says`) and what the box does next (`next`), with the settings as they begin.
 */
const reading = readConfig({});
assert.ok(reading.kind === 'valid');
const settings = reading.config.fax;

describe('what is said of a call, and what is done next', () => {
  for (const name of scenarioNames) {
    test(name, async () => {
      const scenario = readScenario(name);
      const { call } = await play(scenario);
      const says = scenario.headers.get('says');
      const next = scenario.headers.get('next');
      if (call === 'ringing') {
        assert.deepEqual(
          [says, next],
          [undefined, 'the call that came first is taken; this one again when it is over'],
        );
        return;
      }
      assert.equal(call.text, says);
      if ('callerNumber' in call) {
        assert.equal(next, undefined);
        return;
      }
      const before = { calls: 0, byKind: {} };
      const after = countCall(before, call.result, call.pagesConfirmed);
      const counted = after.calls > 0 ? '' : ', not counted';
      if (call.result === 'done') assert.equal(next, 'nothing');
      else {
        const then = nextCall(call.result, after, settings);
        assert.equal(next, then.kind === 'never' ? then.why : `called again after ${spanText(then.waitMs)}${counted}`);
      }
    });
  }
});
