import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaxPage } from '../fax/call.ts';
import { type Raster, type Resolution, rowBytes } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { T4Decoder } from '../fax/t4-decode.ts';
import { encodeMh } from '../fax/t4-encode.ts';

/**
 * The pages of one fax as files, so that a long one does not stand in memory: T.4 MH, one file a page. They can be made
 * again from the message and are therefore not synced.
 */
export class PageFiles {
  readonly #folder: string;
  readonly #pages: { readonly widthPx: number; readonly heightPx: number }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#pages.length;
  }

  /** Takes all pages of another one over. */
  async addAll(other: PageFiles): Promise<void> {
    for (const [index, size] of other.#pages.entries()) {
      await copyFile(other.#path(index), this.#path(this.#pages.length));
      this.#pages.push(size);
    }
  }

  async add(page: Raster): Promise<void> {
    this.#pages.push({ widthPx: page.widthPx, heightPx: page.heightPx });
    await writeFile(this.#path(this.#pages.length - 1), encodeMh(page), { mode: 0o600 });
  }

  /** Writes `strip` at the head of a page: into its white, or above it where something stands there. */
  async stamp(index: number, strip: Raster): Promise<void> {
    const page = await this.load(index);
    const head = page.data.subarray(0, strip.data.length);
    const body =
      head.length === strip.data.length && head.every((byte) => byte === 0)
        ? page.data.subarray(head.length)
        : page.data;
    const data = Buffer.concat([strip.data, body]);
    const heightPx = data.length / rowBytes(page.widthPx);
    this.#pages[index] = { widthPx: page.widthPx, heightPx };
    await writeFile(this.#path(index), encodeMh({ ...page, heightPx, data }), { mode: 0o600 });
  }

  async load(index: number): Promise<Raster> {
    const { widthPx, heightPx } = this.#pages[index]!;
    const decoder = new T4Decoder({ widthPx, resolution: 'fine', maxLines: heightPx });
    decoder.push(await readFile(this.#path(index)));
    const { raster } = decoder.end();
    if (raster.heightPx === heightPx) return raster;
    throw new Error(`the page file ${this.#path(index)} was changed`);
  }

  /** All pages, cover pages first, for a fax of this resolution. */
  pages(order: readonly number[], resolution: Resolution): FaxPage[] {
    return order.map((index) => ({
      resolution,
      widthPx: this.#pages[index]!.widthPx,
      load: async (wanted) => inResolution(await this.load(index), wanted),
    }));
  }

  #path(index: number): string {
    return join(this.#folder, `${String(index + 1).padStart(4, '0')}.mh`);
  }
}

/** Paper left below the last black line, so that nothing looks cut off. */
const footPx = 60;

/** Removes white lines at the end of a page, down to `leastPx` lines. */
export function trimmed(page: Raster, leastPx: number): Raster {
  const bytes = rowBytes(page.widthPx);
  let end = page.data.length;
  while (end > 0 && page.data[end - 1] === 0) end--;
  const heightPx = Math.min(page.heightPx, Math.max(leastPx, Math.ceil(end / bytes) + footPx));
  return { ...page, heightPx, data: page.data.subarray(0, heightPx * bytes) };
}

/** The page with `headPx` white lines before it. */
export function lowered(page: Raster, headPx: number): Raster {
  const heightPx = page.heightPx + headPx;
  return { ...page, heightPx, data: Buffer.concat([new Uint8Array(headPx * rowBytes(page.widthPx)), page.data]) };
}
