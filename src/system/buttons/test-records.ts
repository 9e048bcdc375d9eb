import { type InputEvent, recordBytes } from './input-events.ts';

/** For tests: what an input device says, as its octets. */
export function record({ type, code, value }: InputEvent): Buffer {
  const octets = Buffer.alloc(recordBytes, 0xa5);
  octets.writeUInt16LE(type, 16);
  octets.writeUInt16LE(code, 18);
  octets.writeInt32LE(value, 20);
  return octets;
}
