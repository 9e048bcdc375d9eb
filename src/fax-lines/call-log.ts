import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallParameters, CallResult, ReceivedCall, SentCall } from '../fax/call.ts';
import type { Resolution } from '../fax/raster.ts';
import { makeFolder, removeDurable, syncFolder, writeAside, writeDurable } from '../lib/durable.ts';
import type { CallDirection } from '../lib/events.ts';
import { idPattern } from '../lib/ids.ts';
import type { Database, Row, SqliteWriter, Statement } from '../lib/sqlite.ts';
import type { ReceivedPage } from '../modem/receive-page.ts';

/**
 * The records of calls, and the pages of calls in until they are mailed. Owner of `calls.db`, `in/` and `transcripts/`.
 *
 * | state of a call in          | on disk                                                         | after a crash            |
 * |-----------------------------|-----------------------------------------------------------------|--------------------------|
 * | begun                       | row `under-way`                                                 | ended, nothing to mail   |
 * | page being written          | file `in/<call>/…`, no row of it: not confirmed                 | the file is removed      |
 * | page kept, then confirmed   | file and row                                                    | ended as partial, mailed |
 * | ended, `mail` wanted        | as before                                                       | mailed                   |
 * | mailed                      | row with the message's id; the queue answers for it             | files are removed        |
 */
export interface CallRecord {
  readonly id: string;
  readonly line: string;
  readonly direction: CallDirection;
  /** Number dialled, or caller id. */
  readonly number: string;
  readonly station: string;
  readonly callerName: string;
  readonly calledNumber: string;
  /** Message that was sent by it, or made of it. */
  readonly message: string;
  readonly startedAt: number;
  readonly durationMs: number;
  /** `under-way` until the call has ended. */
  readonly result: CallResult | 'under-way';
  readonly text: string;
  readonly hangupCode: string;
  /** Pages confirmed in this call. */
  readonly pages: number;
  readonly parameters?: CallParameters;
  /** A call in whose pages are yet to be mailed. */
  readonly mail: 'none' | 'wanted' | 'done';
}

/** A page of a call in, on stable storage. */
export interface KeptPage {
  readonly page: number;
  readonly file: string;
  readonly widthPx: number;
  readonly resolution: Resolution;
  readonly lines: number;
  readonly badLines: number;
  readonly longestBadRun: number;
}

export interface CallStart {
  readonly id: string;
  readonly line: string;
  readonly direction: CallDirection;
  readonly number: string;
  readonly callerName: string;
  readonly calledNumber: string;
  readonly message: string;
  /** Id of the fax that it is a call of. */
  readonly fax?: string;
  readonly startedAt: number;
}

/** Records kept; older ones go, with their transcripts. */
const recordLimit = 10_000;
/** Old records removed at one time. */
const pruneLimit = 100;
/** Calls told of one fax. */
const callsOfFax = 200;

const migrations = [
  `CREATE TABLE calls (
    id TEXT PRIMARY KEY, line TEXT NOT NULL, direction TEXT NOT NULL, number TEXT NOT NULL, station TEXT NOT NULL,
    caller_name TEXT NOT NULL, called_number TEXT NOT NULL, message TEXT NOT NULL, started_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL, result TEXT NOT NULL, text TEXT NOT NULL, hangup_code TEXT NOT NULL,
    pages INTEGER NOT NULL, parameters TEXT, mail TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX calls_open ON calls (result) WHERE result = 'under-way';
  CREATE INDEX calls_mail ON calls (mail) WHERE mail = 'wanted';
  CREATE TABLE pages (
    call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE, page INTEGER NOT NULL, file TEXT NOT NULL,
    width INTEGER NOT NULL, resolution TEXT NOT NULL, lines INTEGER NOT NULL, bad_lines INTEGER NOT NULL,
    longest_bad_run INTEGER NOT NULL, PRIMARY KEY (call, page)
  ) STRICT, WITHOUT ROWID;`,
  // A table of its own: the version before writes rows of `calls` by the number of their columns.
  `CREATE TABLE call_faxes (
    call TEXT PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE, fax TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX call_faxes_by_fax ON call_faxes (fax, call);`,
];

