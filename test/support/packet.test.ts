import assert from 'node:assert/strict';
import { isIPv6, SocketAddress } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { readResponse, recordTypes, writeQuery } from './dns-message.ts';
import { checksum, groupMac, type Packet, readFrame, readPacket, writeFrame, writePacket } from './packet.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const word = fc.nat(0xffff_ffff);
const octets = fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one));
const octet = fc.nat(255);
const content = fc.oneof(
  fc.record({
    kind: fc.constant('tcp' as const),
    sourcePort: port,
    port,
    sequence: word,
    acknowledgement: word,
    flags: octet,
  }),
  fc.record({ kind: fc.constant('udp' as const), sourcePort: port, port, data: octets }),
  fc.record({ kind: fc.constant('icmp' as const), type: octet, code: octet, body: octets }),
);
/** In the one spelling that is read back. */
const spelled = (address: string): string =>
  isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
const addresses = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()));
const packet = fc
  .tuple(addresses, octet, content)
  .map(([[from, to], hopLimit, what]): Packet => ({ from: spelled(from), to: spelled(to), hopLimit, ...what }));

test('a packet is read as it was written, also from a frame that was filled up', () => {
  fc.assert(
    fc.property(packet, fc.nat(40), (one, filling) => {
      const payload = Buffer.concat([writePacket(one), Buffer.alloc(filling)]);
      const frame = readFrame(
        writeFrame({ to: groupMac('ff02::fb'), from: Buffer.alloc(6, 2), type: 0x86dd, payload }),
      );
      assert.deepEqual(frame && readPacket(frame.payload), one);
    }),
  );
});

test('a packet with one bit turned is not read, or says the same but for its hops', () => {
  fc.assert(
    fc.property(packet, fc.nat(), (one, place) => {
      const octets = writePacket(one);
      const at = place % (octets.length * 8);
      octets[at >> 3]! ^= 1 << (at & 7);
      const read = readPacket(octets);
      // IPv6 guards neither its class, nor its flow, nor its hops (RFC 8200 §3).
      if (read) assert.deepEqual({ ...read, hopLimit: one.hopLimit }, one);
    }),
  );
});

test('whatever comes over the wire, reading ends', () => {
  const start = fc.constantFrom(Buffer.from([0x45]), Buffer.from([0x60]), Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1]));
  fc.assert(
    fc.property(start, octets, (head, rest) => {
      const all = Buffer.concat([head, rest]);
      readFrame(all);
      readPacket(all);
      try {
        readResponse(all);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
  );
});

test('checksums are those of RFC 1071 §3; groups have the addresses of RFC 1112 §6.4 and RFC 2464 §7', () => {
  assert.equal(checksum(Buffer.from('0001f203f4f5f6f7', 'hex')), ~0xddf2 & 0xffff);
  assert.equal(groupMac('224.0.0.251').toString('hex'), '01005e0000fb');
  assert.equal(groupMac('239.129.1.2').toString('hex'), '01005e010102');
  assert.equal(groupMac('ff02::fb').toString('hex'), '3333000000fb');
});

test('a response is read with what its names leave to other places (RFC 1035 §4.1.4)', () => {
  const query = writeQuery([{ name: 'a.local', type: 'PTR' }]);
  assert.equal(query.toString('latin1'), '\0\0\0\0\0\x01\0\0\0\0\0\0\x01a\x05local\0\0\x0c\0\x01');
  assert.equal(readResponse(query), undefined);
  query.writeUInt16BE(0x8400, 2);
  query.writeUInt16BE(3, 6);
  const records = [
    'c00c 000c 0001 00000078 0004 0162 c00e',
    'c00c 0021 8001 00000078 0008 0000 0000 01bb c00c',
    'c00c 001c 8001 00000078 0010 fe80 0000 0000 0000 0000 0000 0000 0001',
  ];
  const response = Buffer.concat([query, Buffer.from(records.join('').replaceAll(' ', ''), 'hex')]);
  const common = { name: 'a.local', ttlSeconds: 120 };
  assert.deepEqual(readResponse(response), [
    { ...common, type: recordTypes.PTR, value: 'b.local' },
    { ...common, type: recordTypes.SRV, value: '443 a.local' },
    { ...common, type: recordTypes.AAAA, value: 'fe80::1' },
  ]);
  assert.throws(() => readResponse(response.subarray(0, -1)), RangeError);
  // Its name is at itself.
  query.writeUInt16BE(0xc00c, 12);
  assert.throws(() => readResponse(query), RangeError);
});
