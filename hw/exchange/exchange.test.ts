import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Raster } from '../../src/fax/raster.ts';
import { inResolution } from '../../src/fax/resolution.ts';
import { encodeMh } from '../../src/fax/t4-encode.ts';
import { drawnChart } from '../../src/fax/test-rasters.ts';
import { tiffPage, writeTiff } from '../../src/fax/tiff.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { idSource } from '../../src/lib/ids.ts';
import { demoExchange, demoLine } from '../demo-exchange.ts';
import { clearLine } from '../line/circuit.ts';
import { fullVector } from '../line/vector.ts';
import { modemProfiles } from '../modem/profile.ts';
import { testExchange } from '../modem/test-dte.ts';
import { BehaviourStack } from './behaviour.ts';
import type { Exchange } from './exchange.ts';

const pages = [drawnChart(1728, 300, 'fine'), drawnChart(1728, 200, 'fine'), drawnChart(1728, 100, 'fine')];

async function demo(t: TestContext, folder?: string): Promise<{ exchange: Exchange; folder: string }> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'caselli-exchange-')));
  const exchange = demoExchange({
    clock: systemClock,
    folder: place,
    speedFactor: 500,
    ids: idSource(systemClock),
    random: (count) => new Uint8Array(count).fill(0x5a),
  });
  t.after(async () => {
    await exchange.close();
    if (folder === undefined) await rm(place, { recursive: true });
  });
  return { exchange, folder: place };
}

async function assertStored(exchange: Exchange, number: string, result: string, expected: readonly Raster[]) {
  const fax = (await exchange.received(number)).at(-1);
  assert.ok(fax);
  assert.equal(fax.result, result);
  assert.deepEqual(
    fax.pages.map(({ width, height, resolution }) => [width, height, resolution]),
    expected.map(({ widthPx, heightPx, resolution }) => [widthPx, heightPx, resolution]),
  );
  for (const [index, { file }] of fax.pages.entries()) {
    assert.deepEqual(await readFile(file), Buffer.from(writeTiff([tiffPage(expected[index]!)])));
  }
}

test('each far station of the demo shows its behaviour', async (t) => {
  const { exchange } = await demo(t);
  for (const [to, result, confirmed] of [
    ['5550199', 'done', 3],
    ['5550111', 'busy', 0],
    ['5550112', 'no-answer', 0],
    ['5550113', 'no-fax', 0],
    ['5550114', 'dropped', 1],
    ['5550115', 'done', 3],
    ['5559999', 'refused', 0],
  ] as const) {
    const call = await exchange.dialIn({ from: '5550000', to, pages });
    assert.deepEqual([call.result, call.pagesConfirmed], [result, confirmed], to);
  }
  assert.equal((await exchange.dialIn({ from: '1', to: '5550199', pages })).station, 'OFFICE SUPPLY CO');
  await exchange.close();
  await assertStored(exchange, '5550199', 'done', pages);
  await assertStored(exchange, '5550114', 'dropped', pages.slice(0, 1));
  await assertStored(exchange, '5550115', 'done', pages);
  assert.deepEqual(
    exchange.calls().map(({ outcome }) => outcome),
    ['answered', 'busy', 'no-answer', 'answered', 'answered', 'answered', 'unobtainable', 'answered'],
  );
});

test('what was received outlives the program, from the page that was confirmed', async (t) => {
  const { exchange, folder } = await demo(t);
  exchange.override('5550199', { quality: { ...clearLine, drop: { page: 2, when: 'after' } } });
  const call = await exchange.dialIn({ from: '5550000', to: '5550199', pages });
  assert.equal(call.result, 'dropped');
  // The end of the call may not be written yet, as after a crash; both confirmed pages are.
  const { exchange: next } = await demo(t, folder);
  const [fax] = await next.received('5550199');
  assert.equal(fax?.pages.length, 2);
  assert.equal(fax.from, '5550000');
});

test('a machine of few talents gets what it can take', async (t) => {
  const { exchange } = await demo(t);
  exchange.addStation('7', { behaviour: { able: { ...fullVector, vr: 0, br: 2 }, slowMs: 5000 } });
  const t4 = pages.map((page) => ({ t4: encodeMh(page), resolution: page.resolution }));
  for (const document of [pages, t4]) {
    const call = await exchange.dialIn({ from: '5550199', to: '7', pages: document });
    assert.deepEqual([call.result, call.pagesConfirmed], ['done', 3]);
    await assertStored(
      exchange,
      '7',
      'done',
      pages.map((page) => inResolution(page, 'normal')),
    );
  }
});

test('a page that is refused for good ends the call, and what was told is done', async (t) => {
  const { exchange } = await demo(t);
  exchange.addStation('7', { behaviour: { verdicts: ['rtp', 'pip', 'rtn', 'rtn', 'rtn'] } });
  const call = await exchange.dialIn({ from: '1', to: '7', pages });
  assert.deepEqual([call.result, call.pagesConfirmed], ['poor-line', 2]);
});

test('a call can be given up', async (t) => {
  const { exchange } = await demo(t);
  const stop = new AbortController();
  exchange.addStation('7', { behaviour: { slowMs: 100_000_000 } });
  const call = exchange.dialIn({ from: '5550199', to: '7', pages, signal: stop.signal });
  while (exchange.calls().length === 0) await new Promise(setImmediate);
  stop.abort();
  assert.equal((await call).result, 'aborted');
  assert.ok(exchange.list().every(({ state }) => state === 'idle'));
});

test('a line that nobody serves rings in vain, and is engaged meanwhile', async () => {
  const { exchange, clock } = testExchange({ 1: modemProfiles.plain });
  const first = exchange.dialIn({ from: '8', to: '1', pages });
  await clock.advance(10_000);
  assert.equal(exchange.list()[0]!.state, 'ringing');
  const second = exchange.dialIn({ from: '9', to: '1', pages });
  await clock.advance(10_000);
  assert.equal((await second).result, 'busy');
  await clock.advance(60_000);
  assert.equal((await first).result, 'no-answer');
  assert.equal(exchange.list()[0]!.state, 'idle');
  assert.equal(clock.pending, 0);
});

test('changes of behaviour: the newest first, for a number of calls', () => {
  const stack = new BehaviourStack({ slowMs: 1 });
  stack.push({ answer: 'busy' }, 2);
  const undo = stack.push({ answer: 'voice', slowMs: 5 });
  assert.equal(stack.forCall().answer, 'voice');
  undo();
  assert.deepEqual([stack.forCall().answer, stack.forCall().answer], ['busy', 'fax']);
  assert.equal(stack.now.slowMs, 1);
});

test('the modem on a TCP port: one client at a time', async (t) => {
  const { exchange } = await demo(t);
  const { port } = await exchange.listenTcp(demoLine, { host: '127.0.0.1', port: 0 });
  const client = connect(port, '127.0.0.1');
  client.write('ATE0+FCLASS=2.0\r');
  let read = '';
  while (!read.includes('\r\nOK\r\n')) read += (await once(client, 'data'))[0];
  const second = connect(port, '127.0.0.1');
  await once(second, 'close');
  client.destroy();
  await once(client, 'close');
});
