import { addressText } from './packet.ts';

/** Types of records that a test asks for (RFC 1035 §3.2.2, RFC 2782, RFC 3596). */
export const recordTypes = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const;
export type RecordType = keyof typeof recordTypes;

export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

/** A record in words: an address, a name, `port name` of SRV; of other types the octets in hexadecimal. */
export interface Answer {
  readonly name: string;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly value: string;
}

const headOctets = 12;
const classInternet = 1;
const responseFlag = 0x8000;
/** More than that is a loop: a name has at most 255 octets (RFC 1035 §2.3.4). */
const mostLabels = 128;

/** A query of the id 0, as multicast DNS has it (RFC 1035 §4.1, RFC 6762 §18.1). */
export function writeQuery(questions: readonly Question[]): Buffer {
  const head = Buffer.alloc(headOctets);
  head.writeUInt16BE(questions.length, 4);
  const asked = questions.flatMap(({ name, type }) => {
    const labels = name.split('.').flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]);
    return [...labels, Buffer.from([0, 0, recordTypes[type], 0, classInternet])];
  });
  return Buffer.concat([head, ...asked]);
}

/**
 * The records of a response: answers, authorities and additional ones.
 * @returns nothing when it is a query
 * @throws RangeError for what is cut off or turns in circles
 */
export function readResponse(octets: Buffer): Answer[] | undefined {
  if ((octets.readUInt16BE(2) & responseFlag) === 0) return undefined;
  const [questions, ...records] = [4, 6, 8, 10].map((at) => octets.readUInt16BE(at)) as [number, ...number[]];
  let at = headOctets;
  for (let n = 0; n < questions; n += 1) at = readName(octets, at).end + 4;
  const found: Answer[] = [];
  for (let n = records.reduce((sum, one) => sum + one); n > 0; n -= 1) {
    const { name, end } = readName(octets, at);
    const type = octets.readUInt16BE(end);
    const start = end + 10;
    at = start + octets.readUInt16BE(end + 8);
    if (at > octets.length) throw new RangeError('a record is cut off');
    found.push({ name, type, ttlSeconds: octets.readUInt32BE(end + 4), value: dataText(octets, type, start, at) });
  }
  return found;
}

function dataText(octets: Buffer, type: number, start: number, end: number): string {
  const data = octets.subarray(start, end);
  switch (type) {
    case recordTypes.A:
      return data.join('.');
    case recordTypes.AAAA:
      return addressText(data);
    case recordTypes.PTR:
      return readName(octets, start).name;
    case recordTypes.SRV:
      return `${data.readUInt16BE(4)} ${readName(octets, start + 6).name}`;
    default:
      return data.toString('hex');
  }
}

/** A name, with what it leaves to another place (RFC 1035 §4.1.4). */
function readName(octets: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = from;
  let end: number | undefined;
  for (let steps = 0; steps < mostLabels; steps += 1) {
    const length = octets.readUInt8(at);
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      end ??= at + 2;
      at = octets.readUInt16BE(at) & 0x3fff;
      continue;
    }
    labels.push(octets.toString('utf8', at + 1, at + 1 + length));
    at += 1 + length;
  }
  throw new RangeError('a name that does not end');
}
