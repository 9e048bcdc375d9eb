/**
 * What an input device says: `struct input_event` of the kernel's `linux/input.h` on machines of 64 bits, little endian.
 * 16 octets of time, then type (16 bits), code (16 bits) and value (32 bits, signed).
 */
export interface InputEvent {
  readonly type: number;
  readonly code: number;
  /** Of a key: 1 pressed, 0 let go, 2 still held. */
  readonly value: number;
}

export const recordBytes = 24;
const typeAt = 16;
const codeAt = 18;
const valueAt = 20;

/** As `input-event-codes.h` numbers them. */
export const inputTypes = { EV_SYN: 0, EV_KEY: 1 } as const;
/** Of the type `EV_SYN`: the kernel had no room for what happened, some of it is lost. */
export const synDropped = 3;

/** Records out of octets as they come; how these are cut makes no difference. Holds less than one record. */
export class InputEventDecoder {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): InputEvent[] {
    const octets = Buffer.concat([this.#rest, chunk]);
    const whole = octets.length - (octets.length % recordBytes);
    this.#rest = octets.subarray(whole);
    return Array.from({ length: whole / recordBytes }, (_, index) => {
      const at = index * recordBytes;
      return {
        type: octets.readUInt16LE(at + typeAt),
        code: octets.readUInt16LE(at + codeAt),
        value: octets.readInt32LE(at + valueAt),
      };
    });
  }
}
