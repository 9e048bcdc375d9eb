import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';

/**
 * The writer thread: owns the writing connection of every database. All transactions that wait when it wakes are
 * committed together, one `fsync` a database (group commit); each keeps its own savepoint, so that one that fails
 * does not take its neighbours with it. Spoken to by `sqlite.ts` only.
 */

export interface Statement {
  readonly sql: string;
  readonly params?: readonly SQLInputValue[];
  /** The transaction is undone and rejected with `ConflictError` unless the statement changed so many rows. */
  readonly changes?: number;
}

export interface StatementResult {
  readonly changes: number;
  readonly rows: readonly Record<string, unknown>[];
}

export type Request =
  | {
      readonly id: number;
      readonly kind: 'open';
      readonly path: string;
      readonly migrations: readonly string[];
      readonly relaxed: boolean;
    }
  | { readonly id: number; readonly kind: 'write'; readonly path: string; readonly statements: readonly Statement[] }
  | { readonly id: number; readonly kind: 'close'; readonly path: string }
  /** Answered when all that was asked before is done. */
  | { readonly id: number; readonly kind: 'ping' };

export type Response =
  | { readonly id: number; readonly kind: 'done'; readonly results: readonly StatementResult[] }
  | { readonly id: number; readonly kind: 'conflict'; readonly sql: string }
  | { readonly id: number; readonly kind: 'error'; readonly message: string; readonly code: string };

interface Open {
  readonly db: DatabaseSync;
  readonly prepared: Map<string, StatementSync>;
}

const open = new Map<string, Open>();
const port = parentPort!;

/** Statements kept prepared per database. */
const preparedLimit = 200;

port.on('message', (first: Request) => {
  const batch = [first];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) batch.push(next.message);
  for (let start = 0; start < batch.length; ) {
    const run = batch[start]!;
    if (run.kind !== 'write') {
      port.postMessage(answer(run, () => single(run)));
      start++;
      continue;
    }
    let end = start;
    while (end < batch.length && batch[end]!.kind === 'write') end++;
    commitTogether(batch.slice(start, end) as (Request & { kind: 'write' })[]);
    start = end;
  }
});

function answer(request: Request, work: () => readonly StatementResult[]): Response {
  try {
    return { id: request.id, kind: 'done', results: work() };
  } catch (error) {
    if (error instanceof Conflict) return { id: request.id, kind: 'conflict', sql: error.sql };
    return failure(request, error);
  }
}

function failure(request: Request, error: unknown): Response {
  const { message, code = 'ERR_SQLITE_ERROR' } = error as Error & { code?: string };
  return { id: request.id, kind: 'error', message, code };
}

function single(request: Request): readonly StatementResult[] {
  if (request.kind === 'open') openDatabase(request);
  else if (request.kind === 'close') closeDatabase(request.path);
  return [];
}

function openDatabase({ path, migrations, relaxed }: Request & { kind: 'open' }): void {
  if (open.has(path)) throw new Error(`${path} is open already: one writer a database`);
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    const synchronous = relaxed ? 'NORMAL' : 'FULL';
    db.exec(
      `PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}; PRAGMA foreign_keys=ON; PRAGMA cache_size=-2000;`,
    );
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    // A schema of a newer version has all that this one knows: see `requireAdditive`.
    for (const migration of migrations.slice(1)) requireAdditive(migration);
    for (let next = version; next < migrations.length; next++) {
      db.exec(`BEGIN; ${migrations[next]}; PRAGMA user_version=${next + 1}; COMMIT;`);
    }
  } catch (error) {
    db.close();
    throw error;
  }
  open.set(path, { db, prepared: new Map() });
}

/**
 * After an update that did not come up the former version runs again, on data that the newer one has migrated. So a
 * migration may only add, and nothing that a former version's statements could run into.
 */
function requireAdditive(migration: string): void {
  const statements = migration.split(';').map((statement) => statement.trim());
  const other = statements.find((statement) => statement !== '' && !additive.test(statement));
  if (other !== undefined) throw new Error(`a migration that does more than add: ${other}`);
}

const additive = /^(?:CREATE (?:TABLE|INDEX)|ALTER TABLE \S+ ADD COLUMN|INSERT INTO)\b/i;

function closeDatabase(path: string): void {
  open.get(path)?.db.close();
  open.delete(path);
}

/** Runs the transactions in their order; answers only after the commit that makes them durable. */
function commitTogether(requests: (Request & { kind: 'write' })[]): void {
  const byPath = Map.groupBy(requests, (request) => request.path);
  for (const [path, group] of byPath) {
    const answers: Response[] = [];
    try {
      const database = open.get(path);
      if (!database) throw new Error(`${path} is not open`);
      database.db.exec('BEGIN IMMEDIATE');
      try {
        for (const request of group) {
          const result = answer(request, () => runStatements(database, request.statements));
          // A disk that is full or broken can make SQLite undo everything at once: then nobody's changes are there, and
          // what followed would be committed by itself.
          if (!database.db.isTransaction) throw new Undone(result);
          answers.push(result);
        }
        database.db.exec('COMMIT');
      } catch (error) {
        if (database.db.isTransaction) database.db.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      for (const request of group) port.postMessage(failure(request, error));
      continue;
    }
    for (const one of answers) port.postMessage(one);
  }
}

/** The transaction of all is gone, for the reason that the one gave. */
class Undone extends Error {
  readonly code: string | undefined;
  constructor(because: Response) {
    super(because.kind === 'error' ? because.message : 'the transaction was undone');
    this.code = because.kind === 'error' ? because.code : undefined;
  }
}

class Conflict extends Error {
  readonly sql: string;
  constructor(sql: string) {
    super('conflict');
    this.sql = sql;
  }
}

function runStatements(database: Open, statements: readonly Statement[]): StatementResult[] {
  database.db.exec('SAVEPOINT one');
  try {
    const results = statements.map((statement) => runStatement(database, statement));
    database.db.exec('RELEASE one');
    return results;
  } catch (error) {
    if (database.db.isTransaction) database.db.exec('ROLLBACK TO one; RELEASE one');
    throw error;
  }
}

function runStatement(database: Open, { sql, params = [], changes: wanted }: Statement): StatementResult {
  const statement = prepare(database, sql);
  let result: StatementResult;
  if (statement.columns().length > 0) {
    const rows = statement.all(...params) as Record<string, unknown>[];
    result = { changes: rows.length, rows };
  } else {
    result = { changes: Number(statement.run(...params).changes), rows: [] };
  }
  if (wanted !== undefined && result.changes !== wanted) throw new Conflict(sql);
  return result;
}

function prepare({ db, prepared }: Open, sql: string): StatementSync {
  const known = prepared.get(sql);
  if (known) return known;
  if (prepared.size >= preparedLimit) prepared.clear();
  const made = db.prepare(sql);
  prepared.set(sql, made);
  return made;
}
