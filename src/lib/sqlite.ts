import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Request, Response, Statement, StatementResult } from './sqlite-thread.ts';

export type { Statement, StatementResult } from './sqlite-thread.ts';

/** A transaction whose `changes` did not hold; it was undone. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/** SQLite refused: `code` is Node's, `message` SQLite's words. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

type Body<R> = R extends unknown ? Omit<R, 'id'> : never;

/**
 * The SQLite writer of the process: one thread that owns all writing connections, so that no commit (5–50 ms on flash)
 * ever stands in the way of a session. One is made by the composition and passed to every owner of a database.
 */
export class SqliteWriter {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly StatementResult[]>>();
  #nextId = 1;
  #broken: Error | undefined;
  readonly #ended = Promise.withResolvers<Error>();

  constructor() {
    this.#worker = new Worker(new URL('./sqlite-thread.ts', import.meta.url));
    this.#worker.on('message', (response: Response) => this.#settle(response));
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.on('exit', () => this.#fail(new Error('the database writer has ended')));
    this.#worker.unref();
  }

  /**
   * Opens or makes the database at `path` and brings it to the newest schema.
   * @param migrations SQL scripts, oldest first, never changed once released; `user_version` counts those that ran. All
   *   after the first only add (tables, columns, indices), so that a database of a newer version can be used as well:
   *   the former version runs on it when an update is rolled back. What cannot be added goes into a new file.
   * @param relaxed does not wait for the disk: whole after a power cut, but without the last transactions.
   * @throws DatabaseError when it is no database, a migration does more than add, or it is open already.
   */
  async open(path: string, migrations: readonly string[], { relaxed = false } = {}): Promise<Database> {
    await this.#ask({ kind: 'open', path, migrations, relaxed });
    return new Database(path, (body) => this.#ask(body));
  }

  /** Resolves with the reason when the thread ends by itself: nothing can be written any more, the process must end. */
  get ended(): Promise<Error> {
    return this.#ended.promise;
  }

  /** Resolves when the thread answers. */
  async ping(): Promise<void> {
    await this.#ask({ kind: 'ping' });
  }

  /** Waits for all that was asked, then ends the thread. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#waiting.values()].map(({ promise }) => promise));
    this.#broken = new Error('the database writer is closed');
    await this.#worker.terminate();
  }

  #ask(body: Body<Request>): Promise<readonly StatementResult[]> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = this.#nextId++;
    const entry = Promise.withResolvers<readonly StatementResult[]>();
    this.#waiting.set(id, entry);
    this.#worker.ref();
    this.#worker.postMessage({ id, ...body });
    return entry.promise;
  }

  #settle(response: Response): void {
    const entry = this.#waiting.get(response.id);
    if (!entry) return;
    this.#waiting.delete(response.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (response.kind === 'done') entry.resolve(response.results);
    else if (response.kind === 'conflict') entry.reject(new ConflictError(`not as expected: ${response.sql}`));
    else entry.reject(new DatabaseError(response.message, response.code));
  }

  #fail(error: Error): void {
    if (!this.#broken) this.#ended.resolve(error);
    this.#broken ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

export type Row = Record<string, SQLInputValue>;

/** One database: writes are asynchronous and durable when they resolve, reads are immediate and see all that was committed. */
export class Database {
  readonly path: string;
  readonly #reader: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  readonly #ask: (body: Body<Request>) => Promise<readonly StatementResult[]>;

  /** @internal Made by `SqliteWriter.open`. */
  constructor(path: string, ask: (body: Body<Request>) => Promise<readonly StatementResult[]>) {
    this.path = path;
    this.#ask = ask;
    this.#reader = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    this.#reader.exec('PRAGMA cache_size=-2000');
  }

  /**
   * Runs the statements as one transaction; resolves when it is on stable storage.
   * @throws ConflictError when a statement's `changes` did not hold, DatabaseError when SQLite refused; nothing was changed.
   */
  write(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    return this.#ask({ kind: 'write', path: this.path, statements });
  }

  all<T = Row>(sql: string, ...params: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...params) as T[];
  }

  get<T = Row>(sql: string, ...params: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...params) as T | undefined;
  }

  /** Reads row by row: for results that need not stand in memory. */
  iterate<T = Row>(sql: string, ...params: SQLInputValue[]): IterableIterator<T> {
    return this.#prepare(sql).iterate(...params) as IterableIterator<T>;
  }

  async close(): Promise<void> {
    this.#reader.close();
    await this.#ask({ kind: 'close', path: this.path });
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const made = this.#reader.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }
}
