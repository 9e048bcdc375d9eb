import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Raster } from '../fax/raster.ts';
import { makeFolder } from '../lib/durable.ts';
import { DocumentError } from './document-error.ts';
import { PageFiles } from './page-files.ts';

/** Where pages go, and when to stop. */
interface Sink {
  readonly onPage: (page: Raster) => Promise<void>;
  readonly signal: AbortSignal;
}

interface Body {
  readonly set: string;
  readonly folder: string;
  readonly pages: Promise<PageFiles>;
}

/** Documents whose pages are kept at one time; the one used least lately goes. */
const bodyLimit = 20;

/**
 * Pages of documents that several faxes have in common, as in a broadcast: made once, by the first that asks. In memory is
 * only where they are: after a restart they are made again.
 */
export class Bodies {
  readonly #folder: string;
  readonly #maxPages: () => number;
  /** Newest use last. */
  readonly #known = new Map<string, Body>();
  #opened: Promise<void> | undefined;
  #count = 0;

  constructor(folder: string, maxPages: () => number) {
    this.#folder = folder;
    this.#maxPages = maxPages;
  }

  /**
   * @param of `set`: what else the pages depend on; with another one they are made again
   * @param make puts the pages into the sink
   * @throws DocumentError of `make`, and when there are more than may be sent
   */
  async pages(
    of: { readonly together: string; readonly set: string },
    signal: AbortSignal,
    make: (folder: string, to: Sink) => Promise<void>,
  ): Promise<PageFiles> {
    for (;;) {
      const known = this.#known.get(of.together);
      if (known?.set !== of.set) return this.#make(of, signal, make);
      this.#known.delete(of.together);
      this.#known.set(of.together, known);
      try {
        return await known.pages;
      } catch (error) {
        // Who made them was told to stop; we were not.
        if (error instanceof DocumentError || signal.aborted) throw error;
        if (this.#known.get(of.together) === known) await this.forget(of.together);
      }
    }
  }

  async forget(together: string): Promise<void> {
    const body = this.#known.get(together);
    if (!body) return;
    this.#known.delete(together);
    await body.pages.catch(() => {});
    await rm(body.folder, { recursive: true, force: true });
  }

  async #make(
    { together, set }: { readonly together: string; readonly set: string },
    signal: AbortSignal,
    make: (folder: string, to: Sink) => Promise<void>,
  ): Promise<PageFiles> {
    const before = this.forget(together);
    const folder = join(this.#folder, `${this.#count++}`);
    const pages = before.then(() => this.#open()).then(() => this.#write(folder, signal, make));
    const body = { set, folder, pages };
    this.#known.set(together, body);
    try {
      await this.#makeRoom();
      return await pages;
    } catch (error) {
      if (this.#known.get(together) === body) await this.forget(together);
      throw error;
    }
  }

  async #write(
    folder: string,
    signal: AbortSignal,
    make: (folder: string, to: Sink) => Promise<void>,
  ): Promise<PageFiles> {
    await makeFolder(folder);
    const files = new PageFiles(folder);
    const onPage = async (page: Raster): Promise<void> => {
      signal.throwIfAborted();
      if (files.count >= this.#maxPages()) throw new DocumentError(tooManyPages(this.#maxPages()));
      await files.add(page);
    };
    await make(folder, { onPage, signal });
    return files;
  }

  /** What an earlier run left belongs to nobody. */
  #open(): Promise<void> {
    this.#opened ??= rm(this.#folder, { recursive: true, force: true }).then(() => makeFolder(this.#folder));
    return this.#opened;
  }

  async #makeRoom(): Promise<void> {
    const [oldest] = this.#known.keys();
    if (this.#known.size > bodyLimit && oldest !== undefined) await this.forget(oldest);
  }
}

export function tooManyPages(most: number): string {
  return `The fax has more than ${most} pages, which is the most that is sent.`;
}
