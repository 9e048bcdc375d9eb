/**
 * Packets of the Crystalfontz CFA-635, both directions: type, length (0–22), data, CRC low byte first. The top two bits
 * of the type say what it is: 00 command, 01 answer, 10 report, 11 error (CFA-635 data sheet, "Packet Structure").
 */
export interface Packet {
  readonly type: number;
  readonly data: Uint8Array;
}

export const maxDataBytes = 22;

/** CRC-16 of the data sheet: polynomial 0x8408 (reflected), start 0xFFFF, inverted at the end; known as X-25. */
export function crc16(bytes: Iterable<number>): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return ~crc & 0xffff;
}

/** @throws RangeError for more data than a packet holds */
export function packetBytes({ type, data }: Packet): Uint8Array {
  if (data.length > maxDataBytes) throw new RangeError(`${data.length} bytes do not fit into a packet`);
  const body = Uint8Array.of(type, data.length, ...data);
  const crc = crc16(body);
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
}

/** What the assembler finds in the stream. */
export type Found =
  | { readonly kind: 'packet'; readonly packet: Packet }
  /** Bytes that are no packet, with why; a packet may begin at any of the next. */
  | { readonly kind: 'garbage'; readonly byte: number; readonly reason: string };

const overheadBytes = 4;

/**
 * Packets out of chunks as they come; how the bytes are cut makes no difference. Where the length or the CRC is wrong one
 * byte is dropped and the search begins again at the next. Holds less than one packet between calls.
 */
export class PacketAssembler {
  #rest: Uint8Array = new Uint8Array();

  /** Bytes of a packet that is not whole yet. */
  get pending(): number {
    return this.#rest.length;
  }

  *take(chunk: Uint8Array): Generator<Found, void> {
    let bytes: Uint8Array = Uint8Array.of(...this.#rest, ...chunk);
    try {
      while (bytes.length >= 2) {
        const dataBytes = bytes[1]!;
        if (dataBytes > maxDataBytes) {
          const byte = bytes[0]!;
          bytes = bytes.subarray(1);
          yield { kind: 'garbage', byte, reason: `a packet of ${dataBytes} bytes of data` };
          continue;
        }
        const whole = dataBytes + overheadBytes;
        if (bytes.length < whole) return;
        const body = bytes.subarray(0, whole - 2);
        const told = bytes[whole - 2]! | (bytes[whole - 1]! << 8);
        if (crc16(body) !== told) {
          const byte = bytes[0]!;
          bytes = bytes.subarray(1);
          yield { kind: 'garbage', byte, reason: 'a wrong CRC' };
          continue;
        }
        bytes = bytes.subarray(whole);
        yield { kind: 'packet', packet: { type: body[0]!, data: body.slice(2) } };
      }
    } finally {
      this.#rest = bytes.slice();
    }
  }

  /** Forgets a packet that is not whole: the cable was pulled. */
  clear(): void {
    this.#rest = new Uint8Array();
  }
}
