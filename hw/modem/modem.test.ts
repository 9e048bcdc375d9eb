import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reverseBits } from '../../src/fax/bits.ts';
import { blankRaster } from '../../src/fax/raster.ts';
import { encodeMh } from '../../src/fax/t4-encode.ts';
import { clearLine } from '../line/circuit.ts';
import { pageEnd, stuffed } from './page-stream.ts';
import { modemProfiles } from './profile.ts';
import { type TestDte, testExchange } from './test-dte.ts';

const { plain } = modemProfiles;
const page = encodeMh(blankRaster(1728, 120, 'fine'));

/** A page as class 2 sends it with `+FBOR=0`. */
const direct = Uint8Array.from([...stuffed(reverseBits(page)), ...pageEnd]);

async function readyToSend(dte: TestDte, number: string): Promise<void> {
  assert.deepEqual(await dte.at('E0+FCLASS=2'), ['OK']);
  assert.equal((await dte.at(`D${number}`)).at(-1), 'OK');
  assert.equal((await dte.at('+FDT')).at(-1), 'CONNECT');
  await dte.until(/\x11/);
}

async function readyToReceive(dte: TestDte, faxClass = '2'): Promise<void> {
  assert.deepEqual(await dte.at(`E0+FCLASS=${faxClass};+FCR=1`), ['OK']);
}

/** Answers the call that rings and takes the first page; its bytes as they came. */
async function takePage(dte: TestDte): Promise<{ text: string; report: string[] }> {
  assert.equal((await dte.at('+FDR')).at(-1), 'CONNECT');
  dte.type('\x12');
  const text = await dte.until(/\x10\x03/);
  return { text, report: await dte.answer() };
}

test('set, read and test commands in both classes', async () => {
  const { dte } = testExchange({ 1: plain });
  const one = dte('1');
  assert.match((await one.at('I3')).join(), /SIMULATED/);
  assert.deepEqual(await one.at('E0'), ['OK']);
  assert.deepEqual(await one.at('+FCLASS=?'), ['0,2,2.0', 'OK']);
  assert.deepEqual(await one.at('+FCLASS=2.0'), ['OK']);
  assert.deepEqual(await one.at('+FCC=0,3,,2'), ['OK']);
  assert.deepEqual(await one.at('+FIS?'), ['0,3,0,2,0,0,0,0', 'OK']);
  assert.deepEqual(await one.at('+FDCC?;+FCLASS?'), ['0,3,0,2,0,0,0,0', '2.0', 'OK']);
  assert.deepEqual(await one.at('+FLI="+1 555 0100"'), ['OK']);
  assert.deepEqual(await one.at('+FLID?'), ['"+1 555 0100"', 'OK']);
  assert.deepEqual(await one.at('S7=60'), ['OK']);
  assert.deepEqual(await one.at('S7?'), ['060', 'OK']);
  for (const wrong of ['+FCLASS=1', '+FCC=9', '+FCC=x', '+FLID=1', '+FLID="123456789012345678901"', 'S7=999']) {
    assert.deepEqual(await one.at(wrong), ['ERROR'], wrong);
  }
});

test('what HylaFAX asks and sets is known', async () => {
  const { dte, exchange } = testExchange({ 1: plain });
  const one = dte('1');
  const asked = 'Z S0=0 E0 V1 Q0 S8=2 S7=60 +FCLASS=? +FCLASS=2 +FMFR? +FMDL? +FREV? +FDCC=? +FCQ=? +FAP=? +FSPL=?';
  const set =
    '+FTBC=0 +FBOR=0 +FPHCTO=30 +FAP +FBUG=1 +FDCC=1,5,2,2,0,0,0,0 L0M1 +FLID="Hyla_____________" +FREL=1 +FCR=1 &K3';
  for (const command of `${asked} ${set}`.split(' ')) {
    assert.equal((await one.at(command)).at(-1), 'OK', command);
  }
  assert.deepEqual(exchange.faults('1'), []);
});

test('echo, numeric and quiet results', async () => {
  const { dte, clock } = testExchange({ 1: plain });
  const one = dte('1');
  one.type('AT\r');
  await clock.advance(10);
  assert.equal(one.take(), 'AT\r\r\nOK\r\n');
  one.type('ATE0V0\r');
  await clock.advance(10);
  assert.equal(one.take().slice('ATE0V0\r'.length), '0\r');
  one.type('ATQ1\r');
  await clock.advance(10);
  assert.equal(one.take(), '');
});

test('what does not belong where it is said is an error, and a fault of the program', async () => {
  const { dte, exchange } = testExchange({ 1: plain });
  const one = dte('1');
  await one.at('E0+FCLASS=2');
  for (const wrong of ['+FDT', '+FDR', '+FET=2', '+FET=9', 'D', 'D!,', '+FDT;+FLID=""', '+']) {
    const before = exchange.faults('1').length;
    assert.deepEqual(await one.at(wrong), ['ERROR'], wrong);
    assert.equal(exchange.faults('1').length, before + 1, wrong);
  }
  assert.deepEqual(await one.at(''), ['OK']);
});

