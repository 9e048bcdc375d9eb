import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { reverseBits } from '../fax/bits.ts';
import type { FaxPage, ReceivedCall, SentCall } from '../fax/call.ts';
import { encodePage, type PageCoding, pageDecoder } from '../fax/page-coding.ts';
import type { Raster } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { memoryPair } from './memory-port.ts';
import { Modem } from './modem.ts';
import { ScriptedPort } from './scripted-port.ts';

/** Each transcript is a call; the modem's side is played from it, strictly, and the header says what must come out. */
const folder = fileURLToPath(new URL('../../test/transcripts/modem', import.meta.url));

const rasters: Record<string, Raster> = {
  one: drawnChart(1728, 130, 'fine'),
  two: drawnChart(1728, 90, 'fine'),
};
rasters['two-normal'] = inResolution(rasters.two!, 'normal');

const best = { compression: 'MMR', errorCorrection: true } as const;
const coded = (name: string): Uint8Array => encodeMh(rasters[name]!, { rtc: true });
const noisy = coded('one').map((byte, at) => (at % 60 < 30 ? byte : byte ^ 0x5a));
const fixtures: Record<string, Uint8Array> = {
  one: coded('one'),
  two: encodeMh(rasters.two!),
  'two-normal': coded('two-normal'),
  'one-reversed': reverseBits(coded('one')),
  'two-reversed': reverseBits(coded('two')),
  'one-mmr': encodePage(rasters.one!, 'MMR'),
  'two-mmr-reversed': reverseBits(encodePage(rasters.two!, 'MMR')),
  'two-mr': encodePage(rasters.two!, 'MR'),
  noisy,
  'noisy-reversed': reverseBits(noisy),
};

interface Scenario {
  readonly headers: ReadonlyMap<string, string>;
  readonly script: readonly string[];
}

function readScenario(path: string): Scenario {
  const [head = '', ...rest] = readFileSync(path, 'utf8').split('\n\n');
  const headers = head.split('\n').filter((line) => !line.startsWith('#'));
  return {
    headers: new Map(headers.map((line) => line.split(/: ?(.*)/s) as unknown as [string, string])),
    script: included(rest.join('\n\n')),
  };
}

/** `include PART OLD=NEW …` takes the lines of a part in, with other words in some places. */
function included(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, part, changes = ''] = /^include (\S+)(.*)$/.exec(line) ?? [];
    if (part === undefined) return [line];
    const lines = included(readFileSync(join(folder, 'parts', `${part}.txt`), 'utf8'));
    return [...changes.matchAll(/(\S+)=(\S+)/g)].reduce(
      (before, [, from, to]) => before.map((one) => one.replace(from!, to!)),
      lines,
    );
  });
}

/** `done confirmed=2 station="+1 555"` as a record; the bare word is `result`. */
function words(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)];
  return Object.fromEntries(
    found.map(([, name, quoted, plain]) =>
      quoted === undefined && plain === undefined ? ['result', name] : [name, quoted ?? plain],
    ),
  );
}

interface Played {
  readonly call: SentCall | ReceivedCall | 'ringing';
  readonly port: ScriptedPort;
  readonly received: readonly Raster[];
  readonly transcript: string;
  readonly clock: ManualClock;
  readonly faulty: boolean;
}

async function play(scenario: Scenario, cut?: (bytes: Uint8Array) => Uint8Array[]): Promise<Played> {
  const clock = new ManualClock();
  const port = new ScriptedPort({ script: scenario.script, clock, fixtures, ...(cut && { cut }) });
  const options = words(scenario.headers.get('call')!);
  const maxBitRate = Number(options.rate ?? 14_400);
  const settings = { modemClass: 'auto', stationId: '+1 555 0100', maxBitRate, ...best } as const;
  const modem = new Modem({ port, clock, settings, pageAttempts: 3 });
  const received: Raster[] = [];
  const run = async (): Promise<SentCall | ReceivedCall | 'ringing'> => {
    assert.equal(await modem.init(), undefined);
    const stop = new AbortController();
    if (options.listen !== undefined) {
      const wake = new AbortController();
      clock.timer(Number(options.listen) * 1000, () => wake.abort());
      assert.equal((await modem.listen({ rings: 2, wake: wake.signal })).kind, 'woken');
    }
    if (options.result === 'send') {
      const pages = ['one', 'two'].slice(0, Number(options.pages)).map(page);
      const job = { id: 'j', message: '', number: options.number ?? '5550199', pages };
      return modem.send({ ...job, firstPage: Number(options.first ?? 1) - 1 }, stop.signal, (progress) => {
        if (options['abort-dialling'] !== undefined) clock.timer(5000, () => stop.abort());
        if (options.abort !== undefined && progress.bytes >= Number(options.abort) * 1000) stop.abort();
      });
    }
    let full = Number(options.full ?? 0);
    const heard = await modem.listen({ rings: 2, wake: stop.signal });
    assert.equal(heard.kind, 'call');
    const sink = async (taken: { data: Uint8Array; widthPx: number; resolution: 'normal' | 'fine' }): Promise<void> => {
      if (full-- > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      received.push(decoded(taken.data, taken.resolution));
    };
    return modem.answer((heard as Extract<typeof heard, { kind: 'call' }>).caller, sink, stop.signal);
  };
  const call = await finished(clock, run(), port);
  const wake = new AbortController();
  wake.abort();
  const heard = call === 'ringing' ? undefined : await modem.listen({ rings: 2, wake: wake.signal });
  await modem.close();
  return { call, port, received, transcript: modem.takeTranscript(), clock, faulty: heard?.kind === 'fault' };
}

function page(name: string): FaxPage {
  const raster = rasters[name]!;
  return { resolution: 'fine', widthPx: 1728, load: async (resolution) => inResolution(raster, resolution) };
}

function decoded(data: Uint8Array, resolution: 'normal' | 'fine', coding: PageCoding = 'MH'): Raster {
  const decoder = pageDecoder(coding, { widthPx: 1728, resolution, maxLines: 5000 });
  decoder.push(data);
  return decoder.end().raster;
}

/** Lets time pass until the promise settles; a script that is not kept to stops it. */
async function finished<T>(clock: ManualClock, promise: Promise<T>, port: ScriptedPort): Promise<T> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  promise.then(mark, mark);
  for (let step = 0; !done; step++) {
    assert.equal(port.failure, undefined);
    assert.ok(step < 20_000, `nothing happens at "${port.left[0]}"`);
    await clock.advance(1000);
  }
  return promise;
}

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

const files = globSync('*.txt', { cwd: folder }).toSorted();

test('there are transcripts', () => assert.ok(files.length > 40));

for (const file of files) {
  test(`transcript ${basename(file, '.txt')}`, async () => {
    const scenario = readScenario(join(folder, file));
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
      const scenario = readScenario(join(folder, `${name}.txt`));
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
  const { transcript } = await play(readScenario(join(folder, 'send-two-pages.txt')));
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