export class CallLog {
  readonly #db: Database;
  readonly #folder: string;
  #files = 0;

  private constructor(db: Database, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  /** Opens the records in `folder` and settles what a crash left: calls that were under way have ended. */
  static async open(writer: SqliteWriter, folder: string, now: number): Promise<CallLog> {
    for (const name of ['in', 'transcripts']) await makeFolder(join(folder, name));
    const log = new CallLog(await writer.open(join(folder, 'calls.db'), migrations), folder);
    await log.#recover(now);
    return log;
  }

  /** Newest first; `before` is the id of the last one seen. */
  list(limit: number, before?: string): CallRecord[] {
    const sql = 'SELECT * FROM calls WHERE id < ? ORDER BY id DESC LIMIT ?';
    return this.#db.all(sql, before ?? '~', limit).map(toRecord);
  }

  get(id: string): CallRecord | undefined {
    const row = this.#db.get('SELECT * FROM calls WHERE id = ?', id);
    return row && toRecord(row);
  }

  /** Calls that have not ended, oldest first, each with its fax. */
  underWay(): (CallRecord & { readonly fax: string })[] {
    return this.#db
      .all("SELECT calls.*, fax FROM calls JOIN call_faxes ON call = id WHERE result = 'under-way' ORDER BY id")
      .map((row) => ({ ...toRecord(row), fax: String(row.fax) }));
  }

  /** The calls of a fax, oldest first. */
  ofFax(fax: string): CallRecord[] {
    const sql = 'SELECT * FROM calls WHERE id IN (SELECT call FROM call_faxes WHERE fax = ?) ORDER BY id LIMIT ?';
    return this.#db.all(sql, fax, callsOfFax).map(toRecord);
  }

  /** What host and modem said; empty when it was not kept. */
  async transcript(id: string): Promise<string> {
    if (!idPattern.test(id)) return '';
    return readFile(this.#transcriptFile(id), 'utf8').catch(() => '');
  }

  /** Calls in whose pages wait to be mailed, oldest first. */
  toMail(): CallRecord[] {
    return this.#db.all("SELECT * FROM calls WHERE mail = 'wanted' ORDER BY id").map(toRecord);
  }

  pages(call: string): KeptPage[] {
    return this.#db.all('SELECT * FROM pages WHERE call = ? ORDER BY page', call).map((row) => ({
      page: Number(row.page),
      file: join(this.#pageFolder(call), String(row.file)),
      widthPx: Number(row.width),
      resolution: row.resolution as Resolution,
      lines: Number(row.lines),
      badLines: Number(row.bad_lines),
      longestBadRun: Number(row.longest_bad_run),
    }));
  }

