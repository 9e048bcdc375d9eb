const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) result |= 0x80 >> bit;
  return result;
});

/** The same bytes with the order of bits in each turned round: fill order 1 of TIFF to order 2 and back. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) result[at] = reversed[bytes[at]!]!;
  return result;
}
