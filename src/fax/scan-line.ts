/**
 * A scan line as its changing elements: the positions of the pels whose colour is not the one of the pel before, the
 * first pel compared with white (T.4 §4.2.1.3.1). So even places of the list begin black runs and odd ones white runs.
 * Behind the last stands the width a few times, which is what coding takes for a change that does not come.
 */
export type ChangingElements = Int32Array;

/** Widths behind the last changing element. */
const ends = 4;

/** Room for the changing elements of a line whose pels are all different from their neighbours. */
export function changingElements(widthPx: number): ChangingElements {
  return new Int32Array(widthPx + 1 + ends).fill(widthPx);
}

/** Ends a list of `count` elements. */
export function endChanges(changes: ChangingElements, count: number, widthPx: number): void {
  for (let at = count; at < count + ends; at++) changes[at] = widthPx;
}

/**
 * Finds the changing elements of a packed row: they are the ones of `word ^ (word >>> 1)`.
 * @param view the rows; `start` is where the row begins, `byteCount` its bytes
 * @returns how many there are
 */
export function findChanges(
  view: DataView,
  start: number,
  byteCount: number,
  widthPx: number,
  changes: ChangingElements,
): number {
  let count = 0;
  let last = 0;
  for (let at = 0; at < byteCount; at += 4) {
    const word = at + 4 <= byteCount ? view.getUint32(start + at) : tailWord(view, start + at, byteCount - at);
    let flips = word ^ ((word >>> 1) | (last << 31));
    last = word & 1;
    const base = at * 8;
    while (flips !== 0) {
      const bit = Math.clz32(flips);
      flips &= ~(0x80000000 >>> bit);
      changes[count++] = base + bit;
    }
  }
  // Bits behind the width may be anything.
  while (count > 0 && changes[count - 1]! >= widthPx) count--;
  endChanges(changes, count, widthPx);
  return count;
}

function tailWord(view: DataView, start: number, byteCount: number): number {
  let word = 0;
  for (let at = 0; at < byteCount; at++) word |= view.getUint8(start + at) << (24 - at * 8);
  return word;
}

/** Blackens the black runs of a line in a white row. */
export function paintLine(rows: Uint8Array, row: number, changes: ChangingElements, count: number): void {
  // An odd number of elements leaves the last run to go on to the width, which stands behind them.
  for (let at = 0; at < count; at += 2) blacken(rows, row, changes[at]!, changes[at + 1]!);
}

/** Sets the pels `from` up to `to`, end exclusive. */
function blacken(rows: Uint8Array, row: number, from: number, to: number): void {
  const first = row + (from >> 3);
  const last = row + (to >> 3);
  const head = 0xff >>> (from & 7);
  const tail = 0xff & ~(0xff >>> (to & 7));
  if (first === last) {
    rows[first]! |= head & tail;
    return;
  }
  rows[first]! |= head;
  for (let at = first + 1; at < last; at++) rows[at] = 0xff;
  if (tail !== 0) rows[last]! |= tail;
}
