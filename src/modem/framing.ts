/** Characters of the page data stream (T.32 §8.3; the draft SP-2388-A for class 2). */
export const control = { ETX: 0x03, DLE: 0x10, XON: 0x11, DC2: 0x12, CAN: 0x18, SUB: 0x1a } as const;

/** Doubles every DLE, as page data must be between CONNECT and the end of the page. */
export function stuff(bytes: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of bytes) if (byte === control.DLE) count++;
  if (count === 0) return bytes;
  const result = new Uint8Array(bytes.length + count);
  let to = 0;
  for (const byte of bytes) {
    result[to++] = byte;
    if (byte === control.DLE) result[to++] = control.DLE;
  }
  return result;
}
