/**
 * What the CFA-635 shows for each byte: ASCII with a few moved signs, then Latin letters and drawings in an order of its
 * own (CFA-635 data sheet, "Character Generator ROM"). Bytes 0–15 are the eight custom characters, twice.
 */
const runs: readonly (readonly [first: number, signs: string])[] = [
  [0x14, '«»'],
  [0x1d, '^'],
  [0x24, '¤'],
  [0x40, '¡'],
  [0x5b, 'ÄÖÑÜ§¿'],
  [0x7b, 'äöñüà°¹²³'],
  [0x8a, '½¼±'],
  [0x8f, 'µ'],
  [0xa0, '@£$¥èéùìòÇ'],
  [0xab, 'Øø'],
  [0xae, 'Åå'],
  [0xb1, '¢'],
  [0xbc, 'ÆæßÉ'],
  [0xc4, '_ÈÊêç'],
  [0xce, '~'],
  [0xd6, '█'],
  [0xdd, '·'],
  [0xe2, 'ÁÍÓÚÝáíóúýÔô'],
  [0xfa, '[\\]{|}'],
];
const moved = new Map(runs.flatMap(([first, signs]) => Array.from(signs, (sign, index) => [first + index, sign])));

/** Stands for a sign of the ROM that nothing of ours should show. */
export const unknownSign = '\ufffd';
/** Stands for a custom character that is neither a bar nor empty. */
export const drawing = '▣';

/** @param byte 16–255 */
export function romSign(byte: number): string {
  return moved.get(byte) ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : unknownSign);
}

const widths = [' ', '▏', '▍', '▌', '▊', '█'];
const heights = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * The sign that looks like a custom character: blocks for parts of a bar, growing from the left or from below.
 * @param rows eight rows of five pixels, the highest of the five bits left
 */
export function customSign(rows: Uint8Array): string {
  // The lowest row belongs to the cursor; bars leave it out.
  const upper = rows.subarray(0, 7);
  const width = [0, 0x10, 0x18, 0x1c, 0x1e, 0x1f].indexOf(upper[0]! & 0x1f);
  if (width >= 0 && upper.every((row) => row === upper[0])) return widths[width]!;
  const empty = rows.findIndex((row) => row !== 0);
  const below = rows.subarray(empty);
  return below.every((row) => (row & 0x1f) === 0x1f) ? heights[below.length]! : drawing;
}
