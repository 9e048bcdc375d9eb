import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { after, before, describe, type TestContext, test } from 'node:test';
import { modemProfiles } from '../../hw/modem/profile.ts';
import { inResolution } from '../../src/fax/resolution.ts';
import { T4Decoder } from '../../src/fax/t4-decode.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Modem } from '../../src/modem/modem.ts';
import type { ReceivedPage } from '../../src/modem/receive-page.ts';
import { type Bench, lineB, makePages, openBench, run, sameBytes, startMgetty, temporaryFolder } from './bench.ts';

/** Our driver against Debian's real fax programs at the other end of the line, in both classes and both directions. */
describe('the modem driver', { concurrency: 4, timeout: 300_000 }, () => {
  let folder: string;
  let pages: [string, string];
  before(async () => {
    folder = await temporaryFolder();
    pages = await makePages(folder);
  });
  after(() => rm(folder, { recursive: true }));

  const ours = '5550102';

  async function open(t: TestContext, modemClass: '2' | '2.0'): Promise<{ bench: Bench; modem: Modem }> {
    const bench = await openBench(t, { [lineB]: modemProfiles.plain });
    bench.exchange.addLine(ours);
    const best = { compression: 'MMR', errorCorrection: true, network: 'pstn' } as const;
    const settings = { modemClass, stationId: '+1 555 0102', maxBitRate: 14_400, ...best };
    const modem = new Modem({ port: bench.exchange.port(ours), clock: systemClock, settings, pageAttempts: 3 });
    assert.equal(await modem.init(), undefined);
    t.after(() => modem.close());
    return { bench, modem };
  }

  for (const [modemClass, peerClass] of [
    ['2', 'c2.0'],
    ['2.0', 'cls2'],
  ] as const) {
    test(`receives in class ${modemClass} what sendfax sends in ${peerClass}`, async (t) => {
      const { bench, modem } = await open(t, modemClass);
      const sendfax = run('sendfax', ['-l', bench.device(lineB), '-C', peerClass, ours, ...pages]);
      const { signal } = new AbortController();
      const heard = await modem.listen({ rings: 2, wake: signal });
      assert.ok(heard.kind === 'call');
      assert.equal(heard.caller.number, lineB);
      const received: ReceivedPage[] = [];
      const call = await modem.answer(heard.caller, async (page) => void received.push(page), signal);
      assert.deepEqual([call.result, call.pagesConfirmed], ['done', 2], modem.takeTranscript());
      assert.equal((await sendfax).code, 0);
      for (const [index, page] of received.entries()) {
        assert.ok(Buffer.from(page.data).equals(await readFile(pages[index]!)), `page ${index + 1} differs`);
        assert.deepEqual([page.badLines, page.resolution], [0, 'fine']);
      }
    });

    test(`sends in class ${modemClass} what mgetty receives in ${peerClass}`, async (t) => {
      const { bench, modem } = await open(t, modemClass);
      const mgetty = await startMgetty(bench, lineB, '-C', peerClass);
      try {
        await mgetty.ready;
        const faxPages = await Promise.all(pages.map(faxPage));
        const job = { id: 'job', message: '', number: lineB, pages: faxPages, firstPage: 0 };
        const call = await modem.send(job, new AbortController().signal);
        assert.ok(call !== 'ringing');
        assert.deepEqual([call.result, call.pagesConfirmed], ['done', 2], modem.takeTranscript());
        const [code, id, count, ...files] = (await mgetty.hook()).args;
        assert.deepEqual([code, id?.trim(), count], ['0', '+1 555 0102', '2']);
        // Ghostscript and our encoder choose the same codes: there is one way to code a line in MH.
        for (const [index, file] of files.entries()) await sameBytes(file, pages[index]!);
      } finally {
        await mgetty.stop();
      }
    });
  }
});

async function faxPage(file: string) {
  const decoder = new T4Decoder({ widthPx: 1728, resolution: 'fine', maxLines: 5000 });
  decoder.push(await readFile(file));
  const { raster } = decoder.end();
  const load = async (resolution: 'normal' | 'fine') => inResolution(raster, resolution);
  return { resolution: raster.resolution, widthPx: raster.widthPx, load };
}
