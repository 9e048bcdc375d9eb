import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rendering } from '../documents/types.ts';
import type { Raster } from '../fax/raster.ts';
import { makeFolder } from '../lib/durable.ts';
import type { IdSource } from '../lib/ids.ts';
import { DeskError } from './desk-error.ts';

type Pages = Extract<Rendering, { kind: 'pages' }>;

interface Preview {
  readonly id: string;
  readonly folder: string;
  readonly date: number;
  readonly pages: Pages;
}

/** What the sender sees before sending. */
export interface PreviewAnswer {
  /** For the pictures; empty when nothing can be shown. */
  readonly id: string;
  readonly pages: number;
  readonly coverPages: number;
  /** Why it cannot be sent; empty when it can. */
  readonly problem: string;
}

/** Previews of one draft that are kept: pictures of the former one may still be on their way. */
const perDraft = 2;
/** Drafts with previews; of the one used least lately they go, and are made again. */
const draftsLimit = 20;

/** Pages as they will be sent, made by the renderer of the fax agent; of each draft the newest. */
export class Previews {
  readonly #ids: IdSource;
  readonly #pageToPng: (raster: Raster) => Promise<Uint8Array>;
  /** By draft, newest use last. */
  readonly #kept = new Map<string, Preview[]>();
  readonly #running = new Map<string, AbortController>();

  constructor(ids: IdSource, pageToPng: (raster: Raster) => Promise<Uint8Array>) {
    this.#ids = ids;
    this.#pageToPng = pageToPng;
  }

  /** @param render renders into a folder; the one before it for this draft is told to stop */
  async make(
    { draft, folder, date }: { readonly draft: string; readonly folder: string; readonly date: number },
    render: (folder: string, signal: AbortSignal) => Promise<Rendering>,
  ): Promise<PreviewAnswer> {
    const controller = new AbortController();
    this.#running.get(draft)?.abort(new DeskError('later', 'a newer preview took its place'));
    this.#running.set(draft, controller);
    const id = this.#ids();
    const place = join(folder, `preview-${id}`);
    try {
      await makeFolder(place);
      const rendering = await render(place, controller.signal);
      controller.signal.throwIfAborted();
      if (rendering.kind === 'failed') {
        await rm(place, { recursive: true, force: true });
        return { id: '', pages: 0, coverPages: 0, problem: rendering.text };
      }
      await this.#keep(draft, { id, folder: place, date, pages: rendering });
      return { id, pages: rendering.pages.length, coverPages: rendering.coverPages, problem: '' };
    } catch (error) {
      await rm(place, { recursive: true, force: true });
      throw error;
    } finally {
      if (this.#running.get(draft) === controller) this.#running.delete(draft);
    }
  }

  /** @param page from 0. @throws DeskError when it is not there any more */
  async picture(draft: string, id: string, page: number): Promise<Uint8Array> {
    const preview = this.#kept.get(draft)?.find((one) => one.id === id);
    const found = preview?.pages.pages[page];
    if (!found) throw new DeskError('missing', 'this preview is not there any more');
    return this.#pageToPng(await found.load(found.resolution));
  }

  /** The newest of a draft. */
  last(draft: string): { readonly id: string; readonly date: number; readonly pages: number } | undefined {
    const last = this.#kept.get(draft)?.at(-1);
    return last && { id: last.id, date: last.date, pages: last.pages.pages.length };
  }

  /** The draft goes. */
  async forget(draft: string): Promise<void> {
    this.#running.get(draft)?.abort(new DeskError('missing', 'what was gathered is gone'));
    const kept = this.#kept.get(draft) ?? [];
    this.#kept.delete(draft);
    for (const { folder } of kept) await rm(folder, { recursive: true, force: true });
  }

  async #keep(draft: string, preview: Preview): Promise<void> {
    const kept = [...(this.#kept.get(draft) ?? []), preview];
    this.#kept.delete(draft);
    this.#kept.set(draft, kept.slice(-perDraft));
    for (const { folder } of kept.slice(0, -perDraft)) await rm(folder, { recursive: true, force: true });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > draftsLimit && oldest !== undefined) await this.forget(oldest);
  }
}
