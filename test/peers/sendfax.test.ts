import assert from 'node:assert/strict';
import { access, copyFile, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clearLine } from '../../hw/line/circuit.ts';
import { modemProfiles } from '../../hw/modem/profile.ts';
import {
  type Bench,
  dialogue,
  filesOf,
  g3Picture,
  lineA,
  makePages,
  openBench,
  run,
  station,
  stored,
} from './bench.ts';

/** Debian's sendfax (mgetty-fax) sends through the simulated modem: it knows nothing of ours. */
describe('sendfax', { concurrency: false, timeout: 300_000 }, () => {
  let bench: Bench;
  let pages: [string, string];
  before(async () => {
    bench = await openBench({ [lineA]: { ...modemProfiles.plain, tellsLoss: 'after-page' } });
    pages = await makePages(bench.folder);
  });
  after(() => bench.close());

  const sendfax = (...args: string[]) => run('sendfax', ['-v', '-l', bench.device(lineA), ...args]);

  async function assertStored(): Promise<void> {
    const fax = await stored(bench.exchange);
    assert.equal(fax.result, 'done');
    assert.equal(fax.from, lineA);
    assert.deepEqual(fax.pages, [await g3Picture(pages[0]), await g3Picture(pages[1])]);
    assert.deepEqual(bench.exchange.faults(lineA), []);
  }

  for (const [name, args] of [
    ['class 2', ['-C', 'cls2']],
    ['class 2.0', ['-C', 'c2.0']],
    ['the class it finds', []],
  ] as const) {
    test(`sends two pages in ${name}`, async () => {
      const { code, output } = await sendfax(...args, station, ...pages);
      assert.equal(code, 0, `${output}\n${dialogue(bench.exchange, lineA)}`);
      await assertStored();
    });

    test(`sends a page again that was spoiled, in ${name}`, async () => {
      const poor = { ...clearLine, failedTrainings: 1, noisyPages: [{ page: 1, attempts: 1 }] };
      bench.exchange.override(station, { quality: poor }, 1);
      const { code, output } = await sendfax(...args, station, ...pages);
      assert.equal(code, 0, `${output}\n${dialogue(bench.exchange, lineA)}`);
      await assertStored();
    });
  }

  test('finds a busy station, and one that does not exist', async () => {
    bench.exchange.override(station, { answer: 'busy' }, 1);
    assert.equal((await sendfax('-C', 'cls2', station, ...pages)).code, 4);
    assert.notEqual((await sendfax('-C', 'cls2', '5559999', ...pages)).code, 0);
  });

  test('finds a person', async () => {
    bench.exchange.override(station, { answer: 'voice' }, 1);
    assert.notEqual((await sendfax('-C', 'cls2', station, ...pages)).code, 0);
  });

  test('notices that the line was lost in the second page', async () => {
    const before = (await bench.exchange.received(station)).length;
    bench.exchange.override(station, { quality: { ...clearLine, drop: { page: 2, when: 'during' } } }, 1);
    const { code } = await sendfax('-C', 'cls2', station, ...pages);
    assert.notEqual(code, 0);
    const received = (await bench.exchange.received(station)).slice(before);
    assert.deepEqual(
      received.map(({ result, pages }) => [result, pages.length]),
      [['dropped', 1]],
    );
  });

  for (const [name, args] of [
    ['class 2', ['-C', 'cls2']],
    ['class 2.0', ['-C', 'c2.0']],
  ] as const) {
    test(`polls two pages in ${name}`, async () => {
      const number = `55502${args[1] === 'cls2' ? '02' : '20'}`;
      const document = await Promise.all(
        pages.map(async (page) => ({ t4: await readFile(page), resolution: 'fine' as const })),
      );
      bench.exchange.addStation(number, { document });
      const folder = await mkdtemp(join(bench.folder, 'polled-'));
      const { code, output } = await sendfax(...args, '-p', '-d', folder, number);
      assert.equal(code, 0, `${output}\n${dialogue(bench.exchange, lineA)}`);
      const files = await filesOf(folder, /\.0[12]$/);
      assert.deepEqual(await Promise.all(files.map(g3Picture)), await Promise.all(pages.map(g3Picture)));
    });
  }

  test('renames what was sent', async () => {
    const copy = join(bench.folder, 'copy.g3');
    await copyFile(pages[0], copy);
    assert.equal((await sendfax('-r', station, copy)).code, 0);
    await access(`${copy}.done`);
  });
});