test('any typing leaves a modem that answers', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom(
      'AT',
      '+FDT',
      '+FDR\r',
      'ATA\r',
      'ATD2\r',
      '+FCLASS=2',
      '\r',
      '\x10\x03',
      'ATH\r',
      'ATZ\r',
      '+FET=2',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const { dte, clock } = testExchange({ 1: plain });
      const one = dte('1');
      for (const text of pieces) {
        one.type(text);
        await clock.advance(5);
      }
      one.type('\r');
      await clock.advance(200_000);
      one.type('\rATQ0V1E0H\r');
      await clock.advance(1000);
      assert.match(one.take(), /OK\r\n$/);
      assert.deepEqual(await one.at(''), ['OK']);
    }),
    { numRuns: 100 },
  );
});

for (const chunkBytes of [1, 7, 1024]) {
  test(`two modems: a page crosses as it was, received in pieces of ${chunkBytes}`, async () => {
    const { dte, exchange } = testExchange({ 1: plain, 2: { ...plain, chunkBytes, callerId: 'always' } });
    const sender = dte('1');
    const receiver = dte('2');
    await readyToReceive(receiver);
    await sender.at('E0+FCLASS=2;+FLID="+1 555 1"');
    sender.type('ATDT2\r');
    assert.match(await receiver.until(/RING[\s\S]*NAME = N1\r\n/), /NMBR = 1\r\n/);
    const answered = receiver.at('A');
    const dialled = await sender.answer();
    assert.deepEqual([dialled[0], dialled.at(-1)], ['+FCON', 'OK']);
    sender.type('AT+FDT\r');
    assert.deepEqual(await answered, ['+FCON', '+FTSI:"            +1 555 1"', '+FDCS:1,5,0,2,0,0,0,0', 'OK']);
    const taken = takePage(receiver);
    await sender.until(/CONNECT\r\n\x11/);
    await sender.data(direct);
    assert.deepEqual(await sender.answer(), ['OK']);
    sender.type('AT+FET=2\r');
    const { text, report } = await taken;
    // Rockwell order: first bit highest, although the order is direct.
    assert.equal(text, Buffer.from([...stuffed(page), ...pageEnd]).toString('latin1'));
    assert.deepEqual(report, ['+FPTS:1,120,0,0', '+FET:2', 'OK']);
    assert.deepEqual(await receiver.at('+FDR'), ['+FHNG:0', 'OK']);
    assert.deepEqual(await sender.answer(), ['+FPTS:1', '+FHNG:0', 'OK']);
    assert.deepEqual([...exchange.faults('1'), ...exchange.faults('2')], []);
    assert.deepEqual(
      exchange.list().map(({ state }) => state),
      ['idle', 'idle'],
    );
  });
}

test('class 2.0: a refused page is an error, `+FPS=2` refuses it, and it comes again after training', async () => {
  const { dte } = testExchange({ 1: plain, 2: plain });
  const [sender, receiver] = [dte('1'), dte('2')];
  await readyToReceive(receiver, '2.0');
  await receiver.at('+FBO=1');
  await sender.at('E0+FCLASS=2.0;+FBO=1');
  sender.type('ATD2\r');
  await receiver.until(/RING/);
  receiver.type('ATA\r');
  await sender.answer();
  sender.type('AT+FDT\r');
  await receiver.answer();
  const stream = Uint8Array.from([...stuffed(page), 0x10, 0x2e]);
  const first = takePage(receiver);
  await sender.until(/CONNECT\r\n/);
  await sender.data(stream);
  assert.deepEqual((await first).report, ['+FPS:1,78,0,0,0', '+FET:2', 'OK']);
  await receiver.at('+FPS=2');
  const again = takePage(receiver);
  assert.deepEqual(await sender.answer(), ['ERROR']);
  assert.deepEqual(await sender.at('+FPS?'), ['2', 'OK']);
  sender.type('AT+FDT\r');
  await sender.until(/\+FCS:1,5[\s\S]*CONNECT\r\n/);
  await sender.data(stream);
  assert.equal((await again).report.at(-1), 'OK');
  receiver.type('AT+FDR\r');
  assert.deepEqual(await sender.answer(), ['+FHS:00', 'OK']);
  assert.deepEqual(await receiver.answer(), ['+FHS:00', 'OK']);
});

