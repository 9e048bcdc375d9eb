import type { PageCoding } from './page-coding.ts';
import type { Raster, Resolution } from './raster.ts';

/** What is known of a fax call, sent or received. Plain data; it is recorded, reported and shown. */
export interface CallParameters {
  /** Speed agreed on, bit/s. */
  readonly bitRate: number;
  readonly resolution: Resolution;
  readonly widthPx: number;
  /** Two-dimensional coding was agreed on. */
  readonly coding: PageCoding;
  readonly ecm: boolean;
}

/** How a call ended. Everything but `done` and `partial` means that no page is known to have crossed. */
export type CallResult =
  | 'done'
  | 'busy'
  | 'no-answer'
  | 'no-dial-tone'
  | 'no-fax' // somebody or something answered that is no fax machine
  | 'refused' // blacklisted, or the modem would not dial
  | 'dropped' // the line was lost in the call
  | 'poor-line' // training or a page failed for good
  | 'protocol' // an answer that T.30 does not allow
  | 'incompatible' // the far side cannot take such pages
  | 'local' // our modem or port failed
  | 'aborted'; // we were asked to stop

export interface CallEnd {
  readonly result: CallResult;
  /** One sentence for the sender of the fax, in words a secretary understands. */
  readonly text: string;
  /** Hang-up code as the modem gave it (`+FHNG:` decimal or `+FHS:` hexadecimal), for experts. */
  readonly hangupCode?: string;
}

/** What became of the pages of a call out. */
export interface SentCall extends CallEnd {
  /** Pages that the far side confirmed, from the first; a page counts when it was confirmed, not when it was sent. */
  readonly pagesConfirmed: number;
  /** Far station identification (CSI), without padding; empty when none came. */
  readonly station: string;
  readonly parameters?: CallParameters;
  readonly startedAt: number;
  readonly durationMs: number;
}

/** What became of a call in. */
export interface ReceivedCall extends CallEnd {
  /** Pages that were confirmed to the far side; their bytes are on stable storage. */
  readonly pagesConfirmed: number;
  /** Far station identification (TSI), without padding. */
  readonly station: string;
  /** Caller id, when the line gives it. */
  readonly callerNumber: string;
  readonly callerName: string;
  /** Number that was called, when the line gives it (DID). */
  readonly calledNumber: string;
  readonly parameters?: CallParameters;
  readonly startedAt: number;
  readonly durationMs: number;
}

/** A fax to be sent, as the lines see it. */
export interface FaxJob {
  /** Id for records and events: the recipient's in the queue. */
  readonly id: string;
  /** Message that it belongs to; empty when there is none. */
  readonly message: string;
  /** Number as dialled, after the dial plan. */
  readonly number: string;
  /** All pages of the document, in order. */
  readonly pages: readonly FaxPage[];
  /** Index of the first page that is still to be sent: pages before it were confirmed in an earlier call. */
  readonly firstPage: number;
}

/** One page, loaded when its turn comes, so that a long fax does not stand in memory. */
export interface FaxPage {
  /** As rendered. */
  readonly resolution: Resolution;
  readonly widthPx: number;
  /** The page in the resolution that the far side takes. */
  load(resolution: Resolution): Promise<Raster>;
}

/** The lines as the fax agent sees them. */
export interface FaxSender {
  /**
   * Takes the first free line that may send, makes one call and tells how it ended. `no-line`: all were busy, at fault
   * or off; nothing was dialled.
   */
  send(job: FaxJob, signal: AbortSignal): Promise<SentCall | 'no-line'>;
}
