import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Raster, Resolution } from '../../src/fax/raster.ts';
import { tiffPage, writeTiff } from '../../src/fax/tiff.ts';
import { makeFolder, writeDurable } from '../../src/lib/durable.ts';
import { type IdSource, idPattern } from '../../src/lib/ids.ts';

/** A page that a far station received and confirmed. */
export interface ReceivedPage {
  /** Absolute path of a TIFF file with this one page. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly resolution: Resolution;
}

export interface ReceivedFax {
  /** ISO 8601, beginning of the call. */
  readonly at: string;
  /** Number that called; empty when it was withheld. */
  readonly from: string;
  /** Station id of the sender (TSI). */
  readonly station: string;
  /**
   * `done`: all pages came; `receiving`: the call is under way; otherwise why not all came: `dropped`, or `interrupted`
   * when the exchange was stopped in the call.
   */
  readonly result: string;
  readonly pages: readonly ReceivedPage[];
}

/** Calls that a station keeps; the oldest go. */
const keptCalls = 2000;

/**
 * What the far stations received: a folder for each number, in it a folder for each call with the pages and
 * `record.json`. A page is in the record, durably, before the station confirms it.
 */
export class StationRecords {
  readonly #folder: string;
  readonly #ids: IdSource;
  /** Folders of the calls that are under way. */
  readonly #live = new Set<string>();

  constructor(folder: string, ids: IdSource) {
    this.#folder = folder;
    this.#ids = ids;
  }

  /** Begins the record of a call; nothing is written before the first page. */
  begin(number: string, call: { readonly at: number; readonly from: string }): FaxRecord {
    const folder = join(this.#folder, number, this.#ids());
    this.#live.add(folder);
    return new FaxRecord(folder, () => this.#live.delete(folder), {
      at: new Date(call.at).toISOString(),
      from: call.from,
      station: '',
      result: 'interrupted',
      pages: [],
    });
  }

  /** What the station at `number` received, oldest first; also before a restart. */
  async list(number: string): Promise<ReceivedFax[]> {
    const faxes: ReceivedFax[] = [];
    for (const id of await this.#calls(number)) {
      const folder = join(this.#folder, number, id);
      const text = await readFile(join(folder, 'record.json'), 'utf8').catch(() => undefined);
      if (text === undefined) continue; // its first page was not confirmed
      const record = JSON.parse(text) as ReceivedFax;
      const result = record.result === 'interrupted' && this.#live.has(folder) ? 'receiving' : record.result;
      faxes.push({
        ...record,
        result,
        pages: record.pages.map((page) => ({ ...page, file: join(folder, page.file) })),
      });
    }
    return faxes;
  }

  /** Removes the oldest calls beyond the limit. */
  async tidy(number: string): Promise<void> {
    const calls = await this.#calls(number);
    for (const id of calls.slice(0, -keptCalls)) await rm(join(this.#folder, number, id), { recursive: true });
  }

  async #calls(number: string): Promise<string[]> {
    const names = await readdir(join(this.#folder, number)).catch(() => []);
    return names.filter((name) => idPattern.test(name)).toSorted();
  }
}

/** The record of one call, as it grows. */
export class FaxRecord {
  readonly #folder: string;
  readonly #onEnd: () => void;
  #fax: ReceivedFax;

  constructor(folder: string, onEnd: () => void, fax: ReceivedFax) {
    this.#folder = folder;
    this.#onEnd = onEnd;
    this.#fax = fax;
  }

  get pages(): number {
    return this.#fax.pages.length;
  }

  identify(station: string): void {
    this.#fax = { ...this.#fax, station: station.trim() };
  }

  /**
   * Resolves when the page is on stable storage and in the record.
   * @param isLast the sender said that no page follows: with this one the fax is done.
   */
  async add(raster: Raster, isLast: boolean): Promise<void> {
    const file = `${String(this.pages + 1).padStart(4, '0')}.tif`;
    await makeFolder(this.#folder);
    await writeDurable(join(this.#folder, file), writeTiff([tiffPage(raster)]));
    const page = { file, width: raster.widthPx, height: raster.heightPx, resolution: raster.resolution };
    const result = isLast ? 'done' : this.#fax.result;
    await this.#write({ ...this.#fax, result, pages: [...this.#fax.pages, page] });
  }

  /** The call is over. A call without a page leaves no record, and what is done stays so. */
  async end(result: string): Promise<void> {
    this.#onEnd();
    if (this.pages > 0 && this.#fax.result !== 'done') await this.#write({ ...this.#fax, result });
  }

  async #write(fax: ReceivedFax): Promise<void> {
    await writeDurable(join(this.#folder, 'record.json'), `${JSON.stringify(fax)}\n`);
    this.#fax = fax;
  }
}
