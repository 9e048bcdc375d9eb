import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reverseBits } from '../fax/bits.ts';
import type { FaxPage, ReceivedCall, SentCall } from '../fax/call.ts';
import { encodePage, type PageCoding, pageDecoder } from '../fax/page-coding.ts';
import type { Raster } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { Modem } from './modem.ts';
import { ScriptedPort } from './scripted-port.ts';

/** For tests: each transcript is a call; the modem's side is played from it, strictly, and the header says what must come out. */
const folder = fileURLToPath(new URL('../../test/transcripts/modem', import.meta.url));

export const rasters: Record<string, Raster> = {
  one: drawnChart(1728, 130, 'fine'),
  two: drawnChart(1728, 90, 'fine'),
};
rasters['two-normal'] = inResolution(rasters.two!, 'normal');

export const best = { compression: 'MMR', errorCorrection: true, network: 'pstn' } as const;
const coded = (name: string): Uint8Array => encodeMh(rasters[name]!, { rtc: true });
const noisy = coded('one').map((byte, at) => (at % 60 < 30 ? byte : byte ^ 0x5a));
export const fixtures: Record<string, Uint8Array> = {
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

export interface Scenario {
  readonly headers: ReadonlyMap<string, string>;
  readonly script: readonly string[];
}

/** @param name of the transcript, without its ending */
export function readScenario(name: string): Scenario {
  const path = join(folder, `${name}.txt`);
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
export function words(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)];
  return Object.fromEntries(
    found.map(([, name, quoted, plain]) =>
      quoted === undefined && plain === undefined ? ['result', name] : [name, quoted ?? plain],
    ),
  );
}

export interface Played {
  readonly call: SentCall | ReceivedCall | 'ringing';
  readonly port: ScriptedPort;
  readonly received: readonly Raster[];
  readonly transcript: string;
  readonly clock: ManualClock;
  readonly faulty: boolean;
}

export async function play(scenario: Scenario, cut?: (bytes: Uint8Array) => Uint8Array[]): Promise<Played> {
  const clock = new ManualClock();
  const port = new ScriptedPort({ script: scenario.script, clock, fixtures, ...(cut && { cut }) });
  const options = words(scenario.headers.get('call')!);
  const maxBitRate = Number(options.rate ?? 14_400);
  const network = options.network === 'pbx' ? 'pbx' : 'pstn';
  const settings = { modemClass: 'auto', stationId: '+1 555 0100', maxBitRate, ...best, network } as const;
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

export function page(name: string): FaxPage {
  const raster = rasters[name]!;
  return { resolution: 'fine', widthPx: 1728, load: async (resolution) => inResolution(raster, resolution) };
}

export function decoded(data: Uint8Array, resolution: 'normal' | 'fine', coding: PageCoding = 'MH'): Raster {
  const decoder = pageDecoder(coding, { widthPx: 1728, resolution, maxLines: 5000 });
  decoder.push(data);
  return decoder.end().raster;
}

/** Lets time pass until the promise settles; a script that is not kept to stops it. */
export async function finished<T>(clock: ManualClock, promise: Promise<T>, port: ScriptedPort): Promise<T> {
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

/** Names of all transcripts. */
export const scenarioNames: readonly string[] = globSync('*.txt', { cwd: folder })
  .map((file) => basename(file, '.txt'))
  .toSorted();
