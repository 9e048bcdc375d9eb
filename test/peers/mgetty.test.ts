import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { after, before, describe, type TestContext, test } from 'node:test';
import { modemProfiles } from '../../hw/modem/profile.ts';
import {
  type Bench,
  dialogue,
  lineA,
  lineB,
  makePages,
  openBench,
  run,
  sameBytes,
  startMgetty,
  station,
  temporaryFolder,
} from './bench.ts';

/** Debian's mgetty receives through the simulated modem, from a far station and from a real sendfax on another line. */
describe('mgetty', { concurrency: 4, timeout: 300_000 }, () => {
  let folder: string;
  let pages: [string, string];
  before(async () => {
    folder = await temporaryFolder();
    pages = await makePages(folder);
  });
  after(() => rm(folder, { recursive: true }));

  const openLines = (t: TestContext): Promise<Bench> =>
    openBench(t, { [lineA]: modemProfiles.plain, [lineB]: { ...modemProfiles.plain, callerId: 'always' } });

  for (const faxClass of ['cls2', 'c2.0']) {
    test(`receives two pages and the caller's number in ${faxClass}`, async (t) => {
      const bench = await openLines(t);
      const mgetty = await startMgetty(bench, lineB, '-C', faxClass, '-n', '2');
      try {
        await mgetty.ready;
        const document = await Promise.all(
          pages.map(async (page) => ({ t4: await readFile(page), resolution: 'fine' as const })),
        );
        const call = await bench.exchange.dialIn({ from: station, to: lineB, pages: document });
        assert.deepEqual(
          { ...call, station: '' },
          { result: 'done', pagesConfirmed: 2, station: '', code: 0 },
          dialogue(bench.exchange, lineB),
        );
        const { args, environment } = await mgetty.hook();
        const [code, id, count, ...files] = args;
        assert.deepEqual([code, id?.trim(), count], ['0', '+1 555 0199', '2']);
        assert.ok(environment.includes(`CALLER_ID=${station}`), environment.join('\n'));
        assert.ok(environment.includes('CALLER_NAME=FAR STATION'));
        assert.equal(files.length, 2);
        for (const [index, file] of files.entries()) await sameBytes(file, pages[index]!);
        assert.deepEqual(bench.exchange.faults(lineB), []);
      } finally {
        await mgetty.stop();
      }
    });
  }

  for (const [sender, receiver] of [
    ['cls2', 'c2.0'],
    ['c2.0', 'cls2'],
  ] as const) {
    test(`receives in ${receiver} what sendfax sends in ${sender}`, async (t) => {
      const bench = await openLines(t);
      const mgetty = await startMgetty(bench, lineB, '-C', receiver);
      try {
        await mgetty.ready;
        const sent = await run('sendfax', ['-v', '-l', bench.device(lineA), '-C', sender, lineB, ...pages]);
        assert.equal(sent.code, 0, `${sent.output}\n${dialogue(bench.exchange, lineA)}`);
        const { args } = await mgetty.hook();
        const files = args.slice(3);
        assert.deepEqual([args[0], args[2]], ['0', '2']);
        for (const [index, file] of files.entries()) await sameBytes(file, pages[index]!);
        assert.deepEqual([...bench.exchange.faults(lineA), ...bench.exchange.faults(lineB)], []);
      } finally {
        await mgetty.stop();
      }
    });
  }
});
