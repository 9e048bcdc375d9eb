import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { Ledger } from './ledger.ts';
import { earliest, Pump } from './pump.ts';
import type { MessageRecord, RecipientRecord } from './records.ts';
import type { Spool } from './spool.ts';
import type { Outcome, Reporter, ReportRecipient } from './types.ts';

export interface ReportDeskParts {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly ids: IdSource;
  readonly ledger: Ledger;
  readonly spool: Spool;
  readonly reporter: Reporter;
  readonly isInFlight: (message: string) => boolean;
}

/** Reports being made at one time. */
const parallelReports = 4;
/** While attempts at a message still run, its results are gathered into one report, for so long at most. */
const gatherMs = 300_000;
/** Waits after the reporter failed: doubled each time. */
const firstRetryMs = 10_000;
const longestRetryMs = 3_600_000;

/** How many reports deep we are; `submit` asks, so that no reporter needs to remember it. */
const depth = new AsyncLocalStorage<number>();

/** The generation of a report that is submitted now (`QueuedMessage.generation`). */
export function currentGeneration(): number {
  return depth.getStore() ?? 1;
}

interface Task {
  readonly id: string;
  readonly message: string;
  readonly kind: 'final' | 'delay';
}

/** Sees to it that senders are told: gathers what is final or late by message, and asks the reporter until it is done. */
export class ReportDesk {
  readonly #parts: ReportDeskParts;
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #messages = new Set<string>();
  /** Messages whose report failed, with the time of the next try. */
  readonly #retries = new Map<string, { readonly at: number; readonly waitMs: number }>();
  readonly #pump: Pump;

  constructor(parts: ReportDeskParts) {
    this.#parts = parts;
    this.#pump = new Pump(
      parts.clock,
      () => this.#startDue(),
      (error) => parts.events.emit('box.fault', { where: 'queue: what is to report', error: String(error) }),
    );
  }

  start(): void {
    this.#pump.start();
  }

  /** Something may be to report. */
  poke(): void {
    this.#pump.poke();
  }

  /** How many reports are being made or about to be. */
  get busy(): number {
    return this.#tasks.size + Number(this.#pump.planned);
  }

  /** Begins nothing more and waits for what was begun; a report that does not end is asked for again at the next start. */
  async stop(): Promise<void> {
    this.#pump.stop();
    await Promise.all(this.#tasks.values());
  }

  /** @returns when the next one falls due. */
  #startDue(): number | undefined {
    // One time for the whole round, as the dispatcher has it.
    const now = this.#parts.clock.now();
    this.#resume(now);
    const gathered = this.#begin(now);
    for (const [message, { at }] of this.#retries) {
      // Its time came and nothing was there to be started: the message needs no report any more.
      if (at <= now && this.#free > 0 && !this.#messages.has(message)) this.#retries.delete(message);
    }
    const retries = [...this.#retries.values()].map(({ at }) => at).filter((at) => at > now);
    return earliest([...retries, gathered, this.#parts.ledger.nextLate(now)]);
  }

  /** Not while a report about the message is being made, nor before the time of the next try. */
  #isFree(message: string, now: number): boolean {
    const retry = this.#retries.get(message);
    return !this.#messages.has(message) && (!retry || retry.at <= now);
  }

  /** Reports that were begun before a crash, or that failed. */
  #resume(now: number): void {
    const { ledger } = this.#parts;
    for (let after = ''; this.#free > 0; ) {
      const batch = ledger.openReports(after, 50);
      for (const task of batch) {
        after = task.id;
        if (this.#free > 0 && this.#isFree(task.message, now)) this.#start(task);
      }
      if (batch.length < 50) return;
    }
  }

  /** @returns when the first message has gathered its results long enough. */
  #begin(now: number): number | undefined {
    const { ledger, isInFlight, ids } = this.#parts;
    const gathering: number[] = [];
    const limit = parallelReports + this.#messages.size + this.#retries.size + 50;
    for (const { message, since } of ledger.unreported(limit)) {
      if (this.#free === 0) return undefined;
      if (isInFlight(message) && now < since + gatherMs) gathering.push(since + gatherMs);
      else if (this.#isFree(message, now)) this.#start({ id: ids(), message, kind: 'final' }, true);
    }
    for (const message of ledger.late(now, limit)) {
      if (this.#free === 0) return undefined;
      if (this.#isFree(message, now)) this.#start({ id: ids(), message, kind: 'delay' }, true);
    }
    return earliest(gathering);
  }

  get #free(): number {
    return parallelReports - this.#tasks.size;
  }

  #start(task: Task, isNew = false): void {
    this.#messages.add(task.message);
    const work = this.#see(task, isNew)
      .then(
        () => this.#retries.delete(task.message),
        (error: unknown) => this.#failed(task, error),
      )
      .then(() => {
        this.#tasks.delete(task.id);
        this.#messages.delete(task.message);
        this.poke();
      });
    this.#tasks.set(task.id, work);
  }

  #failed({ message }: Task, error: unknown): void {
    const { events, clock } = this.#parts;
    const waitMs = Math.min(2 * (this.#retries.get(message)?.waitMs ?? firstRetryMs / 2), longestRetryMs);
    this.#retries.set(message, { at: clock.now() + waitMs, waitMs });
    events.emit('box.fault', { where: `queue: report about ${message}`, error: String(error) });
  }

  async #see(task: Task, isNew: boolean): Promise<void> {
    const { ledger, clock, reporter, spool, events } = this.#parts;
    const { id, message: messageId, kind } = task;
    if (isNew) await ledger.beginReport(id, messageId, kind, clock.now());
    const record = ledger.message(messageId);
    if (!record) return;
    const recipients = ledger.reportRecipients(messageId, id).flatMap((row) => this.#reported(row, kind));
    if (recipients.length > 0) {
      const { held: _, cancelled: __, ...message }: MessageRecord = record;
      const report = { reportId: id, message, recipients, content: () => spool.read(messageId) };
      await depth.run(message.generation + 1, () => reporter.report(report));
    }
    if (!(await ledger.endReport(id, messageId, clock.now()))) return;
    await spool.remove(messageId);
    events.emit('queue.done', { message: messageId });
  }

  /** A delay warning is for those that still wait. */
  #reported(row: RecipientRecord, kind: Task['kind']): ReportRecipient[] {
    if (kind === 'delay' && row.finishedAt !== undefined) return [];
    const untried: Outcome = { kind: 'deferred', status: '4.4.7', text: 'It waits for its turn.' };
    const attachment = this.#parts.ledger.attachment(row.id);
    return [
      {
        address: row.address,
        ...(row.originalRecipient === undefined ? {} : { originalRecipient: row.originalRecipient }),
        ...(row.notify ? { notify: row.notify } : {}),
        outcome: { ...(row.outcome ?? untried), ...(attachment ? { attachment } : {}) },
        expiresAt: row.expiresAt,
        attempts: row.attempts,
      },
    ];
  }
}