  async begin(call: CallStart): Promise<void> {
    if (call.direction === 'in') await makeFolder(this.#pageFolder(call.id));
    await this.#db.write([
      {
        sql: `INSERT INTO calls VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, 0, 'under-way', '', '', 0, NULL, 'none')`,
        params: [
          call.id,
          call.line,
          call.direction,
          call.number,
          call.callerName,
          call.calledNumber,
          call.message,
          call.startedAt,
        ],
      },
      ...(call.fax === undefined ? [] : [{ sql: 'INSERT INTO call_faxes VALUES (?, ?)', params: [call.id, call.fax] }]),
    ]);
  }

  /** Resolves when the page is on stable storage: from then on it may be confirmed to the far side. */
  async keepPage(call: string, page: ReceivedPage): Promise<void> {
    // A page that comes again after it could not be kept must not meet its own remains.
    const file = `${String(page.page).padStart(4, '0')}-${this.#files++}.g3`;
    await writeAside(join(this.#pageFolder(call), file), page.data);
    await syncFolder(this.#pageFolder(call));
    await this.#db.write([
      {
        sql: 'INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        params: [call, page.page, file, page.widthPx, page.resolution, page.lines, page.badLines, page.longestBadRun],
      },
      { sql: 'UPDATE calls SET pages = ? WHERE id = ?', params: [page.page, call] },
    ]);
  }

  async endSent(id: string, call: SentCall, transcript: string): Promise<void> {
    await this.#end(id, call, call.station, call.pagesConfirmed, 'none', transcript);
  }

  /** Pages that were kept are wanted as mail, whether or not their confirmation was heard. */
  async endReceived(id: string, call: ReceivedCall, transcript: string): Promise<CallRecord> {
    const kept = this.pages(id).length;
    await this.#end(id, call, call.station, kept, kept > 0 ? 'wanted' : 'none', transcript);
    if (kept === 0) await this.#removePages(id);
    return this.get(id)!;
  }

  async mailed(id: string, message: string): Promise<void> {
    await this.#db.write([
      { sql: "UPDATE calls SET mail = 'done', message = ? WHERE id = ?", params: [message, id] },
      { sql: 'DELETE FROM pages WHERE call = ?', params: [id] },
    ]);
    await this.#removePages(id);
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  async #end(
    id: string,
    call: SentCall | ReceivedCall,
    station: string,
    pages: number,
    mail: CallRecord['mail'],
    transcript: string,
  ): Promise<void> {
    // A transcript that cannot be kept must not keep the record from being made.
    await writeDurable(this.#transcriptFile(id), transcript).catch(() => {});
    await this.#db.write([
      {
        sql: `UPDATE calls SET station = ?, duration_ms = ?, result = ?, text = ?, hangup_code = ?, pages = ?,
              parameters = ?, mail = ? WHERE id = ?`,
        params: [
          station,
          call.durationMs,
          call.result,
          call.text,
          call.hangupCode ?? '',
          pages,
          call.parameters ? JSON.stringify(call.parameters) : null,
          mail,
          id,
        ],
      },
    ]);
    await this.#prune();
  }

  async #recover(now: number): Promise<void> {
    const broken = this.#db.all("SELECT * FROM calls WHERE result = 'under-way'").map(toRecord);
    const statements = broken.map((call): Statement => {
      const text = 'This box was switched off or restarted during the call.';
      const mail = call.direction === 'in' && call.pages > 0 ? 'wanted' : 'none';
      return {
        sql: "UPDATE calls SET result = 'aborted', text = ?, duration_ms = ?, mail = ? WHERE id = ?",
        params: [text, Math.max(now - call.startedAt, 0), mail, call.id],
      };
    });
    if (statements.length > 0) await this.#db.write(statements);
    // Pages of calls that have none to mail: they were not confirmed, or are mailed already.
    const wanted = new Set(this.toMail().map(({ id }) => id));
    for (const id of await readdir(join(this.#folder, 'in'))) if (!wanted.has(id)) await this.#removePages(id);
  }

  async #prune(): Promise<void> {
    const old = this.#db.all(
      "SELECT id FROM calls WHERE mail <> 'wanted' AND result <> 'under-way' ORDER BY id DESC LIMIT ? OFFSET ?",
      pruneLimit,
      recordLimit,
    );
    if (old.length === 0) return;
    await this.#db.write(old.map((row) => ({ sql: 'DELETE FROM calls WHERE id = ?', params: [String(row.id)] })));
    for (const row of old) await removeDurable(this.#transcriptFile(String(row.id)));
  }

  #pageFolder(call: string): string {
    return join(this.#folder, 'in', call);
  }

  #transcriptFile(call: string): string {
    return join(this.#folder, 'transcripts', `${call}.txt`);
  }

  async #removePages(call: string): Promise<void> {
    await rm(this.#pageFolder(call), { recursive: true, force: true });
  }
}

function toRecord(row: Row): CallRecord {
  return {
    id: String(row.id),
    line: String(row.line),
    direction: row.direction as CallDirection,
    number: String(row.number),
    station: String(row.station),
    callerName: String(row.caller_name),
    calledNumber: String(row.called_number),
    message: String(row.message),
    startedAt: Number(row.started_at),
    durationMs: Number(row.duration_ms),
    result: row.result as CallRecord['result'],
    text: String(row.text),
    hangupCode: String(row.hangup_code),
    pages: Number(row.pages),
    ...(row.parameters !== null && { parameters: JSON.parse(String(row.parameters)) as CallParameters }),
    mail: row.mail as CallRecord['mail'],
  };
}
