import assert from 'node:assert/strict';
import { access, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Exchange } from '../../hw/exchange/exchange.ts';
import { clearLine } from '../../hw/line/circuit.ts';
import { modemProfiles } from '../../hw/modem/profile.ts';
import {
  dialogue,
  filesOf,
  g3Picture,
  lineA,
  makePages,
  openBench,
  type Ran,
  run,
  station,
  stored,
  temporaryFolder,
} from './bench.ts';

/** Debian's sendfax (mgetty-fax) sends through the simulated modem: it knows nothing of ours. */
describe('sendfax', { concurrency: 4, timeout: 300_000 }, () => {
  let folder: string;
  let pages: [string, string];
  before(async () => {
    folder = await temporaryFolder();
    pages = await makePages(folder);
  });
  after(() => rm(folder, { recursive: true }));

  interface Office {
    readonly exchange: Exchange;
    /** Runs sendfax on the line. */
    send(...args: string[]): Promise<Ran>;
  }

  async function office(t: TestContext): Promise<Office> {
    const bench = await openBench(t, { [lineA]: { ...modemProfiles.plain, tellsLoss: 'after-page' } });
    return {
      exchange: bench.exchange,
      send: (...args) => run('sendfax', ['-v', '-l', bench.device(lineA), ...args]),
    };
  }

  async function assertStored(exchange: Exchange): Promise<void> {
    const fax = await stored(exchange);
    assert.equal(fax.result, 'done');
    assert.equal(fax.from, lineA);
    assert.deepEqual(fax.pages, await Promise.all(pages.map(g3Picture)));
    assert.deepEqual(exchange.faults(lineA), []);
  }

  for (const [name, args] of [
    ['class 2', ['-C', 'cls2']],
    ['class 2.0', ['-C', 'c2.0']],
    ['the class it finds', []],
  ] as const) {
    test(`sends two pages in ${name}`, async (t) => {
      const { exchange, send } = await office(t);
      const { code, output } = await send(...args, station, ...pages);
      assert.equal(code, 0, `${output}\n${dialogue(exchange, lineA)}`);
      await assertStored(exchange);
    });

    test(`sends a page again that was spoiled, in ${name}`, async (t) => {
      const { exchange, send } = await office(t);
      const poor = { ...clearLine, failedTrainings: 1, noisyPages: [{ page: 1, attempts: 1 }] };
      exchange.override(station, { quality: poor }, 1);
      const { code, output } = await send(...args, station, ...pages);
      assert.equal(code, 0, `${output}\n${dialogue(exchange, lineA)}`);
      await assertStored(exchange);
    });
  }

  test('finds a busy station, and one that does not exist', async (t) => {
    const { exchange, send } = await office(t);
    exchange.override(station, { answer: 'busy' }, 1);
    assert.equal((await send('-C', 'cls2', station, ...pages)).code, 4);
    assert.notEqual((await send('-C', 'cls2', '5559999', ...pages)).code, 0);
  });

  test('finds a person', async (t) => {
    const { exchange, send } = await office(t);
    exchange.override(station, { answer: 'voice' }, 1);
    assert.notEqual((await send('-C', 'cls2', station, ...pages)).code, 0);
  });

  test('notices that the line was lost in the second page', async (t) => {
    const { exchange, send } = await office(t);
    const before = (await exchange.received(station)).length;
    exchange.override(station, { quality: { ...clearLine, drop: { page: 2, when: 'during' } } }, 1);
    const { code } = await send('-C', 'cls2', station, ...pages);
    assert.notEqual(code, 0);
    const received = (await exchange.received(station)).slice(before);
    assert.deepEqual(
      received.map(({ result, pages }) => [result, pages.length]),
      [['dropped', 1]],
    );
  });

  for (const [name, args] of [
    ['class 2', ['-C', 'cls2']],
    ['class 2.0', ['-C', 'c2.0']],
  ] as const) {
    test(`polls two pages in ${name}`, async (t) => {
      const { exchange, send } = await office(t);
      const number = `55502${args[1] === 'cls2' ? '02' : '20'}`;
      const document = await Promise.all(
        pages.map(async (page) => ({ t4: await readFile(page), resolution: 'fine' as const })),
      );
      exchange.addStation(number, { document });
      const polled = await mkdtemp(join(folder, 'polled-'));
      const { code, output } = await send(...args, '-p', '-d', polled, number);
      assert.equal(code, 0, `${output}\n${dialogue(exchange, lineA)}`);
      const files = await filesOf(polled, /\.0[12]$/);
      assert.deepEqual(await Promise.all(files.map(g3Picture)), await Promise.all(pages.map(g3Picture)));
    });
  }

  test('renames what was sent', async (t) => {
    const { send } = await office(t);
    const copy = join(folder, 'copy.g3');
    await copyFile(pages[0], copy);
    assert.equal((await send('-r', station, copy)).code, 0);
    await access(`${copy}.done`);
  });
});
