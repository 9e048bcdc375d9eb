import { type Raster, rowBytes } from './raster.ts';
import { blackCodes, eolBits, longestMakeUp, type RunCodes, rtcEols, whiteCodes } from './t4-codes.ts';

/**
 * T.4 one-dimensional coding (MH, T.4 §4.1): each scan line is an EOL and the codes of its runs, white first.
 * The first bit of the sequence is the most significant bit of the first byte.
 */
export interface MhOptions {
  /** Fewest bits from the end of one EOL to the end of the next: zeros are filled in (T.4 §4.1.3). Default 0. */
  readonly minBitsPerLine?: number;
  /** Fills zeros in before each EOL so that it ends on a byte. Default false. */
  readonly alignEol?: boolean;
  /** Ends the page with RTC (T.4 §4.1.4). Default false: a modem adds it. */
  readonly rtc?: boolean;
}

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

/** Encodes a page. Bytes are padded with zeros at the end, which is fill, so that pages can be put together. */
export function encodeMh(raster: Raster, options: MhOptions = {}): Uint8Array {
  const { minBitsPerLine = 0, alignEol = false, rtc = false } = options;
  const out = new BitWriter();
  const width = rowBytes(raster.widthPx);
  // One pel a run costs most: 9 bits for two pels.
  const lineBytes = Math.ceil((raster.widthPx * 4.5 + minBitsPerLine) / 8) + 16;
  const view = new DataView(raster.data.buffer, raster.data.byteOffset, raster.data.byteLength);
  for (let y = 0; y < raster.heightPx; y++) {
    out.reserve(lineBytes);
    out.eol(alignEol);
    const startBits = out.sizeBits;
    encodeLine(out, view, y * width, width, raster.widthPx);
    const lineBits = out.sizeBits - startBits + eolBits;
    if (lineBits < minBitsPerLine) out.zeros(minBitsPerLine - lineBits);
  }
  out.reserve(rtcEols * 2 + 16);
  if (rtc) for (let count = 0; count < rtcEols; count++) out.eol(alignEol);
  return out.finish();
}

/** Codes one row: the places where the colour changes are the ones of `word ^ (word >>> 1)`. */
function encodeLine(out: BitWriter, view: DataView, start: number, byteCount: number, widthPx: number): void {
  let from = 0;
  let isBlack = false;
  let last = 0;
  for (let at = 0; at < byteCount; at += 4) {
    const word = at + 4 <= byteCount ? view.getUint32(start + at) : tailWord(view, start + at, byteCount - at);
    let changes = word ^ ((word >>> 1) | (last << 31));
    last = word & 1;
    while (changes !== 0) {
      const bit = Math.clz32(changes);
      changes &= ~(0x80000000 >>> bit);
      const to = at * 8 + bit;
      if (to >= widthPx) break;
      putRun(out, isBlack, to - from);
      from = to;
      isBlack = !isBlack;
    }
  }
  putRun(out, isBlack, widthPx - from);
}

function tailWord(view: DataView, start: number, byteCount: number): number {
  let word = 0;
  for (let at = 0; at < byteCount; at++) word |= view.getUint8(start + at) << (24 - at * 8);
  return word;
}

function putRun(out: BitWriter, isBlack: boolean, run: number): void {
  let rest = run;
  for (; rest > longestEntry; rest -= longestMakeUp) out.put(longestMakeUpCode, longestMakeUpBits);
  const table = isBlack ? black : white;
  out.put(table.bits[rest]!, table.lengths[rest]!);
}

/** Puts bits into a buffer that grows; at most seven wait in `#waiting`. */
class BitWriter {
  #bytes = new Uint8Array(64 * 1024);
  #size = 0;
  #waiting = 0;
  #waitingBits = 0;

  get sizeBits(): number {
    return this.#size * 8 + this.#waitingBits;
  }

  /** Makes room: `put` does not check. */
  reserve(byteCount: number): void {
    if (this.#size + byteCount <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + byteCount));
    bytes.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = bytes;
  }

  /** At most 25 bits at a time. */
  put(code: number, length: number): void {
    let value = (this.#waiting << length) | code;
    let bits = this.#waitingBits + length;
    while (bits >= 8) {
      bits -= 8;
      this.#bytes[this.#size++] = value >>> bits;
    }
    value &= (1 << bits) - 1;
    this.#waiting = value;
    this.#waitingBits = bits;
  }

  zeros(count: number): void {
    for (let rest = count; rest > 0; rest -= 16) this.put(0, Math.min(rest, 16));
  }

  eol(aligned: boolean): void {
    if (aligned) this.zeros((20 - this.#waitingBits) % 8);
    this.put(1, eolBits);
  }

  finish(): Uint8Array {
    if (this.#waitingBits > 0) this.put(0, 8 - this.#waitingBits);
    return this.#bytes.slice(0, this.#size);
  }
}
