import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createExchange, type Exchange } from '../../hw/exchange/exchange.ts';
import { clearLine } from '../../hw/line/circuit.ts';
import { fullVector } from '../../hw/line/vector.ts';
import { modemProfiles, type ProfileName } from '../../hw/modem/profile.ts';
import type { ReceivedCall, SentCall } from '../fax/call.ts';
import type { Raster } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { T4Decoder } from '../fax/t4-decode.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { tiffPage, writeTiff } from '../fax/tiff.ts';
import { systemClock } from '../lib/clock.ts';
import { idSource } from '../lib/ids.ts';
import { Modem } from './modem.ts';
import type { ReceivedPage } from './receive-page.ts';
import type { LineSettings } from './setup.ts';

/** The driver against the simulated exchange: modems of several makes, good and bad lines, at 200 times the speed of a telephone network. */
const pages = [drawnChart(1728, 300, 'fine'), drawnChart(1728, 200, 'fine'), drawnChart(1728, 100, 'fine')];

const best = { compression: 'MMR', errorCorrection: true, network: 'pstn' } as const;
/** A far machine without error correction, as most old ones. */
const uncorrected = { ...fullVector, ec: 0 };

interface Office {
  readonly exchange: Exchange;
  readonly modem: Modem;
}

async function office(
  t: TestContext,
  profile: ProfileName = 'plain',
  modemClass: 'auto' | '2' | '2.0' = 'auto',
  wish: Partial<LineSettings> = {},
): Promise<Office> {
  const folder = await mkdtemp(join(tmpdir(), 'exchange-'));
  t.after(() => rm(folder, { recursive: true }));
  const exchange = createExchange({ clock: systemClock, folder, speedFactor: 200, ids: idSource(systemClock) });
  exchange.addLine('5550100', { profile: modemProfiles[profile] });
  const settings = { modemClass, stationId: '+1 555 0100', maxBitRate: 14_400, ...best, ...wish };
  const port = exchange.port('5550100');
  const modem = new Modem({ port, clock: systemClock, settings, pageAttempts: 3, waits: { settle: 1, xon: 100 } });
  t.after(() => modem.close().then(() => exchange.close()));
  assert.equal(await modem.init(), undefined);
  return { exchange, modem };
}

function send({ modem }: Office, number: string, count = 2): Promise<SentCall> {
  const job = {
    id: 'job',
    message: '',
    number,
    firstPage: 0,
    pages: pages.slice(0, count).map((raster) => ({
      resolution: raster.resolution,
      widthPx: raster.widthPx,
      load: async (resolution: 'normal' | 'fine') => inResolution(raster, resolution),
    })),
  };
  return modem.send(job, new AbortController().signal) as Promise<SentCall>;
}

async function receive({ modem }: Office): Promise<{ call: ReceivedCall; rasters: Raster[] }> {
  const rasters: Raster[] = [];
  const { signal } = new AbortController();
  const heard = await modem.listen({ rings: 2, wake: signal });
  assert.ok(heard.kind === 'call');
  const sink = async ({ data, widthPx, resolution }: ReceivedPage): Promise<void> => {
    const decoder = new T4Decoder({ widthPx, resolution, maxLines: 5000 });
    decoder.push(data);
    rasters.push(decoder.end().raster);
  };
  return { call: await modem.answer(heard.caller, sink, signal), rasters };
}

