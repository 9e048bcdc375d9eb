import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reverseBits } from '../fax/bits.ts';
import { inResolution } from '../fax/resolution.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { memoryPair } from './memory-port.ts';
import { Modem } from './modem.ts';
import { ScriptedPort } from './scripted-port.ts';
import {
  best,
  decoded,
  finished,
  fixtures,
  type Played,
  page,
  play,
  rasters,
  readScenario,
  type Scenario,
  scenarioNames,
  words,
} from './test-calls.ts';

/** Calls by their transcripts: what the driver makes of what a modem says. */

function check(scenario: Scenario, played: Played): void {
  const { call, port, received } = played;
  assert.equal(port.failure, undefined);
  const expected = words(scenario.headers.get('expect')!);
  if (call === 'ringing') {
    assert.equal(expected.result, 'ringing');
    return;
  }
  assert.deepEqual(port.left, []);
  const seen: Record<string, unknown> = {
    result: call.result,
    confirmed: call.pagesConfirmed,
    station: call.station,
    rate: call.parameters?.bitRate,
    resolution: call.parameters?.resolution,
    coding: call.parameters?.coding,
    ecm: call.parameters?.ecm ? 'yes' : 'no',
    hangup: call.hangupCode,
    fault: played.faulty ? 'yes' : 'no',
    ...('callerNumber' in call ? { caller: call.callerNumber, name: call.callerName } : {}),
  };
  for (const [name, value] of Object.entries({ fault: 'no', ...expected })) {
    assert.equal(String(seen[name]), value, `${name}: ${call.text}`);
  }
  assert.match(call.text, /\.$/);
  const sent = scenario.headers.get('sent')?.split(' ');
  if (sent) {
    const wanted = sent.map((name) => inResolution(rasters[name[0] === '1' ? 'one' : 'two']!, resolution(name)));
    assert.deepEqual(
      port.pages.map((data, index) => decoded(reverseBits(data), resolution(sent[index]!), call.parameters?.coding)),
      wanted,
    );
  }
  const kept = scenario.headers.get('received');
  if (kept !== undefined) {
    assert.deepEqual(
      received,
      kept
        .split(' ')
        .filter((name) => name !== '')
        .map((name) => rasters[name]),
    );
  }
}

const resolution = (name: string): 'normal' | 'fine' => (name.endsWith('n') ? 'normal' : 'fine');

test('there are transcripts', () => assert.ok(scenarioNames.length >= 60));

for (const name of scenarioNames) {
  test(`transcript ${name}`, async () => {
    const scenario = readScenario(name);
    const played = await play(scenario);
    check(scenario, played);
    assert.equal(played.clock.pending, 0, 'timers are left behind');
  });
}

test('what a modem says means the same however it is cut', async () => {
  const scenarios = ['receive-two-pages', 'receive-fhng-in-page-2', 'garbage-everywhere', 'rtn-2.0', 'fhng-in-page'];
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...scenarios), cuts, async (name, sizes) => {
      let turn = 0;
      const scenario = readScenario(name);
      const played = await play(scenario, (bytes) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes[turn++ % sizes.length]!;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        return chunks;
      });
      check(scenario, played);
    }),
    { numRuns: 25, examples: [['receive-two-pages', [1]]] },
  );
});

test('the transcript of a call can be read: page data are counted, not shown', async () => {
  const { transcript } = await play(readScenario('send-two-pages'));
  assert.match(transcript, /^ +\d+\.\d{3} H: ATDT5550199$/m);
  assert.match(transcript, /M: \+FDCS:1,5,0,2,0,0,0,5\n.* M: CONNECT\n.* M: <XON>\n.* H: \[\d{4,} bytes of page data/);
  assert.match(transcript, /-- page 2 confirmed/);
});

test('a modem that says anything at all never breaks the driver', async () => {
  const line = fc.oneof(
    fc.constantFrom('OK', 'ERROR', 'CONNECT', '+FCON', '+FHNG:0', '+FHNG:', '+FPTS:1', '+FPTS:', '+FDCS:', '+FET:2'),
    fc.constantFrom('RING', 'BUSY', 'NO CARRIER', '<CAN>', '<XON>', '0,1,2', '+FDIS:9,z,,,,,', '[page one]'),
    fc.string({ maxLength: 30 }).map((text) => `x${text.replaceAll(/[<[\]>#]/g, '')}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 300 }), async (lines) => {
      const clock = new ManualClock();
      const [near, far] = memoryPair();
      let at = 0;
      const say = (): void => {
        const text = lines[at++] ?? 'OK';
        const port = new ScriptedPort({ script: [`M: ${text}`], clock, fixtures });
        port.onBytes((bytes) => void far.write(bytes));
      };
      far.onBytes(() => say());
      const settings = { modemClass: 'auto', stationId: '1', maxBitRate: 14_400, ...best } as const;
      const modem = new Modem({ port: near, clock, settings, pageAttempts: 3 });
      const run = async (): Promise<string> => {
        if (await modem.init()) return 'fault';
        const job = { id: 'j', message: '', number: '1', pages: [page('two')], firstPage: 0 };
        const { signal } = new AbortController();
        const sent = await modem.send(job, signal);
        const caller = { number: '', name: '', called: '' };
        const got = await modem.answer(caller, async () => {}, signal);
        return `${sent === 'ringing' ? sent : sent.result} ${got.result}`;
      };
      const idle = new ScriptedPort({ script: [], clock });
      assert.match(await finished(clock, run(), idle), /^[a-z -]+$/);
      await modem.close();
    }),
    { numRuns: 60 },
  );
});
