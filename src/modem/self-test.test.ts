import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createExchange, type Exchange } from '../../hw/exchange/exchange.ts';
import { systemClock } from '../lib/clock.ts';
import { idSource } from '../lib/ids.ts';
import { memoryPair } from './memory-port.ts';
import type { ModemPort } from './port.ts';
import { type SelfTest, testModem } from './self-test.ts';

const number = '5550100';

async function exchangeOf(t: TestContext): Promise<Exchange> {
  const folder = await mkdtemp(join(tmpdir(), 'self-test-'));
  const exchange = createExchange({ clock: systemClock, folder, speedFactor: 500, ids: idSource(systemClock) });
  exchange.addLine(number);
  t.after(async () => {
    await exchange.close();
    await rm(folder, { recursive: true });
  });
  return exchange;
}

function run(port: ModemPort, waits: object = {}): Promise<SelfTest> {
  return testModem(port, {
    clock: systemClock,
    settings: {
      modemClass: 'auto',
      stationId: '+49 30 1234567',
      maxBitRate: 14_400,
      compression: 'MMR',
      errorCorrection: true,
      network: 'pstn',
    },
    dialTone: true,
    waits: { settle: 1, ...waits },
  });
}

const kinds = ({ steps }: SelfTest): string[] => steps.map(({ step, state }) => `${step} ${state}`);

test('a good modem on a living line: class, settings, speed, reception and dial tone; nothing was dialled', async (t) => {
  const exchange = await exchangeOf(t);
  const result = await run(exchange.port(number));
  const well = ['answer done', 'class done', 'settings done', 'speed done', 'receive done', 'dial-tone done'];
  assert.deepEqual(kinds(result), well, result.transcript);
  assert.deepEqual([result.works, result.faxClass, result.maxBitRate], [true, '2.0', 14_400]);
  assert.deepEqual(exchange.calls(), []);
  // The line is free again.
  assert.equal(exchange.list()[0]!.state, 'idle');
});

test('a dead line, a modem that is no fax modem, and nothing at all are told apart', async (t) => {
  const exchange = await exchangeOf(t);
  const back = exchange.override(number, { answer: 'unobtainable' });
  assert.equal(kinds(await run(exchange.port(number))).at(-1), 'dial-tone failed');
  back();
  exchange.overrideReplies(number, (command) => (command.includes('+FCLASS') ? ['ERROR'] : undefined));
  assert.deepEqual(kinds(await run(exchange.port(number))), ['answer done', 'class failed']);
  const [silent] = memoryPair();
  const nothing = await run(silent, { command: 5 });
  assert.deepEqual([kinds(nothing), nothing.works], [['answer failed'], false]);
});
