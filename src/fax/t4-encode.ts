import { BitWriter } from './bit-writer.ts';
import { encodeModes, encodeRuns } from './line-encode.ts';
import { type Raster, rowBytes } from './raster.ts';
import { changingElements, findChanges } from './scan-line.ts';
import { eolBits, rtcEols } from './t4-codes.ts';

/**
 * T.4 coding of pages. One-dimensional (MH, T.4 §4.1): each scan line is an EOL and the codes of its runs. Two-dimensional
 * (MR, T.4 §4.2): a bit behind the EOL says whether the line is coded so, or by what is other than in the line before.
 */
export interface T4Options {
  /** Fewest bits from the end of one EOL to the end of the next: zeros are filled in (T.4 §4.1.3). Default 0. */
  readonly minBitsPerLine?: number;
  /** Fills zeros in before each EOL so that it ends on a byte; the tag bit of MR begins the next. Default false. */
  readonly alignEol?: boolean;
  /** Ends the page with RTC (T.4 §4.1.4). Default false: a modem adds it. */
  readonly rtc?: boolean;
}

/** Scan lines from one that is coded alone to the next (T.4 §4.2.1.1): for standard and for higher resolution. */
export type KFactor = 2 | 4;

/** Most bits of a line: one pel a run is coded by 9 bits for two pels, or each pair with a mode before it. */
const mostBitsPerPel = 6;

/** Encodes a page in MH. Bytes are padded with zeros at the end, which is fill, so that pages can be put together. */
export function encodeMh(raster: Raster, options: T4Options = {}): Uint8Array {
  return encodeLines(raster, options);
}

/** Encodes a page in MR. @param k lines of which one is coded alone, so that an error in transmission ends there */
export function encodeMr(raster: Raster, k: KFactor, options: T4Options = {}): Uint8Array {
  return encodeLines(raster, options, k);
}

function encodeLines(raster: Raster, options: T4Options, k?: KFactor): Uint8Array {
  const { minBitsPerLine = 0, alignEol = false, rtc = false } = options;
  const { widthPx, heightPx } = raster;
  const out = new BitWriter();
  const eol = (tag: 0 | 1): void => {
    const tagBits = k === undefined ? 0 : 1;
    if (alignEol) out.zeros((20 - (out.sizeBits % 8)) % 8);
    out.put(1, eolBits);
    if (tagBits !== 0) out.put(tag, tagBits);
  };
  const byteCount = rowBytes(widthPx);
  const lineBytes = Math.ceil((widthPx * mostBitsPerPel + minBitsPerLine) / 8) + 16;
  const view = new DataView(raster.data.buffer, raster.data.byteOffset, raster.data.byteLength);
  let changes = changingElements(widthPx);
  let reference = changingElements(widthPx);
  for (let y = 0; y < heightPx; y++) {
    const alone = k === undefined || y % k === 0;
    out.reserve(lineBytes);
    eol(alone ? 1 : 0);
    const startBits = out.sizeBits;
    const count = findChanges(view, y * byteCount, byteCount, widthPx, changes);
    if (alone) encodeRuns(out, changes, count, widthPx);
    else encodeModes(out, changes, reference, widthPx);
    const lineBits = out.sizeBits - startBits + eolBits;
    if (lineBits < minBitsPerLine) out.zeros(minBitsPerLine - lineBits);
    [changes, reference] = [reference, changes];
  }
  out.reserve(rtcEols * 2 + 16);
  if (rtc) for (let count = 0; count < rtcEols; count++) eol(1);
  return out.finish();
}
