import { encodePage, type PageCoding } from './page-coding.ts';
import { type Raster, type Resolution, resolutions } from './raster.ts';

/**
 * Writes fax pages as TIFF Class F (RFC 2306: MH is its minimum): compression 3 (T.4) or 4 (T.6), first bit most
 * significant, one strip a page. Every fax program and picture library reads it.
 */
export interface TiffPage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly resolution: Resolution;
  readonly coding: PageCoding;
  /** The coded page; with or without RTC, in MMR with EOFB. */
  readonly data: Uint8Array;
  /** Lines that the receiver replaced, and most of them in a row. */
  readonly badLines?: number;
  readonly longestBadRun?: number;
}

export function tiffPage(raster: Raster, coding: PageCoding = 'MH'): TiffPage {
  const { widthPx, heightPx, resolution } = raster;
  return { widthPx, heightPx, resolution, coding, data: encodePage(raster, coding) };
}

const headerBytes = 8;
const entryBytes = 12;

/** Types of TIFF 6.0 §2. */
type Entry = readonly [tag: number, type: 'short' | 'long' | 'rational', ...values: number[]];

/** One file with all pages, little-endian. @throws RangeError without pages. */
export function writeTiff(pages: readonly TiffPage[]): Uint8Array {
  if (pages.length === 0) throw new RangeError('a TIFF file needs a page');
  const pieces: Uint8Array[] = [header()];
  let offset = headerBytes;
  for (const [index, page] of pages.entries()) {
    const data = evened(page.data);
    const block = directory(page, index, pages.length, offset, offset + data.length);
    // The link to this directory stands before the data of its page, in the header or the directory before.
    link(pieces, offset + data.length);
    pieces.push(data, block);
    offset += data.length + block.length;
  }
  return Buffer.concat(pieces);
}

function header(): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write('II');
  bytes.writeUInt16LE(42, 2);
  return bytes;
}

/** Offsets in TIFF are even. */
function evened(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
}

/** Where the offset of the next directory stands: in the header at 4, in a directory behind its entries. */
function link(pieces: readonly Uint8Array[], directoryAt: number): void {
  const block = pieces.at(-1)!;
  const at = pieces.length === 1 ? 4 : 2 + entryBytes * Buffer.from(block.buffer, block.byteOffset).readUInt16LE(0);
  Buffer.from(block.buffer, block.byteOffset, block.length).writeUInt32LE(directoryAt, at);
}

function directory(page: TiffPage, index: number, count: number, dataAt: number, blockAt: number): Uint8Array {
  const { xDpi, yDpi } = resolutions[page.resolution];
  const entries: Entry[] = [
    [254, 'long', 2], // NewSubfileType: a page of a document
    [256, 'long', page.widthPx],
    [257, 'long', page.heightPx],
    [258, 'short', 1], // BitsPerSample
    [259, 'short', page.coding === 'MMR' ? 4 : 3], // Compression: T.6, T.4
    [262, 'short', 0], // PhotometricInterpretation: 0 is white
    [266, 'short', 1], // FillOrder
    [273, 'long', dataAt], // StripOffsets
    [277, 'short', 1], // SamplesPerPixel
    [278, 'long', page.heightPx], // RowsPerStrip
    [279, 'long', page.data.length], // StripByteCounts
    [282, 'rational', xDpi, 1],
    [283, 'rational', yDpi, 1],
    page.coding === 'MMR'
      ? [293, 'long', 0] // T6Options: no uncompressed mode
      : [292, 'long', page.coding === 'MR' ? 1 : 0], // T4Options: two-dimensional
    [296, 'short', 2], // ResolutionUnit: inch
    [297, 'short', index, count], // PageNumber
    [326, 'long', page.badLines ?? 0], // BadFaxLines
    [327, 'short', page.badLines ? 1 : 0], // CleanFaxData: 1 is repaired
    [328, 'long', page.longestBadRun ?? 0], // ConsecutiveBadFaxLines
  ];
  const tableBytes = 2 + entries.length * entryBytes + 4;
  const rationals = entries.filter(([, type]) => type === 'rational').length;
  const block = Buffer.alloc(tableBytes + rationals * 8);
  block.writeUInt16LE(entries.length, 0);
  let extraAt = tableBytes;
  for (const [row, [tag, type, first, second]] of entries.entries()) {
    const at = 2 + row * entryBytes;
    block.writeUInt16LE(tag, at);
    block.writeUInt16LE({ short: 3, long: 4, rational: 5 }[type], at + 2);
    block.writeUInt32LE(type === 'short' && second !== undefined ? 2 : 1, at + 4);
    if (type === 'rational') {
      block.writeUInt32LE(blockAt + extraAt, at + 8);
      block.writeUInt32LE(first!, extraAt);
      block.writeUInt32LE(second!, extraAt + 4);
      extraAt += 8;
    } else if (type === 'long') {
      block.writeUInt32LE(first!, at + 8);
    } else {
      block.writeUInt16LE(first!, at + 8);
      block.writeUInt16LE(second ?? 0, at + 10);
    }
  }
  return block;
}
