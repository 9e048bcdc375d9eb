import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { askServer, KissOfDeath, middleSample, type Sample } from './sntp-client.ts';
import { fromMs, packetBytes, readAnswer, requestPacket } from './sntp-packet.ts';

/** An answer of a good server to a request. */
function answerTo(request: Buffer, nowMs: number): Buffer {
  const packet = Buffer.alloc(packetBytes);
  packet[0] = (4 << 3) | 4;
  packet[1] = 2;
  request.copy(packet, 24, 40, 48);
  packet.writeBigUInt64BE(fromMs(nowMs), 32);
  packet.writeBigUInt64BE(fromMs(nowMs), 40);
  return packet;
}

/** A time server by script: what it sends for each request. @returns its address */
async function timeServer(context: TestContext, answers: (request: Buffer) => readonly Buffer[]): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (request, from) => {
    for (const answer of answers(request)) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const parts = { clock: systemClock, random: randomBytes };
/** A clock whose timers run out at once: a wait for an answer ends when everything else is done. */
const impatient: Clock = { now: () => Date.now(), timer: (_ms, run) => systemClock.timer(200, run) };

test('the offset of a server that is an hour ahead is an hour', async (context) => {
  const hour = 3_600_000;
  const server = await timeServer(context, (request) => [answerTo(request, Date.now() + hour)]);
  const sample = await askServer(server, parts);
  assert.ok(Math.abs(sample.offsetMs - hour) < 1000, String(sample.offsetMs));
  assert.equal(sample.stratum, 2);
});

test('answers to other requests, of other kinds, and broken ones are passed over until the right one comes', async (context) => {
  const server = await timeServer(context, (request) => {
    const good = answerTo(request, Date.now());
    const bad = (change: (packet: Buffer) => void): Buffer => {
      const packet = answerTo(request, 0);
      change(packet);
      return packet;
    };
    return [
      Buffer.alloc(0),
      good.subarray(0, 47),
      bad((packet) => packet.writeBigUInt64BE(1n, 24)), // another originate time
      bad((packet) => packet.writeUInt8((4 << 3) | 3, 0)), // a client
      bad((packet) => packet.writeUInt8((3 << 6) | (4 << 3) | 4, 0)), // its clock is not set
      bad((packet) => packet.writeUInt8(16, 1)), // not synchronised
      bad((packet) => packet.writeBigUInt64BE(0n, 40)), // no time
      bad((packet) => packet.writeUInt32BE(4 << 16, 8)), // too unsure
      bad((packet) => packet.writeBigUInt64BE(fromMs(9000), 32)), // sent before it was received
      good,
    ];
  });
  const { offsetMs } = await askServer(server, parts);
  assert.ok(Math.abs(offsetMs) < 1000, String(offsetMs));
});

test('a server that wants to be left alone says so; one that says nothing is not waited for', async (context) => {
  const kiss = await timeServer(context, (request) => {
    const packet = answerTo(request, 0);
    packet[1] = 0;
    packet.write('RATE', 12, 'latin1');
    return [packet];
  });
  await assert.rejects(askServer(kiss, parts), (error) => error instanceof KissOfDeath && error.code === 'RATE');
  const silent = await timeServer(context, () => []);
  await assert.rejects(askServer(silent, { ...parts, clock: impatient }), /the time server: nothing within/);
  // A kiss of somebody who did not see the request counts for nothing.
  const forged = await timeServer(context, (request) => {
    const packet = answerTo(request, 0);
    packet[1] = 0;
    packet.writeBigUInt64BE(2n, 24);
    return [packet];
  });
  await assert.rejects(askServer(forged, { ...parts, clock: impatient }), { name: 'TimeoutError' });
});

test('times of both eras are read as they were written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (ms) => {
      const request = requestPacket(5n);
      const reading = readAnswer(answerTo(request, ms), 5n);
      assert.equal(reading.kind, 'time');
      assert.ok(reading.kind === 'time' && Math.abs(reading.sentAt - ms) < 0.01);
    }),
  );
});

test('whatever comes is read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      assert.ok(readAnswer(Buffer.from(octets), 7n).kind !== 'time');
    }),
  );
});

test('the middle of several answers is believed', () => {
  const sample = (offsetMs: number, delayMs = 10): Sample => ({ offsetMs, delayMs, stratum: 2 });
  assert.equal(middleSample([]), undefined);
  assert.equal(middleSample([sample(5)])?.offsetMs, 5);
  assert.equal(middleSample([sample(5, 100), sample(9_000_000, 1)])?.offsetMs, 9_000_000);
  assert.equal(middleSample([sample(6), sample(-9_000_000), sample(5)])?.offsetMs, 5);
  assert.equal(middleSample([sample(6), sample(9_000_000), sample(5), sample(7)])?.offsetMs, 6);
});
