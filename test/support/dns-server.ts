import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { octetsOf } from '../../src/system/network/prefix.ts';

/** A name server on loopback for tests (RFC 1035): `MX mail.example` → values as zone files have them. What it does not know, is not there. */
export interface DnsServer {
  /** `127.0.0.1:1234` */
  readonly place: string;
  /** By type and name: `MX office.test`. */
  readonly records: Map<string, readonly string[]>;
  /** Gives no answers from now on. */
  silent: boolean;
}

const types: Readonly<Record<number, string>> = {
  1: 'A',
  5: 'CNAME',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
};
const noSuchName = 3;

export async function dnsServer(
  context: TestContext,
  records: Readonly<Record<string, readonly string[]>>,
): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  const server = {
    place: `127.0.0.1:${socket.address().port}`,
    records: new Map(Object.entries(records)),
    silent: false,
  };
  socket.on('message', (query, from) => {
    if (!server.silent) socket.send(answer(query, server.records), from.port, from.address);
  });
  return server;
}

function answer(query: Buffer, records: ReadonlyMap<string, readonly string[]>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const code = query.readUInt16BE(at + 1);
  const values = records.get(`${types[code]} ${labels.join('.').toLowerCase()}`) ?? [];
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8580 | (values.length === 0 ? noSuchName : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(values.length, 6);
  const rows = values.map((value) => {
    const data = dataOf(types[code]!, value);
    const fixed = Buffer.alloc(12);
    // The name of the question, where it stands.
    fixed.writeUInt16BE(0xc00c, 0);
    fixed.writeUInt16BE(code, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(60, 6);
    fixed.writeUInt16BE(data.length, 10);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([head, question, ...rows]);
}

function dataOf(type: string, value: string): Buffer {
  const words = value.split(' ');
  const numbers = words.slice(0, -1).flatMap((word) => [Number(word) >> 8, Number(word) & 0xff]);
  switch (type) {
    case 'A':
    case 'AAAA':
      return Buffer.from(octetsOf(value));
    case 'TXT':
      return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
    default:
      return Buffer.concat([Buffer.from(numbers), nameOf(words.at(-1)!)]);
  }
}

function nameOf(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.from([0]),
  ]);
}
