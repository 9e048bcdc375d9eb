import type { BitWriter } from './bit-writer.ts';
import type { ChangingElements } from './scan-line.ts';
import { blackCodes, longestMakeUp, modeCodes, type RunCodes, whiteCodes } from './t4-codes.ts';

/** How one scan line is coded, alone (T.4 §4.1.1) or by what is other than in the line above (T.4 §4.2.1). */

/** Runs up to this length have one entry: make-up and terminating code joined, at most 25 bits. */
const longestEntry = longestMakeUp + 63;

interface EncodeTable {
  readonly bits: Uint32Array;
  readonly lengths: Uint8Array;
}

function encodeTable(codes: RunCodes): EncodeTable {
  const bits = new Uint32Array(longestEntry + 1);
  const lengths = new Uint8Array(longestEntry + 1);
  for (const makeUp of [{ run: 0, bits: '' }, ...codes.makeUp]) {
    for (const terminating of codes.terminating) {
      const code = makeUp.bits + terminating.bits;
      bits[makeUp.run + terminating.run] = Number.parseInt(code, 2);
      lengths[makeUp.run + terminating.run] = code.length;
    }
  }
  return { bits, lengths };
}

const white = encodeTable(whiteCodes);
const black = encodeTable(blackCodes);
const longestMakeUpCode = Number.parseInt(whiteCodes.makeUp.at(-1)!.bits, 2);
const longestMakeUpBits = whiteCodes.makeUp.at(-1)!.bits.length;

const pass = Number.parseInt(modeCodes.pass, 2);
const passBits = modeCodes.pass.length;
const horizontal = Number.parseInt(modeCodes.horizontal, 2);
const horizontalBits = modeCodes.horizontal.length;
/** Vertical modes by a1 − b1 + 3. */
const vertical = Uint8Array.from(modeCodes.vertical, (bits) => Number.parseInt(bits, 2));
const verticalBits = Uint8Array.from(modeCodes.vertical, (bits) => bits.length);

function putRun(out: BitWriter, table: EncodeTable, run: number): void {
  let rest = run;
  for (; rest > longestEntry; rest -= longestMakeUp) out.put(longestMakeUpCode, longestMakeUpBits);
  out.put(table.bits[rest]!, table.lengths[rest]!);
}

/** One-dimensional: the runs, white first. */
export function encodeRuns(out: BitWriter, changes: ChangingElements, count: number, widthPx: number): void {
  let from = 0;
  for (let at = 0; at <= count; at++) {
    const to = at === count ? widthPx : changes[at]!;
    putRun(out, (at & 1) === 0 ? white : black, to - from);
    from = to;
  }
}

/** Two-dimensional: each changing element by its distance from one of the reference line (T.4 §4.2.1.3.2). */
export function encodeModes(
  out: BitWriter,
  changes: ChangingElements,
  reference: ChangingElements,
  widthPx: number,
): void {
  let a0 = -1;
  let at = 0;
  // b1: the first element right of a0 that changes to the other colour than a0's, so at a place like a1's.
  let ref = 0;
  while (a0 < widthPx) {
    const a1 = changes[at]!;
    while (reference[ref]! <= a0) ref += 2;
    const b1 = reference[ref]!;
    const b2 = reference[ref + 1]!;
    const distance = a1 - b1;
    if (b2 < a1) {
      out.put(pass, passBits);
      a0 = b2;
    } else if (distance >= -3 && distance <= 3) {
      out.put(vertical[distance + 3]!, verticalBits[distance + 3]!);
      a0 = a1;
      at++;
      ref = ref > 0 ? ref - 1 : 1;
    } else {
      const a2 = changes[at + 1]!;
      const isBlack = (at & 1) === 1;
      out.put(horizontal, horizontalBits);
      putRun(out, isBlack ? black : white, a1 - Math.max(a0, 0));
      putRun(out, isBlack ? white : black, a2 - a1);
      a0 = a2;
      at += 2;
    }
  }
}
