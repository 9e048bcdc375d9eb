import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { Cfa635 } from './cfa635.ts';
import { crc16, type Found, PacketAssembler, packetBytes } from './packet.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const packet = fc.record({ type: fc.nat(255), data: fc.uint8Array({ maxLength: 22 }) }, { noNullPrototype: true });

/** A panel, and the host's end of its cable. */
function plugged() {
  const panel = new Cfa635({ clock: new ManualClock() });
  const [host, device] = duplexPair();
  const pull = panel.plug(device);
  let heard = Buffer.alloc(0);
  host.on('data', (chunk) => {
    heard = Buffer.concat([heard, chunk]);
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    panel,
    pull,
    /** Sends bytes as they are. @returns what the panel answers, in hex. */
    async raw(data: Uint8Array): Promise<string> {
      heard = Buffer.alloc(0);
      host.write(data);
      await turn();
      await turn();
      return heard.toString('hex');
    },
    async command(type: number, ...data: number[]): Promise<string> {
      return this.raw(packetBytes({ type, data: Uint8Array.from(data) }));
    },
    answer: (type: number, text = '') => Buffer.from(packetBytes({ type, data: Buffer.from(text) })).toString('hex'),
    async text(column: number, row: number, text: string | Uint8Array): Promise<string> {
      return this.command(0x1f, column, row, ...Buffer.from(text));
    },
  };
}

test('the CRC is that of X-25', () => {
  // The check value of the catalogue of CRCs for "123456789".
  assert.equal(crc16(Buffer.from('123456789')), 0x906e);
  assert.equal(crc16([]), 0);
});

test('packets as the real LCDd writes them', () => {
  const vectors: [number, string, string][] = [
    [0x00, '', '00 00 47 0f'],
    [0x06, '', '06 00 97 5b'],
    [0x0d, '66', '0d 01 66 5b 26'],
    [0x22, '0b 00', '22 02 0b 00 eb 1b'],
    [0x1f, '00 00 43 61 73 65 6c 6c 69', '1f 09 00 00 43 61 73 65 6c 6c 69 71 a6'],
  ];
  for (const [type, data, wire] of vectors)
    assert.deepEqual(Buffer.from(packetBytes({ type, data: bytes(data) })), bytes(wire));
  assert.throws(() => packetBytes({ type: 0x1f, data: new Uint8Array(23) }), RangeError);
});

test('any packets in any chunks come out the same', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 10 }), fc.array(fc.integer({ min: 1, max: 30 })), (packets, cuts) => {
      const stream = Buffer.concat(packets.map(packetBytes));
      const assembler = new PacketAssembler();
      const found: Found[] = [];
      let at = 0;
      for (const cut of [...cuts, stream.length]) {
        found.push(...assembler.take(stream.subarray(at, at + cut)));
        at += cut;
      }
      assert.deepEqual(
        found,
        packets.map((one) => ({ kind: 'packet', packet: one })),
      );
      assert.equal(assembler.pending, 0);
    }),
  );
});

test('a stream of anything is survived, held to less than a packet, and a packet after it is found', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
      const assembler = new PacketAssembler();
      for (const chunk of chunks) {
        for (const found of assembler.take(chunk))
          assert.ok(found.kind === 'garbage' || found.packet.data.length <= 22);
        assert.ok(assembler.pending < 26);
      }
      // What is held may swallow the first packets; not more of them than it waits for.
      const clear = packetBytes({ type: 0x06, data: new Uint8Array() });
      const after = [...assembler.take(Buffer.concat(Array.from({ length: 8 }, () => clear)))];
      assert.ok(after.some((found) => found.kind === 'packet' && found.packet.type === 0x06));
    }),
  );
});

test('it says what it is', async () => {
  const host = plugged();
  assert.equal(await host.command(0x01), host.answer(0x41, 'CFA635:h1.0,v1.0'));
  assert.equal(await host.command(0x00, 1, 2, 3), host.answer(0x40, '\x01\x02\x03'));
  assert.deepEqual(host.panel.faults, []);
});

test('text goes where it is put, and clear takes it away', async () => {
  const host = plugged();
  assert.equal(await host.text(0, 0, 'Caselli'), host.answer(0x5f));
  await host.text(10, 3, '0123456789');
  assert.deepEqual(host.panel.lines(), [
    'Caselli             ',
    '                    ',
    '                    ',
    '          0123456789',
  ]);
  assert.equal(await host.command(0x06), host.answer(0x46));
  assert.equal(host.panel.commands, 3);
  assert.deepEqual(host.panel.lines(), Array(4).fill(' '.repeat(20)));
});

