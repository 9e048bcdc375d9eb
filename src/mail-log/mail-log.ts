import { rename } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { Database, SqliteWriter, Statement } from '../lib/sqlite.ts';
import { dayOf } from './local-day.ts';
import { Notes } from './notes.ts';
import { prune } from './prune.ts';
import { migrations } from './schema.ts';
import { type Measure, measures, Tally } from './tally.ts';

export interface MailLogParts {
  /** Of `mail-log.db`. */
  readonly path: string;
  readonly writer: SqliteWriter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  readonly config: () => Config['mailLog'];
  /** Bytes free on the disk of `path`, and how many there must be: above what mail itself needs. */
  readonly freeSpace: () => Promise<number>;
  readonly minFreeSpace: () => number;
}

/** Events are gathered for so long before they are written: one transaction for all. */
const gatherMs = 1000;
/** Rows at which they are written at once. */
const batchRows = 2000;
/** Rows that wait while a batch is being written; further ones are lost. */
const waitingRows = 20_000;
/** After the log could not be written it is tried again once in so long. */
const retryMs = 60_000;
const pruneEveryMs = 3_600_000;
/** Free space is asked for once in so long. */
const freeSpaceAgeMs = 10_000;

/**
 * The log of mail: listens to the events and writes down what happens to messages. Mail never waits for it. Where it cannot
 * be written (full disk, broken file) it stops, says so once, and goes on by itself; counters then miss nothing.
 */
export class MailLog {
  readonly #parts: MailLogParts;
  readonly #db: Database | undefined;
  readonly #stopListening: () => void;
  readonly #calls = new Map<string, string>();
  #notes = new Notes();
  #tally = new Tally();
  /** What is being written. */
  #writing: { readonly tally: Tally; readonly done: Promise<void> } | undefined;
  #timer: Timer | undefined;
  #pruning: Timer | undefined;
  #stopped: { readonly until: number } | undefined;
  #lost = 0;
  #space: { readonly at: number; readonly isEnough: boolean } | undefined;
  #closed = false;

  private constructor(parts: MailLogParts, db: Database | undefined) {
    this.#parts = parts;
    this.#db = db;
    this.#stopListening = parts.events.on((event) => this.#noticed(event));
  }

  /** A database that cannot be used is put aside: mail must not wait for its log. */
  static async open(parts: MailLogParts): Promise<MailLog> {
    const { writer, path, events } = parts;
    const open = (): Promise<Database> => writer.open(path, migrations, { relaxed: true });
    let reason = '';
    const db = await open().catch(async (error: unknown) => {
      reason = `${path} could not be used and was put aside: ${error}`;
      for (const end of ['', '-wal', '-shm']) await rename(`${path}${end}`, `${path}.broken${end}`).catch(() => {});
      return open().catch((again: unknown) => {
        reason = `${path} cannot be made: ${again}`;
        return undefined;
      });
    });
    const log = new MailLog(parts, db);
    if (reason) events.emit('mail-log.stopped', { reason });
    return log;
  }

  /** For questions; undefined when there is no database. */
  get db(): Database | undefined {
    return this.#db;
  }

  /** Begins to forget what is too old. */
  start(): void {
    this.#pruning = this.#parts.clock.timer(pruneEveryMs, () => {
      void this.prune().finally(() => {
        if (!this.#closed) this.start();
      });
    });
  }

  /** Of one day, with what is not written yet. */
  counts(day: number): Readonly<Record<Measure, number>> {
    const rows = this.#db?.all<{ measure: string; count: number }>(
      'SELECT measure, sum(count) AS count FROM counts WHERE day = ? GROUP BY measure',
      day,
    );
    const written = new Map(rows?.map(({ measure, count }) => [measure, count]));
    const waiting = (measure: Measure): number =>
      this.#tally.count(day, measure) + (this.#writing?.tally.count(day, measure) ?? 0);
    return Object.fromEntries(
      measures.map((measure) => [measure, (written.get(measure) ?? 0) + waiting(measure)]),
    ) as Record<Measure, number>;
  }

  today(): Readonly<Record<Measure, number>> {
    return this.counts(dayOf(this.#parts.clock.now()));
  }

  /** Resolves when all that happened before is written, or cannot be written. */
  async flush(): Promise<void> {
    await this.#writing?.done;
    await this.#write();
  }

  async prune(): Promise<void> {
    const { clock, config, events } = this.#parts;
    if (!this.#db) return;
    await prune(this.#db, config(), clock.now(), () => this.#closed).catch((error: unknown) =>
      events.emit('box.fault', { where: 'log of mail: forgetting', error: String(error) }),
    );
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.#db?.write(statements);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#stopListening();
    this.#timer?.cancel();
    this.#pruning?.cancel();
    await this.flush();
    this.#closed = true;
    await this.#db?.close();
  }

  #noticed(event: BoxEvent): void {
    if (!this.#db) return;
    this.#tally.add(event);
    if (this.#stopped || this.#notes.size >= waitingRows) {
      const probe = new Notes();
      probe.add(event, this.#calls, this.#noting);
      this.#lost += Number(probe.size > 0);
    } else this.#notes.add(event, this.#calls, this.#noting);
    if (this.#tally.isEmpty && this.#notes.size === 0) return;
    if (this.#notes.size >= batchRows && !this.#writing) void this.#write();
    else this.#plan();
  }

  get #noting() {
    return { ids: this.#parts.ids, subjects: this.#parts.config().subjects };
  }

  #plan(): void {
    const { clock } = this.#parts;
    if (this.#timer || this.#writing) return;
    const waitMs = this.#stopped ? Math.max(this.#stopped.until - clock.now(), gatherMs) : gatherMs;
    this.#timer = clock.timer(waitMs, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  #write(): Promise<void> {
    if (this.#writing || (this.#tally.isEmpty && this.#notes.size === 0))
      return this.#writing?.done ?? Promise.resolve();
    this.#timer?.cancel();
    this.#timer = undefined;
    const [notes, tally] = [this.#notes, this.#tally];
    this.#notes = new Notes();
    this.#tally = new Tally();
    const done = this.#commit(notes, tally).finally(() => {
      this.#writing = undefined;
      if (this.#notes.size > 0 || !this.#tally.isEmpty) this.#plan();
    });
    this.#writing = { tally, done };
    return done;
  }

  async #commit(notes: Notes, tally: Tally): Promise<void> {
    const { events, clock } = this.#parts;
    try {
      if (!(await this.#hasSpace())) throw new Error('the disk is nearly full; what is left of it is for mail');
      await this.#db!.write([...notes.statements(), ...tally.statements()]);
    } catch (error) {
      this.#tally.merge(tally);
      this.#lost += notes.size;
      const isNew = !this.#stopped;
      this.#stopped = { until: clock.now() + retryMs };
      if (isNew) events.emit('mail-log.stopped', { reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    if (!this.#stopped) {
      if (this.#lost === 0) return;
    }
    this.#stopped = undefined;
    events.emit('mail-log.resumed', { lost: this.#lost });
    this.#lost = 0;
  }

  async #hasSpace(): Promise<boolean> {
    const { clock, freeSpace, minFreeSpace } = this.#parts;
    const now = clock.now();
    if (!this.#space || now - this.#space.at >= freeSpaceAgeMs || !this.#space.isEnough) {
      const free = await freeSpace().catch(() => Number.POSITIVE_INFINITY);
      this.#space = { at: now, isEnough: free >= minFreeSpace() };
    }
    return this.#space.isEnough;
  }
}
