import type { Resolution } from '../fax/raster.ts';
import type { CallDirection } from '../lib/events.ts';
import type { Row } from '../lib/sqlite.ts';

/** `under-way` waits for a call or has one; of a `partial` fax the caller did not send the rest. */
export const faxStates = ['under-way', 'sent', 'failed', 'received', 'partial'] as const;
export type FaxState = (typeof faxStates)[number];

/** One document to or from one number, over all the calls that it takes. */
export interface FaxRecord {
  /** Of a fax out the id of the recipient in the queue; of one in that of its call. */
  readonly id: string;
  readonly direction: CallDirection;
  readonly state: FaxState;
  /** Number dialled, or caller id. */
  readonly number: string;
  /** Address that a fax out was sent to, before the dial plan: `5550199@fax`. */
  readonly address: string;
  /** What the far machine calls itself. */
  readonly station: string;
  readonly callerName: string;
  readonly calledNumber: string;
  /** Of a fax in. */
  readonly line: string;
  /** Mail address of who sent it; of a fax out. */
  readonly sender: string;
  readonly subject: string;
  /** Message of the queue that it was sent from, or that it was mailed by. */
  readonly message: string;
  readonly startedAt: number;
  /** 0 while it is under way. */
  readonly endedAt: number;
  /** Of the calls together. */
  readonly durationMs: number;
  readonly pages: number;
  readonly confirmed: number;
  readonly calls: number;
  /** Of the last call, bit/s; 0 when there was none. */
  readonly bitRate: number;
  /** Of its page files. */
  readonly sizeBytes: number;
  /** One or two sentences about what became of it so far. */
  readonly text: string;
  /** Why no more calls are to be made; of a fax under way. */
  readonly cancelled?: string;
}

/** A page on stable storage: T.4 MH, the first bit of the sequence in the highest bit of the first octet. */
export interface PageFile {
  /** Counted from 1. */
  readonly page: number;
  readonly file: string;
  readonly widthPx: number;
  readonly resolution: Resolution;
  readonly lines: number;
  readonly badLines: number;
  readonly longestBadRun: number;
}

export function readFax(row: Row): FaxRecord {
  return {
    id: String(row.id),
    direction: row.direction as CallDirection,
    state: row.state as FaxState,
    number: String(row.number),
    address: String(row.address),
    station: String(row.station),
    callerName: String(row.caller_name),
    calledNumber: String(row.called_number),
    line: String(row.line),
    sender: String(row.sender),
    subject: String(row.subject),
    message: String(row.message),
    startedAt: Number(row.started_at),
    endedAt: Number(row.ended_at),
    durationMs: Number(row.duration_ms),
    pages: Number(row.pages),
    confirmed: Number(row.confirmed),
    calls: Number(row.calls),
    bitRate: Number(row.bit_rate),
    sizeBytes: Number(row.size_bytes),
    text: String(row.text),
    ...(row.cancelled !== null && { cancelled: String(row.cancelled) }),
  };
}