describe('the driver at the exchange', { concurrency: 9 }, () => {
  for (const [profile, modemClass] of [
    ['plain', '2'],
    ['plain', '2.0'],
    ['rockwell', 'auto'],
    ['multitech', '2'],
    ['multitech', 'auto'],
    ['courier', 'auto'],
    ['telebit', 'auto'],
    ['rtc', '2'],
  ] as const) {
    test(`${profile}, class ${modemClass}: pages arrive as they were, both ways`, async (t) => {
      const box = await office(t, profile, modemClass);
      box.exchange.addStation('5550199', { stationId: '+1 555 0199' });
      const sent = await send(box, '5550199');
      assert.deepEqual(
        [sent.result, sent.pagesConfirmed, sent.station],
        ['done', 2, '+1 555 0199'],
        box.modem.takeTranscript(),
      );
      const [fax] = await box.exchange.received('5550199');
      for (const [index, page] of fax!.pages.entries()) {
        assert.deepEqual(await readFile(page.file), Buffer.from(writeTiff([tiffPage(pages[index]!)])));
      }
      const dialled = box.exchange.dialIn({ from: '5550199', to: '5550100', pages });
      const { call, rasters } = await receive(box);
      assert.deepEqual([call.result, call.pagesConfirmed], ['done', 3], box.modem.takeTranscript());
      assert.equal(call.callerNumber, '5550199');
      assert.deepEqual(rasters, pages);
      assert.equal((await dialled).pagesConfirmed, 3);
    });
  }

  for (const [profile, wish, far, coding, ecm] of [
    ['plain', {}, {}, 'MMR', true],
    ['plain', { errorCorrection: false }, {}, 'MR', false],
    ['plain', { compression: 'MR' }, {}, 'MR', true],
    ['plain', { compression: 'MH' }, {}, 'MH', true],
    ['plain', {}, { ec: 0 }, 'MR', false],
    ['plain', {}, { df: 0 }, 'MH', true],
    ['multitech', {}, {}, 'MR', true],
    ['courier', {}, {}, 'MH', false],
    ['rockwell', {}, {}, 'MH', false],
  ] as const) {
    const offers = [wish, far].map((one) => JSON.stringify(one)).join(' and ');
    test(`${profile} with ${offers}: ${coding}${ecm ? ' with ECM' : ''}, both ways`, async (t) => {
      const box = await office(t, profile, 'auto', wish);
      box.exchange.addStation('5550199', { behaviour: { able: { ...fullVector, ...far } } });
      const sent = await send(box, '5550199');
      assert.deepEqual([sent.parameters?.coding, sent.parameters?.ecm], [coding, ecm], box.modem.takeTranscript());
      const [fax] = await box.exchange.received('5550199');
      const dialled = box.exchange.dialIn({ from: '5550199', to: '5550100', pages });
      const { call, rasters } = await receive(box);
      assert.deepEqual([call.parameters?.coding, call.parameters?.ecm], [coding, ecm], box.modem.takeTranscript());
      assert.deepEqual([fax?.pages.length, rasters, (await dialled).pagesConfirmed], [2, pages, 3]);
    });
  }

  test('ends of calls', async (t) => {
    const box = await office(t, 'plain', '2');
    for (const [number, behaviour, result, confirmed] of [
      ['1', { answer: 'busy' }, 'busy', 0],
      ['4', { quality: { ...clearLine, drop: { page: 2, when: 'during' } } }, 'dropped', 1],
      [
        '5',
        { able: uncorrected, quality: { ...clearLine, failedTrainings: 1, noisyPages: [{ page: 1, attempts: 1 }] } },
        'done',
        2,
      ],
      ['6', { able: uncorrected, quality: { ...clearLine, noisyPages: [{ page: 1, attempts: 9 }] } }, 'poor-line', 0],
      ['9', { quality: { ...clearLine, noisyPages: [{ page: 1, attempts: 9 }] } }, 'done', 2],
      ['7', { verdicts: ['rtp', 'pip'] }, 'done', 2],
      ['8', { verdicts: ['pin', 'rtn'] }, 'done', 2],
    ] as const) {
      box.exchange.addStation(number, { behaviour });
      const sent = await send(box, number);
      assert.deepEqual(
        [number, sent.result, sent.pagesConfirmed],
        [number, result, confirmed],
        box.modem.takeTranscript(),
      );
      box.modem.takeTranscript();
    }
  });
});