test('its own characters are read as letters, and bars as blocks', async () => {
  const host = plugged();
  for (let width = 1; width <= 5; width++) {
    const row = (0x1f << (5 - width)) & 0x1f;
    await host.command(0x09, width, ...Array(7).fill(row), 0);
  }
  await host.command(0x09, 6, 0, 0, 0, 0, 0x1f, 0x1f, 0x1f, 0x1f);
  await host.command(0x09, 7, 0, 0x0a, 0x1f, 0x1f, 0x0e, 0x04, 0, 0);
  await host.text(0, 0, Uint8Array.of(0xd6, 1, 2, 3, 4, 5, 6, 7, 0, 15));
  await host.text(0, 1, Uint8Array.of(0x5b, 0x7e, 0xbe, 0xa5, 0xa0, 0xa2, 0xfa, 0xfb, 0xfc, 0xc4, 0x1d, 0xce));
  assert.equal(host.panel.lines()[0], '█▏▍▌▊█▄▣ ▣          ');
  assert.equal(host.panel.lines()[1], 'Äüßé@$[\\]_^~        ');
  assert.deepEqual(host.panel.faults, []);
});

test('contrast, backlight and the four LEDs', async () => {
  const host = plugged();
  await host.command(0x0d, 102);
  await host.command(0x0e, 80);
  await host.command(0x22, 11, 100);
  await host.command(0x22, 6, 50);
  assert.equal(host.panel.contrast, 102);
  assert.deepEqual(host.panel.backlight, { display: 80, keypad: 80 });
  assert.deepEqual(host.panel.leds, [
    { green: 100, red: 0 },
    { green: 0, red: 0 },
    { green: 0, red: 0 },
    { green: 0, red: 50 },
  ]);
});

test('keys are reported when pressed and released, as far as they are asked for', async () => {
  const host = plugged();
  host.panel.tap('Up');
  host.panel.tap('Exit');
  const reports = ['\x01', '\x07', '\x06', '\x0c'].map((key) => host.answer(0x80, key)).join('');
  assert.equal(await host.raw(new Uint8Array()), reports);
  await host.command(0x17, 0x01, 0);
  host.panel.tap('Up');
  host.panel.tap('Down');
  assert.equal(await host.raw(new Uint8Array()), '');
});

test('what the data sheet forbids is refused and recorded', async () => {
  const host = plugged();
  assert.equal(await host.command(0x1f, 15, 0, ...Buffer.from('too long')), host.answer(0xdf));
  assert.equal(await host.command(0x1f, 0, 4, 65), host.answer(0xdf));
  assert.equal(await host.command(0x0d, 255), host.answer(0xcd));
  assert.equal(await host.command(0x06, 1), host.answer(0xc6));
  assert.equal(await host.command(0x3f), host.answer(0xff));
  assert.equal(await host.command(0x41), '');
  assert.equal(await host.raw(bytes('06 00 97 5c')), '');
  assert.deepEqual(host.panel.faults, [
    'command 0x1f (text): end of the text 23 is not below 21',
    'command 0x1f (text): row 4 is not below 4',
    'command 0x0d (contrast): contrast 255 is not below 255',
    'command 0x06 (clear): 1 bytes where 0 are right',
    'command 0x3f is unknown',
    'type 0x41 is no command',
    'byte 0x06 begins a wrong CRC',
    'byte 0x00 begins a packet of 151 bytes of data',
    'byte 0x97 begins a packet of 92 bytes of data',
  ]);
  assert.deepEqual(host.panel.lines(), Array(4).fill(' '.repeat(20)));
});

test('any packets leave a screen of four times twenty signs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { maxLength: 30 }), async (packets) => {
      const host = plugged();
      await host.raw(Buffer.concat(packets.map(packetBytes)));
      const lines = host.panel.lines();
      assert.equal(lines.length, 4);
      for (const line of lines) assert.equal([...line].length, 20);
      assert.ok(host.panel.faults.length <= 100);
    }),
    { numRuns: 200 },
  );
});

test('a screen is waited for, not slept for; a wait that runs out shows the screen', async () => {
  const clock = new ManualClock();
  const panel = new Cfa635({ clock });
  const [host, device] = duplexPair();
  panel.plug(device);
  const ready = panel.waitFor(([first]) => first!.startsWith('ready'));
  host.write(packetBytes({ type: 0x1f, data: Buffer.from('\0\0ready') }));
  assert.equal((await ready)[0], 'ready               ');
  const never = panel.waitFor(([first]) => first!.startsWith('never'), { deadlineMs: 5000, what: 'the impossible' });
  const rejected = assert.rejects(never, /the impossible\nready/);
  await clock.advance(5000);
  await rejected;
  assert.equal(clock.pending, 0);
});

test('pulled and plugged in again it starts anew, over a socket as over any stream', async (t) => {
  const panel = new Cfa635();
  const server = createServer((socket) => panel.plug(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  for (const round of ['first', 'second']) {
    const socket = createConnection(port, '127.0.0.1').resume();
    socket.write(packetBytes({ type: 0x1f, data: Buffer.from(`\0\0${round}`) }));
    const lines = await panel.waitFor(([first]) => first!.startsWith(round));
    assert.equal(lines[0]!.trimEnd(), round);
    // Half a packet before the cable is pulled.
    socket.end(bytes('1f 16'));
    await once(socket, 'close');
    await panel.waitFor(() => !panel.plugged);
  }
  assert.deepEqual(panel.faults, []);
});
