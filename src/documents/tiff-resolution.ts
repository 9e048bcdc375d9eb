import { type FileHandle, open } from 'node:fs/promises';

/** Dots an inch of one page of a TIFF file, across and down: fax pages have other ones down than across. */
export interface DotsPerInch {
  readonly xDpi: number;
  readonly yDpi: number;
}

/** Tags of TIFF 6.0. */
const tags = { xResolution: 282, yResolution: 283, unit: 296 } as const;
const entryBytes = 12;
/** Entries of one directory; more are no one's intention. */
const maxEntries = 500;

/** @returns undefined where the file does not say, or is none that we understand. */
export async function tiffResolution(file: string, page: number): Promise<DotsPerInch | undefined> {
  const handle = await open(file);
  try {
    return await readResolution(handle, page);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an offset beyond what is there
    throw error;
  } finally {
    await handle.close();
  }
}

async function readResolution(handle: FileHandle, page: number): Promise<DotsPerInch | undefined> {
  const header = await readAt(handle, 0, 8);
  const order = header.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const short = (bytes: Buffer, at: number): number =>
    order === 'II' ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const long = (bytes: Buffer, at: number): number =>
    order === 'II' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  if (short(header, 2) !== 42) return undefined;
  let at = long(header, 4);
  for (let index = 0; at !== 0; index++) {
    const count = Math.min(short(await readAt(handle, at, 2), 0), maxEntries);
    const entries = await readAt(handle, at + 2, count * entryBytes + 4);
    if (index < page) {
      at = long(entries, count * entryBytes);
      continue;
    }
    const offsetOf = (tag: number): number | undefined => {
      for (let entry = 0; entry < count; entry++)
        if (short(entries, entry * entryBytes) === tag) return entry * entryBytes;
      return undefined;
    };
    const rational = async (tag: number): Promise<number> => {
      const entry = offsetOf(tag);
      if (entry === undefined) return 0;
      const value = await readAt(handle, long(entries, entry + 8), 8);
      return long(value, 0) / long(value, 4);
    };
    const unit = offsetOf(tags.unit);
    const perInch = unit !== undefined && short(entries, unit + 8) === 3 ? 2.54 : 1;
    const [xDpi, yDpi] = [(await rational(tags.xResolution)) * perInch, (await rational(tags.yResolution)) * perInch];
    return xDpi > 0 && yDpi > 0 && xDpi < Infinity && yDpi < Infinity ? { xDpi, yDpi } : undefined;
  }
  return undefined;
}

/** @throws RangeError when the file ends before. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new RangeError('the file ends before');
  return buffer;
}
