import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { type Clock, sleep, type Timer } from '../lib/clock.ts';
import { makeFolder } from '../lib/durable.ts';
import type { EventBus, EventFields } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { type Database, DatabaseError, type SqliteWriter, type Statement } from '../lib/sqlite.ts';
import { missingFile, type Router } from './attempt.ts';
import { Dispatcher } from './dispatcher.ts';
import { resolveRecipient } from './expansion.ts';
import { type Head, HeadReader } from './head.ts';
import { draftRecipient } from './intake.ts';
import { Ledger, type NewRecipient } from './ledger.ts';
import { maxTextLength, spanText } from './outcome.ts';
import type { AgentName } from './records.ts';
import { currentGeneration, ReportDesk } from './report-desk.ts';
import { type Rerouted, reroute } from './reroute.ts';
import { migrations } from './schema.ts';
import { Spool } from './spool.ts';
import { routedEvent, tellOutcome } from './tell.ts';
import {
  type Accepted,
  type DeliveryAgent,
  type Entrance,
  type QueuedMessage,
  type Reporter,
  type Submission,
  SubmitError,
  type SubmittingClient,
} from './types.ts';
import {
  listQueue,
  type QueueEntry,
  type QueueFilter,
  type QueuePage,
  type QueueStats,
  queueStats,
  showQueued,
} from './view.ts';

export interface QueueParts {
  /** Made when it is not there: `queue.db` and `spool/`. */
  readonly folder: string;
  readonly writer: SqliteWriter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  /** Asked each time, so that changes count at once. */
  readonly config: () => Config['queue'];
  readonly route: Router;
  readonly agents: Readonly<Record<AgentName, DeliveryAgent>>;
  /** Faxes sent at one time: the lines that may send. */
  readonly faxLines: () => number;
  readonly reporter: Reporter;
  /** Bytes free on the disk that holds `folder`. */
  readonly freeSpace: () => Promise<number>;
  /** False while the clock is only guessed: then nothing is given up for its age. Always true when it is left out. */
  readonly mayExpire?: () => boolean;
}

/** Recipients of one message. */
export const maxRecipients = 10_000;
/** Octets of an address, an ENVID or an id that an entrance hands in. */
export const maxFieldLength = 1000;
/** Ids of submissions are remembered for so long after the message is done with. */
const rememberSubmissionsMs = 7 * 86_400_000;
/** Files without a row are removed when they are so old. */
const orphanAgeMs = 3_600_000;
const housekeepingMs = 3_600_000;
/** Free space is asked for once in so long. */
const freeSpaceAgeMs = 1000;
/** A time that was near the limit when it was announced is still taken when the message has come. */
const clockSlackMs = 10 * 60_000;
/** Time that reports under way have at a stop. */
const reportStopMs = 5000;

/**
 * The queue: takes messages in, keeps them, hands them to the agents when they are due, and has senders told. What it
 * promises and what is on disk when: `schema.ts`. Opening recovers; nothing is delivered before `start`.
 */
export class Queue implements Entrance {
  readonly #parts: QueueParts;
  readonly #db: Database;
  readonly #ledger: Ledger;
  readonly #spool: Spool;
  readonly #dispatcher: Dispatcher;
  readonly #reports: ReportDesk;
  readonly #submitting = new Set<Promise<Accepted>>();
  readonly #byKey = new Map<string, Promise<Accepted>>();
  #space: { readonly at: number; readonly bytes: Promise<number> } | undefined;
  #housekeeping: Timer | undefined;
  #tidying: Promise<void> | undefined;
  #closed = false;