test('silence in phase C and a missing +FET end the call', async () => {
  const { dte, exchange, clock } = testExchange({ 1: plain, 2: plain });
  const [sender, receiver] = [dte('1'), dte('2')];
  await readyToReceive(receiver);
  await receiver.at('S0=1');
  for (const end of ['underflow', 'no +FET']) {
    const sending = readyToSend(sender, '2');
    await receiver.until(/FDCS[\s\S]*OK\r\n/);
    const taken = takePage(receiver);
    await sending;
    if (end === 'underflow') {
      await sender.data(direct.subarray(0, 40));
      assert.deepEqual(await sender.answer(), ['+FHNG:43', 'OK']);
      assert.deepEqual((await taken).report, ['+FHNG:90', 'OK']);
    } else {
      await sender.data(direct);
      assert.deepEqual(await sender.answer(), ['OK']);
      assert.equal((await taken).report.at(-1), 'OK');
      receiver.type('AT+FDR\r');
      assert.deepEqual(await receiver.answer(), ['+FHNG:0', 'OK']);
      assert.deepEqual(await sender.at('+FET=2'), ['+FHNG:50', 'OK']);
    }
    await clock.advance(20_000);
  }
  assert.equal(exchange.faults('1').length, 2);
});

test('page data before XON are a fault', async () => {
  const { dte, exchange } = testExchange({ 1: plain, 2: plain });
  const [sender, receiver] = [dte('1'), dte('2')];
  await readyToReceive(receiver);
  await receiver.at('S0=1');
  await sender.at('E0+FCLASS=2');
  await sender.at('D2');
  sender.type('AT+FDT\r');
  await receiver.until(/FDCS[\s\S]*OK\r\n/);
  receiver.type('AT+FDR\r');
  await sender.until(/CONNECT\r\n/);
  await sender.data(direct.subarray(0, 10));
  assert.deepEqual(exchange.faults('1'), ['page data before XON']);
});

test('any character gives up dialling, and the number is free again', async () => {
  const { dte, exchange, clock } = testExchange({ 1: plain, 2: plain });
  const one = dte('1');
  await one.at('E0+FCLASS=2');
  one.type('ATD2\r');
  await clock.advance(1000);
  one.type('ATH\r');
  assert.deepEqual(await one.answer(), ['NO CARRIER']);
  assert.deepEqual(await one.at(''), ['OK']);
  assert.deepEqual(
    exchange.list().map(({ state }) => state),
    ['idle', 'idle'],
  );
});

test('ends of calls as a modem tells them', async () => {
  const { dte, exchange } = testExchange({ 1: plain });
  exchange.addStation('5');
  const one = dte('1');
  await one.at('E0+FCLASS=2');
  for (const [answer, result] of [
    ['busy', ['BUSY']],
    ['no-answer', ['NO ANSWER']],
    ['unobtainable', ['NO CARRIER']],
    ['hangs-up', ['NO CARRIER']],
    ['voice', ['+FHNG:11', 'OK']],
  ] as const) {
    exchange.override('5', { answer }, 1);
    assert.deepEqual(await one.at('D5'), [...result], answer);
  }
  exchange.override('5', { quality: { ...clearLine, failedTrainings: 9 } }, 1);
  await one.at('D5');
  assert.deepEqual(await one.at('+FDT'), ['+FHNG:27', 'OK']);
  exchange.override('1', { answer: 'unobtainable' });
  assert.deepEqual(await one.at('D5'), ['NO DIALTONE']);
});

test('a reply can be lost or replaced, the newest script first', async () => {
  const { dte, exchange } = testExchange({ 1: plain });
  const one = dte('1');
  await one.at('E0');
  exchange.overrideReplies('1', (command) => (command === 'ATI' ? ['GARBAGE', 'OK'] : undefined));
  const undo = exchange.overrideReplies('1', (command) => (command === 'ATI' ? ['ERROR'] : undefined));
  assert.deepEqual(await one.at('I'), ['ERROR']);
  undo();
  assert.deepEqual(await one.at('I'), ['GARBAGE', 'OK']);
});

test('a port that is closed hangs up; a second program takes the modem from the first', async () => {
  const { exchange, clock, dte } = testExchange({ 1: plain, 2: plain });
  const receiver = dte('2');
  await readyToReceive(receiver);
  await receiver.at('S0=1');
  const first = exchange.port('1');
  let closed: Error | undefined;
  first.onClosed((error) => {
    closed = error;
  });
  void first.write(Buffer.from('ATE0+FCLASS=2\r'));
  await clock.advance(100);
  void first.write(Buffer.from('ATD2\r'));
  await receiver.until(/RING/);
  const second = exchange.port('1');
  assert.match(String(closed), /another program/);
  await assert.rejects(first.write(Buffer.from('AT\r')), /closed/);
  await receiver.until(/\+FHNG:\d+\r\n\r\nOK|NO CARRIER/);
  await second.close();
  assert.deepEqual(
    exchange.list().map(({ state }) => state),
    ['idle', 'idle'],
  );
});
