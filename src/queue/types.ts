import type { Content } from '../lib/durable.ts';
import type { Envelope, Notify, Source } from '../mail/envelope.ts';
import type { Route } from '../routing/types.ts';

/** What an entrance hands in. The content carries its Received field already and has CRLF line ends. */
export interface Submission {
  /**
   * Names what is handed in, so that handing it in again is harmless: while the message is queued and for some days
   * after, a second submission with the same id answers what the first did, and its content is not read.
   */
  readonly id?: string;
  /** The id that the message gets, when the entrance has made one already because it stands in its Received field. */
  readonly messageId?: string;
  readonly source: Source;
  readonly envelope: Envelope;
  /** Account that authenticated, when one did. */
  readonly account?: string;
  readonly client?: SubmittingClient;
  /** See `QueuedMessage.notBefore`; at most `queue.scheduleAhead` from now. */
  readonly notBefore?: number;
  readonly content: Content;
}

/** Who handed a message in, for the log of mail. */
export interface SubmittingClient {
  /** Address of the network. */
  readonly remote: string;
  readonly session: string;
  /** Version and cipher; empty without TLS. */
  readonly tls: string;
}

/** The one door (DESIGN §2). */
export interface Entrance {
  /**
   * Resolves when message and envelope are on stable storage: from then on the queue answers for it.
   * @throws SubmitError when it cannot be taken now (no space) or ever.
   */
  submit(submission: Submission): Promise<Accepted>;
}

export interface Accepted {
  /** Id of the message in queue, log and Received field. */
  readonly id: string;
  readonly sizeBytes: number;
}

/** Reports about reports about mail: nothing is reported about these (`QueuedMessage.generation`). */
export const lastGeneration = 2;

/** A message could not be taken; the entrance turns it into its protocol's words. */
export class SubmitError extends Error {
  override readonly name = 'SubmitError';
  readonly permanent: boolean;
  /** Enhanced status code (RFC 3463). */
  readonly status: string;
  constructor(permanent: boolean, status: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.permanent = permanent;
    this.status = status;
  }
}

/** Tries one message once. A refused recipient is a result; a throw means the attempt itself broke, and the queue defers. */
export interface DeliveryAgent {
  deliver(job: DeliveryJob, signal: AbortSignal): Promise<readonly RecipientResult[]>;
}

/** One message and those of its recipients that go the same way, to the same destination. */
export interface DeliveryJob {
  readonly message: QueuedMessage;
  readonly recipients: readonly JobRecipient[];
  /** The message as accepted; may be called again. */
  content(): AsyncIterable<Uint8Array>;
}

export interface QueuedMessage {
  readonly id: string;
  readonly source: Source;
  readonly account?: string;
  readonly reversePath: string;
  readonly ret?: 'full' | 'headers';
  readonly envelopeId?: string;
  readonly smtputf8: boolean;
  readonly sizeBytes: number;
  readonly acceptedAt: number;
  /**
   * Nothing is tried before, ms since the epoch; what otherwise counts from acceptance (expiry, warning) counts from it when
   * it is later. It is also the time that stands on the pages of a fax, and may lie in the past: so a fax shows what its
   * sender was shown.
   */
  readonly notBefore?: number;
  /**
   * 0 for mail, 1 for a report about mail, 2 for a report about a report (the double bounce). Counted by the queue
   * itself: a `dsn` submission made inside `Reporter.report` is one above the message it is about. Nothing is
   * reported about the last, so that reports cannot go in circles.
   */
  readonly generation: number;
}

export interface JobRecipient {
  /** Id of the recipient, unique in the whole queue and kept over all attempts. */
  readonly id: string;
  /** The address after aliases. */
  readonly address: string;
  readonly notify?: Notify;
  readonly originalRecipient?: string;
  readonly route: Route;
  /** 1 for the first try. */
  readonly attempt: number;
  /** What the agent wrote for itself at the last attempt (`Deferred.resume`). */
  readonly resume?: unknown;
}

export interface RecipientResult {
  /** `JobRecipient.id`. A recipient without result is deferred. */
  readonly recipient: string;
  readonly outcome: Outcome;
}

export type Outcome = Delivered | Deferred | Failed;

interface Told {
  /** One or two sentences for people. */
  readonly text: string;
  /** Remote-MTA and Diagnostic-Code of the report (RFC 3464 §2.3), when another host spoke. */
  readonly remoteMta?: string;
  readonly diagnostic?: string;
  /** More for the report: lines for its text part, pictures to show. */
  readonly attachment?: ReportAttachment;
}

/** Shown in the report to the sender, such as the first page of a fax. */
export interface ReportAttachment {
  readonly contentType: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export interface Delivered extends Told {
  /** `relayed`: handed to a host that does not report by itself (RFC 3464 §2.3.3). `expanded` is an alias's. */
  readonly kind: 'delivered';
  readonly action: 'delivered' | 'relayed' | 'expanded';
  readonly status: string;
  /** The folder of the mailbox that it was put into. */
  readonly folder?: string;
}

export interface Deferred extends Told {
  readonly kind: 'deferred';
  readonly status: string;
  /** Plain JSON that the agent wants to see again at the next attempt (pages already confirmed). */
  readonly resume?: unknown;
  /** A wait that the agent asks for in place of the schedule's, in ms (no line free: soon). */
  readonly retryAfterMs?: number;
  /** The attempt did not really happen (no line free) and does not count in the schedule. */
  readonly uncounted?: boolean;
  /**
   * The agent waits by a rule of its own, and will not try before `retryAfterMs` is over (hours in which faxes are sent):
   * the time that the message has stands still meanwhile, and so does the warning of a delay.
   */
  readonly rests?: boolean;
}

export interface Failed extends Told {
  readonly kind: 'failed';
  readonly status: string;
}

/** Told by the queue when a recipient is done with, or waits too long; makes the delivery report. */
export interface Reporter {
  /**
   * Must be idempotent: after a crash the queue asks again with the same `reportId`. Resolves when the report is
   * submitted, or when it was decided that nobody is to be told.
   */
  report(report: Report): Promise<void>;
}

export interface Report {
  readonly reportId: string;
  readonly message: QueuedMessage;
  readonly recipients: readonly ReportRecipient[];
  content(): AsyncIterable<Uint8Array>;
}

export interface ReportRecipient {
  readonly address: string;
  readonly originalRecipient?: string;
  readonly notify?: Notify;
  /** `deferred` is the delay warning. */
  readonly outcome: Outcome;
  /** When the queue gives up, for the delay warning's Will-Retry-Until. */
  readonly expiresAt: number;
  readonly attempts: number;
}
