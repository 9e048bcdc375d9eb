import type { FaxPage } from '../fax/call.ts';
import type { FaxOptions } from '../fax/fax-address.ts';

/** Makes the pages of a fax from a mail message. */
export interface Renderer {
  /**
   * Renders the message into page files in `job.folder`, which is empty and belongs to this job. The same message gives
   * the same pages at each call, so that a later call can go on at the page where the last one broke off.
   */
  render(job: RenderJob, signal: AbortSignal): Promise<Rendering>;
  /** No more jobs come that have this in common (`RenderJob.together`). */
  forget?(together: string): Promise<void>;
}

export interface RenderJob {
  readonly content: () => AsyncIterable<Uint8Array>;
  readonly folder: string;
  readonly options: FaxOptions;
  /** The address as it was written, `number@fax`: its name in the field To stands on the cover page. */
  readonly address?: string;
  /**
   * Names what several jobs have in common: with the same name the documents are the same, and are made into pages once,
   * until `forget`. What differs (cover page, header lines) is made for each.
   */
  readonly together?: string;
  /** Number of this fax, for the cover page: only this recipient, never the others. */
  readonly number: string;
  /** When the message was accepted; stands on cover page and header lines. */
  readonly date: number;
  /** The pages are those of another fax, sent once more: no cover page and no further header line. */
  readonly asTheyAre?: boolean;
}

export type Rendering =
  | {
      readonly kind: 'pages';
      readonly pages: readonly FaxPage[];
      /** How many of them, from the first, are cover pages. */
      readonly coverPages: number;
      /** Attachments that were left out, as asked for by `-ignore`: file names, or media types where there are none. */
      readonly skipped: readonly string[];
    }
  /** Cannot become pages, whenever it is tried; `text` tells the sender why and what to do. */
  | { readonly kind: 'failed'; readonly text: string };