  private constructor(parts: QueueParts, db: Database, spool: Spool) {
    this.#parts = parts;
    this.#db = db;
    this.#spool = spool;
    this.#ledger = new Ledger(db);
    const common = { ...parts, ledger: this.#ledger, spool };
    this.#reports = new ReportDesk({ ...common, isInFlight: (message) => this.#dispatcher.isInFlight(message) });
    this.#dispatcher = new Dispatcher({ ...common, ended: () => this.#reports.poke() });
  }

  /** @throws DatabaseError when the database is none, or open already. */
  static async open(parts: QueueParts): Promise<Queue> {
    await makeFolder(parts.folder);
    const spool = await Spool.open(join(parts.folder, 'spool'));
    const db = await parts.writer.open(join(parts.folder, 'queue.db'), migrations);
    const queue = new Queue(parts, db, spool);
    try {
      await queue.#recover();
    } catch (error) {
      await db.close();
      throw error;
    }
    return queue;
  }

  /** Begins to deliver and to report. */
  start(): void {
    this.#dispatcher.start();
    this.#reports.start();
    this.#planHousekeeping();
  }

  /** Delivers no more; what runs has `graceMs`, then is told to stop. Messages are still taken. */
  async stop(graceMs: number): Promise<void> {
    this.#housekeeping?.cancel();
    this.#housekeeping = undefined;
    await this.#dispatcher.stop(graceMs);
    const waiting = new AbortController();
    const timeUp = sleep(this.#parts.clock, reportStopMs, waiting.signal).catch(() => {});
    await Promise.race([this.#reports.stop(), timeUp]);
    waiting.abort();
  }

  /** Ends everything. After it nothing is taken. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.stop(0);
    await Promise.allSettled([...this.#submitting, this.#tidying]);
    await this.#db.close();
  }

  submit(submission: Submission): Promise<Accepted> {
    const { id: key } = submission;
    const before = key === undefined ? undefined : this.#byKey.get(key);
    // The same again while the first is being written: its answer, or its place when it failed.
    const work = before !== undefined ? before.catch(() => this.#take(submission)) : this.#take(submission);
    this.#submitting.add(work);
    if (key !== undefined) this.#byKey.set(key, work);
    const forget = (): void => {
      this.#submitting.delete(work);
      if (key !== undefined && this.#byKey.get(key) === work) this.#byKey.delete(key);
    };
    work.then(forget, forget);
    return work;
  }

  async #take(submission: Submission): Promise<Accepted> {
    const { id: key, content } = submission;
    if (this.#closed) throw new SubmitError(false, '4.3.2', 'The box is stopping');
    const known = key === undefined ? undefined : this.#ledger.submission(key);
    if (known) return known;
    check(submission);
    this.#checkTime(submission.notBefore);
    await this.#needSpace();
    const id = submission.messageId ?? this.#parts.ids();
    let message: QueuedMessage;
    let rows: readonly NewRecipient[];
    let written = false;
    const reader = new HeadReader();
    const routed: EventFields<'queue.routed'>[] = [];
    try {
      const sizeBytes = await this.#spool.write(id, reader.pass(content));
      written = true;
      message = this.#message(id, submission, sizeBytes);
      rows = this.#rows(message, submission, routed);
      await this.#ledger.accept(message, rows, key);
    } catch (error) {
      // A file that we did not write is another message's, and one that has rows after all is what they answer for.
      if (written && !this.#ledger.message(id)) await this.#spool.remove(id).catch(() => {});
      throw submitError(error);
    } finally {
      this.#spool.written(id);
    }
    await this.#accepted({ message, rows, routed, head: reader.head, client: submission.client });
    return { id, sizeBytes: message.sizeBytes };
  }

  #message(id: string, { source, account, envelope, notBefore }: Submission, sizeBytes: number): QueuedMessage {
    const { recipients: _, smtputf8 = false, ...rest } = envelope;
    const generation = source === 'dsn' ? currentGeneration() : 0;
    const acceptedAt = this.#parts.clock.now();
    return {
      id,
      source,
      ...(account === undefined ? {} : { account }),
      ...rest,
      smtputf8,
      sizeBytes,
      acceptedAt,
      ...(notBefore === undefined ? {} : { notBefore }),
      generation,
    };
  }

  /** @param routed gets what is to be told of aliases */
  #rows(message: QueuedMessage, { envelope }: Submission, routed: EventFields<'queue.routed'>[]): NewRecipient[] {
    const { ids, config, route } = this.#parts;
    const intake = { message, ids, now: message.acceptedAt, config: config() };
    const rows = envelope.recipients.flatMap((recipient) => {
      const addressee = { ...recipient, byAlias: false };
      const routing = route(recipient.address, message, false);
      routed.push(...[routedEvent(message.id, recipient.address, routing) ?? []].flat());
      return draftRecipient(addressee, resolveRecipient(addressee, routing), intake);
    });
    // Those that were named come first: a target of an alias that was named as well is the duplicate.
    return rows.toSorted((one, other) => Number(one.byAlias) - Number(other.byAlias));
  }

  async #accepted(taken: Taken): Promise<void> {
    const { events } = this.#parts;
    const { message, rows, routed, head } = taken;
    const { remote, session, tls } = taken.client ?? { remote: '', session: '', tls: '' };
    const { id, source, reversePath, sizeBytes, account = '' } = message;
    const recipients = rows
      .filter(({ byAlias, originalRecipient }) => !byAlias || originalRecipient)
      .map(({ address }) => address);
    const fields = { message: id, source, reversePath, recipients, sizeBytes, account };
    events.emit('queue.accepted', { ...fields, remote, session, tls, ...head });
    for (const one of routed) events.emit('queue.routed', one);
    for (const row of rows) {
      if (row.outcome?.kind === 'failed') tellOutcome(events, message, row, { outcome: row.outcome, attempts: 0 });
    }
    this.#dispatcher.poke();
    this.#reports.poke();
    if (rows.every(({ finishedAt, reported }) => finishedAt !== undefined && reported)) await this.#change(id, []);
  }

  #checkTime(notBefore: number | undefined): void {
    const { clock, config } = this.#parts;
    const problem = notBefore === undefined ? '' : timeProblem(notBefore, clock.now(), config());
    if (problem) throw new SubmitError(true, '5.5.4', problem);
  }

  async #needSpace(): Promise<void> {
    const { clock, freeSpace, config } = this.#parts;
    if (!this.#space || clock.now() - this.#space.at >= freeSpaceAgeMs)
      this.#space = { at: clock.now(), bytes: freeSpace() };
    if ((await this.#space.bytes) < config().minFreeSpace) throw diskFull();
  }

  list(filter: QueueFilter = {}): QueuePage {
    return listQueue(this.#db, filter);
  }

  /** @returns undefined when there is no such message. */
  show(id: string): QueueEntry | undefined {
    return showQueued(this.#db, id);
  }

  /** The message as accepted. @throws Error with code ENOENT while reading when it is gone. */
  content(id: string): AsyncIterable<Uint8Array> {
    return this.#spool.read(id);
  }

  /** More may run than before: a line was added, a limit was raised. */
  poke(): void {
    this.#dispatcher.poke();
  }

  /** Nothing is being delivered, reported or taken in; what waits, waits for its time. */
  get isIdle(): boolean {
    return this.#dispatcher.busy + this.#reports.busy + this.#submitting.size === 0 && this.#tidying === undefined;
  }

  stats(): QueueStats {
    return queueStats(this.#db);
  }

  /**
   * Makes waiting recipients due now; those of a message on hold stay. A message whose time has not come is sent now when
   * it is named; all others stay for theirs. @returns how many.
   */
  async retry(which: 'all' | { readonly message: string } | { readonly recipient: string }): Promise<number> {
    const now = this.#parts.clock.now();
    if (which !== 'all' && 'message' in which && (this.#ledger.message(which.message)?.notBefore ?? 0) > now) {
      await this.schedule(which.message, now);
      return this.show(which.message)?.recipients.filter(({ state }) => state !== 'held').length ?? 0;
    }
    const count = await this.#ledger.makeDue(which, this.#parts.clock.now());
    const message =
      which === 'all'
        ? undefined
        : 'message' in which
          ? which.message
          : this.#ledger.recipient(which.recipient)?.message;
    if (message !== undefined && count > 0) this.#parts.events.emit('queue.released', { message });
    this.#dispatcher.poke();
    return count;
  }

  /**
   * Nothing of the message is tried before `at`, ms since the epoch; a time that is past or now means at once.
   * @throws SubmitError when it is too far ahead.
   */
  async schedule(id: string, at: number): Promise<'done' | 'missing'> {
    const { clock, events } = this.#parts;
    this.#checkTime(at);
    if (!(await this.#ledger.putOff(id, Math.max(at, clock.now())))) return 'missing';
    events.emit('queue.scheduled', { message: id, at: new Date(at).toISOString() });
    this.#dispatcher.poke();
    this.#reports.poke();
    return 'done';
  }

  /** Deliveries that run are not stopped; nothing new is begun until `release`. */
  async hold(id: string): Promise<'done' | 'missing'> {
    if (!(await this.#ledger.hold(id))) return 'missing';
    this.#parts.events.emit('queue.held', { message: id });
    return 'done';
  }

  /** What was held is due at once. */
  async release(id: string): Promise<'done' | 'missing'> {
    if (!(await this.#ledger.release(id, this.#parts.clock.now()))) return 'missing';
    this.#parts.events.emit('queue.released', { message: id });
    this.#dispatcher.poke();
    return 'done';
  }

  /**
   * All that is not delivered yet fails with `reason`, and the sender is told; also what is on hold. Deliveries that run
   * are told to stop; what they had delivered by then is delivered.
   */
  async cancel(id: string, reason: string): Promise<'done' | 'missing'> {
    const text = reason.slice(0, maxTextLength) || 'Cancelled';
    if (!(await this.#ledger.cancel(id, text, this.#parts.clock.now()))) return 'missing';
    this.#dispatcher.cancel(id, text);
    this.#dispatcher.poke();
    return 'done';
  }

  /** Gives a recipient that waits another address: see `reroute.ts`. */
  async reroute(what: { readonly id: string; readonly recipient: string; readonly to: string }): Promise<Rerouted> {
    const { clock } = this.#parts;
    if (what.to.length > maxFieldLength) throw new SubmitError(true, '5.5.4', 'The address is too long');
    const parts = { ...this.#parts, ledger: this.#ledger, dispatcher: this.#dispatcher };
    const result = await reroute(what, clock.now(), parts);
    if (result.kind === 'done' && result.finished) await this.#gone(what.id);
    return result;
  }

  /** Writes down, and removes the message when nothing is left to do. */
  async #change(id: string, statements: readonly Statement[]): Promise<void> {
    if (await this.#ledger.change(id, statements, this.#parts.clock.now())) await this.#gone(id);
  }

  async #gone(id: string): Promise<void> {
    await this.#spool.remove(id);
    this.#parts.events.emit('queue.done', { message: id });
  }

  async #recover(): Promise<void> {
    const { clock, events } = this.#parts;
    const now = clock.now();
    await this.#ledger.recover(now);
    for (const id of await this.#ledger.removeFinished(now)) await this.#spool.remove(id);
    await this.#keepHouse();
    for (const folder of this.#ledger.folders()) {
      const files = await this.#spool.idsIn(folder);
      for (const id of this.#ledger.idsIn(folder)) {
        if (files.has(id)) continue;
        await this.#ledger.hold(id);
        events.emit('box.fault', { where: `queue: ${id}`, error: missingFile(0, undefined) });
      }
    }
  }

  #planHousekeeping(): void {
    const { clock, events } = this.#parts;
    this.#housekeeping = clock.timer(housekeepingMs, () => {
      this.#tidying = this.#keepHouse()
        .catch((error: unknown) => events.emit('box.fault', { where: 'queue: tidying', error: String(error) }))
        .finally(() => {
          this.#tidying = undefined;
          if (this.#housekeeping) this.#planHousekeeping();
        });
    });
  }

  async #keepHouse(): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#ledger.forgetSubmissions(now - rememberSubmissionsMs);
    await this.#spool.removeOrphans((id) => this.#ledger.message(id) !== undefined, orphanAgeMs);
  }
}

/** A message that was written down, and what is told of it. */
interface Taken {
  readonly message: QueuedMessage;
  readonly rows: readonly NewRecipient[];
  readonly routed: readonly EventFields<'queue.routed'>[];
  readonly head: Head;
  readonly client: SubmittingClient | undefined;
}

/** @returns a sentence when a message cannot wait for that time. */
function timeProblem(at: number, now: number, { scheduleAhead }: Config['queue']): string {
  if (!Number.isSafeInteger(at) || at < 0) return 'The time to send at is none';
  if (at > now + scheduleAhead + clockSlackMs)
    return `A message can be scheduled for ${spanText(scheduleAhead)} ahead at most`;
  return '';
}

/** @throws SubmitError when the submission can never be taken. */
function check({ id = '', envelope }: Submission): void {
  const { recipients, reversePath, envelopeId = '' } = envelope;
  if (recipients.length === 0) throw new SubmitError(true, '5.5.1', 'The message has no recipients');
  if (recipients.length > maxRecipients)
    throw new SubmitError(true, '5.5.3', `The message has more than ${maxRecipients} recipients`);
  const fields = recipients.flatMap(({ address, originalRecipient = '' }) => [address, originalRecipient]);
  if ([id, reversePath, envelopeId, ...fields].some((text) => text.length > maxFieldLength))
    throw new SubmitError(true, '5.5.4', `An address is longer than ${maxFieldLength} characters`);
}

/** What the entrance's own stream threw is passed on; what disk and database say becomes a word for the sender. */
function submitError(error: unknown): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (/^(ENOSPC|EDQUOT)$/.test(code) || /disk is full/.test(message)) return diskFull({ cause: error });
  if (error instanceof DatabaseError || /^(EIO|EROFS|EMFILE|ENFILE|EACCES)$/.test(code))
    return new SubmitError(false, '4.3.0', 'The message could not be stored', { cause: error });
  return error;
}

function diskFull(options?: ErrorOptions): SubmitError {
  return new SubmitError(false, '4.3.1', 'The disk of this box is full', options);
}
