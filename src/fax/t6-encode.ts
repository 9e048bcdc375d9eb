import { BitWriter } from './bit-writer.ts';
import { encodeModes } from './line-encode.ts';
import { type Raster, rowBytes } from './raster.ts';
import { changingElements, findChanges } from './scan-line.ts';
import { eofbEols, eolBits } from './t4-codes.ts';

/** Most bits of a line: a pair of runs of one pel is 3 + 6 + 3 bits in horizontal mode. */
const mostBitsPerPel = 6;

/**
 * T.6 coding of a page (MMR): every line by what is other than in the line before, the first as if a white one stood
 * before it, without EOLs; EOFB ends the page (T.6 §2.2, §2.4.1.1). One wrong bit spoils the rest, so it is for error-free ways.
 */
export function encodeMmr(raster: Raster): Uint8Array {
  const { widthPx, heightPx } = raster;
  const out = new BitWriter();
  const byteCount = rowBytes(widthPx);
  const lineBytes = Math.ceil((widthPx * mostBitsPerPel) / 8) + 16;
  const view = new DataView(raster.data.buffer, raster.data.byteOffset, raster.data.byteLength);
  let changes = changingElements(widthPx);
  let reference = changingElements(widthPx);
  for (let y = 0; y < heightPx; y++) {
    out.reserve(lineBytes);
    findChanges(view, y * byteCount, byteCount, widthPx, changes);
    encodeModes(out, changes, reference, widthPx);
    [changes, reference] = [reference, changes];
  }
  out.reserve(16);
  for (let count = 0; count < eofbEols; count++) out.put(1, eolBits);
  return out.finish();
}
