import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { modemProfiles } from '../../hw/modem/profile.ts';
import {
  type Bench,
  dialogue,
  filesOf,
  g3Picture,
  lineA,
  makePages,
  openBench,
  type Picture,
  run,
  start,
  station,
  stored,
  temporaryFolder,
  tiffPicture,
  withRtc,
} from './bench.ts';

/** efax divides by the whole seconds that a page took. */
const paced = 8;

/** Debian's efax sends and receives through the simulated modem. It wants RTC at the end of a received page. */
describe('efax', { concurrency: 4, timeout: 300_000 }, () => {
  let folder: string;
  /** The pages, and what they look like. */
  let pages: string[];
  let pictures: Picture[];
  before(async () => {
    folder = await temporaryFolder();
    const plain = await makePages(folder);
    pictures = await Promise.all(plain.map(g3Picture));
    pages = await Promise.all(plain.map(withRtc));
  });
  after(() => rm(folder, { recursive: true }));

  const efax = (bench: Bench, option: string): string[] => {
    return ['-d', `/dev/${bench.device(lineA)}`, option, '-l', '+1 555 0123'];
  };

  for (const [name, option] of [
    ['class 2', '-o2'],
    ['class 2.0', '-o0'],
  ] as const) {
    test(`sends two pages in ${name}`, async (t) => {
      const bench = await openBench(t, { [lineA]: modemProfiles.rtc }, paced);
      const { code, output } = await run('efax', [...efax(bench, option), '-t', `T${station}`, ...pages]);
      assert.equal(code, 0, `${output}\n${dialogue(bench.exchange, lineA)}`);
      const fax = await stored(bench.exchange);
      assert.equal(fax.result, 'done');
      assert.equal(fax.pages.length, 2);
      for (const [index, page] of fax.pages.entries()) assertBelowHeader(page, pictures[index]!);
      assert.deepEqual(bench.exchange.faults(lineA), []);
    });

    test(`receives two pages in ${name}`, async (t) => {
      const bench = await openBench(t, { [lineA]: modemProfiles.rtc }, paced);
      const name = join(bench.folder, `efax${option}`);
      const answering = bench.exchange.next(lineA, ({ kind, text }) => kind === 'dte' && text === 'ATA');
      const { ended } = start('efax', [...efax(bench, option), '-r', name]);
      await Promise.race([answering, ended]);
      const document = await Promise.all(
        pages.map(async (page) => ({ t4: await readFile(page), resolution: 'fine' as const })),
      );
      const call = await bench.exchange.dialIn({ from: station, to: lineA, pages: document });
      const { code, output } = await ended;
      assert.equal(call.pagesConfirmed, 2, `${output}\n${dialogue(bench.exchange, lineA)}`);
      assert.equal(code, 0, output);
      const files = await filesOf(bench.folder, new RegExp(`^efax${option}\\.00[12]$`));
      assert.equal(files.length, 2);
      assert.deepEqual(await Promise.all(files.map(tiffPicture)), pictures);
    });
  }
});

/** efax puts 20 lines of its own above a page, and its text reaches five lines into it. */
function assertBelowHeader(received: Picture, sent: Picture): void {
  const added = received.height - sent.height;
  assert.equal(added, 20);
  assert.deepEqual(received.rows.slice(added + 5), sent.rows.slice(5));
}
