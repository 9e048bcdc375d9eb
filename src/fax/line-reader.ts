import { type BitReader, refillBits } from './bit-reader.ts';
import { type ChangingElements, changingElements, endChanges, paintLine } from './scan-line.ts';
import { blackCodes, longestCodeBits, longestModeBits, modeCodes, type RunCodes, whiteCodes } from './t4-codes.ts';

/** Table entries: length of the code in the low 4 bits, then the run; 0 is no code. */
const lengthMask = 15;
const firstMakeUp = 64 << 4;
const windowMask = (1 << longestCodeBits) - 1;

function runTable(codes: RunCodes): Uint16Array {
  const table = new Uint16Array(1 << longestCodeBits);
  for (const { run, bits } of [...codes.terminating, ...codes.makeUp])
    enter(table, longestCodeBits, bits, (run << 4) | bits.length);
  return table;
}

/** Modes: the distance of a1 from b1, moved so that it is above 0, or one of these. */
const passMode = 8;
const horizontalMode = 9;
const modeMask = (1 << longestModeBits) - 1;

function modeTable(): Uint8Array {
  const table = new Uint8Array(1 << longestModeBits);
  const add = (bits: string, mode: number) => enter(table, longestModeBits, bits, (mode << 4) | bits.length);
  add(modeCodes.pass, passMode);
  add(modeCodes.horizontal, horizontalMode);
  for (const [index, bits] of modeCodes.vertical.entries()) add(bits, index + 1);
  return table;
}

/** All windows that begin with the code. */
function enter(table: Uint8Array | Uint16Array, windowBits: number, bits: string, entry: number): void {
  const free = windowBits - bits.length;
  const first = Number.parseInt(bits, 2) << free;
  table.fill(entry, first, first + (1 << free));
}

const white = runTable(whiteCodes);
const black = runTable(blackCodes);
const modes = modeTable();

/** How far a line is: `more` bits are needed, it is `full`, or no code of a line of this width can stand here. */
export type LineState = 'more' | 'full' | 'bad';

/** Runs that are read until the line is full. */
const allRuns = 0x7fff_ffff;

/** Reads the codes of one scan line after the other, of bits that come when they come. */
export class LineReader {
  readonly #widthPx: number;
  /** The line that is read, and the last one that was read well. */
  #changes: ChangingElements;
  #reference: ChangingElements;
  #count = 0;
  /** a0 of T.4 §4.2.1.3.1: what was coded ends there; −1 before the first code. */
  #a0 = -1;
  #isBlack = false;
  /** What make-up codes added to the run. */
  #makeUp = 0;
  /** Runs to read before the next mode. */
  #runs = allRuns;
  /** Place in the reference line. */
  #ref = 0;
  #begun = false;

  constructor(widthPx: number) {
    this.#widthPx = widthPx;
    this.#changes = changingElements(widthPx);
    this.#reference = changingElements(widthPx);
  }

  /** Some code of this line was read. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Forgets what was read of a line. */
  begin(twoDimensional: boolean): void {
    this.#count = 0;
    this.#a0 = -1;
    this.#isBlack = false;
    this.#makeUp = 0;
    this.#runs = twoDimensional ? 0 : allRuns;
    this.#ref = 0;
    this.#begun = false;
  }

  /** Puts the line that is full into a white row, and takes it for the reference line of the next. */
  finish(rows: Uint8Array, row: number): void {
    endChanges(this.#changes, this.#count, this.#widthPx);
    paintLine(rows, row, this.#changes, this.#count);
    [this.#changes, this.#reference] = [this.#reference, this.#changes];
  }

  /** The hot loop. Between two codes nothing is in hands but the fields. */
  read(input: BitReader): LineState {
    const widthPx = this.#widthPx;
    const changes = this.#changes;
    const reference = this.#reference;
    const chunk = input.chunk;
    let at = input.at;
    let window = input.window;
    let bits = input.bits;
    let count = this.#count;
    let a0 = this.#a0;
    let isBlack = this.#isBlack;
    let makeUp = this.#makeUp;
    let runs = this.#runs;
    let ref = this.#ref;
    let begun = this.#begun;
    let state: LineState;
    for (;;) {
      for (; bits <= refillBits && at < chunk.length; bits += 8) window = (window << 8) | chunk[at++]!;
      if (bits < longestCodeBits) {
        state = 'more';
        break;
      }
      if (runs === 0) {
        const entry = modes[(window >>> (bits - longestModeBits)) & modeMask]!;
        if (entry === 0) {
          state = 'bad';
          break;
        }
        bits -= entry & lengthMask;
        begun = true;
        const mode = entry >>> 4;
        if (mode === horizontalMode) {
          runs = 2;
          continue;
        }
        while (reference[ref]! <= a0) ref += 2;
        if (mode === passMode) {
          a0 = reference[ref + 1]!;
        } else {
          const a1 = reference[ref]! + mode - 4;
          if (a1 < a0 || a1 < 0 || a1 > widthPx) {
            state = 'bad';
            break;
          }
          // A run of no pels is no run: its ends go.
          if (count > 0 && changes[count - 1] === a1) count--;
          else changes[count++] = a1;
          a0 = a1;
          isBlack = !isBlack;
          ref = ref > 0 ? ref - 1 : 1;
        }
      } else {
        const entry = (isBlack ? black : white)[(window >>> (bits - longestCodeBits)) & windowMask]!;
        if (entry === 0) {
          state = 'bad';
          break;
        }
        bits -= entry & lengthMask;
        begun = true;
        makeUp += entry >>> 4;
        const to = (a0 < 0 ? 0 : a0) + makeUp;
        if (to > widthPx) {
          state = 'bad';
          break;
        }
        if (entry >= firstMakeUp) continue;
        if (count > 0 && changes[count - 1] === to) count--;
        else changes[count++] = to;
        a0 = to;
        makeUp = 0;
        isBlack = !isBlack;
        runs--;
        if (runs === 1) continue;
      }
      if (a0 === widthPx) {
        state = 'full';
        break;
      }
    }
    input.at = at;
    input.window = window;
    input.bits = bits;
    this.#count = count;
    this.#a0 = a0;
    this.#isBlack = isBlack;
    this.#makeUp = makeUp;
    this.#runs = runs;
    this.#ref = ref;
    this.#begun = begun;
    return state;
  }
}
