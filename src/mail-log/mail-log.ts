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
/** Days whose counts are kept in memory: today's, and yesterday's around midnight. */
const recentDays = 2;

type Counts = Record<Measure, number>;

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
  #tally = this.#newTally();
  /** Of the last days: what is written and what is not. */
  readonly #recent = new Map<number, Counts>();
  /** Resolves when the batch is written. */
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #pruning: Timer | undefined;
  #stopped: { readonly until: number; readonly reason: string } | undefined;
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

  /** Why nothing is written now; empty when it is. */
  get trouble(): string {
    return this.#db ? (this.#stopped?.reason ?? '') : 'its database cannot be made';
  }

  /** Begins to forget what is too old. */
  start(): void {
    this.#pruning = this.#parts.clock.timer(pruneEveryMs, () => {
      void this.prune().finally(() => {
        if (!this.#closed) this.start();
      });
    });
  }

  #newTally(): Tally {
    return new Tally((day, measure, count) => {
      this.#counts(day)[measure] += count;
    });
  }

  #counts(day: number): Counts {
    const known = this.#recent.get(day);
    if (known) return known;
    const [oldest] = this.#recent.keys();
    if (oldest !== undefined && this.#recent.size >= recentDays) this.#recent.delete(oldest);
    const read = this.#readCounts(day);
    this.#recent.set(day, read);
    return read;
  }

  #readCounts(day: number): Counts {
    const written = new Map<string, number>();
    try {
      const sql = 'SELECT measure, sum(count) AS count FROM counts WHERE day = ? GROUP BY measure';
      for (const row of this.#db?.all(sql, day) ?? []) written.set(String(row.measure), Number(row.count));
    } catch (error) {
      this.#parts.events.emit('box.fault', { where: 'log of mail: counters', error: String(error) });
    }
    return Object.fromEntries(measures.map((measure) => [measure, written.get(measure) ?? 0])) as Counts;
  }

  /** Counted since midnight, local time; with what is not written yet. */
  today(): Readonly<Counts> {
    return { ...this.#counts(dayOf(this.#parts.clock.now())) };
  }

  /** Resolves when all that happened before is written, or cannot be written. */
  async flush(): Promise<void> {
    await this.#writing;
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
    if (this.#notes.size >= batchRows && this.#writing === undefined) void this.#write();
    else this.#plan();
  }

  get #noting() {
    return { ids: this.#parts.ids, subjects: this.#parts.config().subjects };
  }

  #plan(): void {
    const { clock } = this.#parts;
    if (this.#timer || this.#writing !== undefined) return;
    const waitMs = this.#stopped ? Math.max(this.#stopped.until - clock.now(), gatherMs) : gatherMs;
    this.#timer = clock.timer(waitMs, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  #write(): Promise<void> {
    if (this.#writing !== undefined) return this.#writing;
    if (this.#tally.isEmpty && this.#notes.size === 0) return Promise.resolve();
    this.#timer?.cancel();
    this.#timer = undefined;
    const [notes, tally] = [this.#notes, this.#tally];
    this.#notes = new Notes();
    this.#tally = this.#newTally();
    const done = this.#commit(notes, tally).finally(() => {
      this.#writing = undefined;
      if (this.#notes.size > 0 || !this.#tally.isEmpty) this.#plan();
    });
    this.#writing = done;
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
      const reason = error instanceof Error ? error.message : String(error);
      this.#stopped = { until: clock.now() + retryMs, reason };
      if (isNew) events.emit('mail-log.stopped', { reason });
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
