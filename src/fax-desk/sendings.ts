import type { Database, SqliteWriter, Statement } from '../lib/sqlite.ts';
import type { FaxLetter } from './fax-letter.ts';

/** What became of one number. */
export type SendingState = 'waiting' | 'sending' | 'sent' | 'failed' | 'cancelled';

/** One document to one number or to many, as it was handed to the queue. */
export interface Sending {
  readonly id: string;
  /** Who sent it; empty for the administrator of the box. */
  readonly account: string;
  /** The address that reports go to. */
  readonly sender: string;
  readonly letter: FaxLetter;
  readonly files: readonly { readonly key: number; readonly name: string; readonly type: string }[];
  /** As far as it was looked at before it was sent; 0 otherwise. */
  readonly pages: number;
  /** A mail for each number that was reached, as well as for those that were not. */
  readonly report: boolean;
  readonly createdAt: number;
  /** When it is, or was, to be sent. */
  readonly notBefore: number;
}

export interface SendingRecipient {
  /** From 0, in the order of the list. */
  readonly position: number;
  readonly number: string;
  readonly name: string;
  /** In the queue. */
  readonly address: string;
  readonly dialled: string;
  /** The message that carries it. */
  readonly message: string;
  readonly state: SendingState;
  /** What happened last, in words. */
  readonly text: string;
  /** Of one that waits for another call; 0 otherwise. */
  readonly nextAt: number;
  readonly finishedAt: number;
}

export type Counts = Readonly<Record<SendingState, number>>;

const migrations = [
  `CREATE TABLE sendings (
     id TEXT PRIMARY KEY,
     account TEXT NOT NULL,
     sender TEXT NOT NULL,
     letter TEXT NOT NULL,
     files TEXT NOT NULL,
     pages INTEGER NOT NULL,
     report INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     not_before INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX sendings_by_account ON sendings (account, id);
   CREATE TABLE recipients (
     sending TEXT NOT NULL REFERENCES sendings (id) ON DELETE CASCADE,
     position INTEGER NOT NULL,
     number TEXT NOT NULL,
     name TEXT NOT NULL,
     address TEXT NOT NULL,
     dialled TEXT NOT NULL,
     message TEXT NOT NULL,
     state TEXT NOT NULL,
     text TEXT NOT NULL,
     next_at INTEGER NOT NULL,
     finished_at INTEGER NOT NULL,
     PRIMARY KEY (sending, position)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX recipients_by_message ON recipients (message, address);
   CREATE INDEX recipients_open ON recipients (sending) WHERE finished_at = 0`,
];

/** What was sent from the desk, in `desk.db`. What changes something is durable when it resolves. */
export class Sendings {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  static async open(writer: SqliteWriter, path: string): Promise<Sendings> {
    return new Sendings(await writer.open(path, migrations));
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  async add(sending: Sending, recipients: readonly SendingRecipient[]): Promise<void> {
    const { id, account, sender, letter, files, pages, report, createdAt, notBefore } = sending;
    await this.#db.write([
      {
        sql: 'INSERT INTO sendings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        params: [
          ...[id, account, sender, JSON.stringify(letter), JSON.stringify(files), pages, Number(report)],
          ...[createdAt, notBefore],
        ],
      },
      ...recipients.map((one) => ({
        sql: 'INSERT INTO recipients VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        params: [
          ...[id, one.position, one.number, one.name, one.address, one.dialled, one.message, one.state, one.text],
          ...[one.nextAt, one.finishedAt],
        ],
      })),
    ]);
  }

  get(id: string): Sending | undefined {
    const row = this.#db.get('SELECT * FROM sendings WHERE id = ?', id);
    return row && sendingOf(row);
  }

  /** Newest first; of one account, or of all. */
  list(account: string | 'all', limit: number): { readonly sending: Sending; readonly counts: Counts }[] {
    const rows =
      account === 'all'
        ? this.#db.all('SELECT * FROM sendings ORDER BY id DESC LIMIT ?', limit)
        : this.#db.all('SELECT * FROM sendings WHERE account = ? ORDER BY id DESC LIMIT ?', account, limit);
    return rows.map(sendingOf).map((sending) => ({ sending, counts: this.counts(sending.id) }));
  }

  counts(id: string): Counts {
    const counts = { waiting: 0, sending: 0, sent: 0, failed: 0, cancelled: 0 };
    const sql = 'SELECT state, count(*) AS n FROM recipients WHERE sending = ? GROUP BY state';
    for (const { state, n } of this.#db.all<{ state: SendingState; n: number }>(sql, id)) counts[state] = n;
    return counts;
  }

  recipients(id: string): SendingRecipient[] {
    return this.#db.all('SELECT * FROM recipients WHERE sending = ? ORDER BY position', id).map(recipientOf);
  }

  first(id: string): SendingRecipient | undefined {
    const row = this.#db.get('SELECT * FROM recipients WHERE sending = ? ORDER BY position LIMIT 1', id);
    return row && recipientOf(row);
  }

  /** Messages with numbers that are not done with, of one sending or of all. */
  openMessages(id?: string): { readonly message: string; readonly sending: string }[] {
    return this.#db.all(
      'SELECT DISTINCT message, sending FROM recipients WHERE finished_at = 0 AND (? IS NULL OR sending = ?)',
      ...[id ?? null, id ?? null],
    );
  }

  /** Changes numbers of a message, all or one; those that are done with stay as they are. */
  async note(
    message: string,
    address: string | undefined,
    change: Pick<SendingRecipient, 'state' | 'text' | 'nextAt' | 'finishedAt'>,
  ): Promise<void> {
    const { state, text, nextAt, finishedAt } = change;
    await this.#db.write([
      {
        sql: `UPDATE recipients SET state = ?, text = iif(? = '', text, ?), next_at = ?, finished_at = ?
              WHERE message = ? AND (? IS NULL OR lower(address) = lower(?)) AND finished_at = 0`,
        params: [state, text, text, nextAt, finishedAt, message, address ?? null, address ?? null],
      },
    ]);
  }

  async rename(message: string, address: string, to: string): Promise<void> {
    const sql = 'UPDATE recipients SET address = ? WHERE message = ? AND lower(address) = lower(?)';
    await this.#db.write([{ sql, params: [to, message, address] }]);
  }

  /** Gives numbers that failed another message, and the sending another time. */
  async renew(id: string, renewed: readonly { readonly position: number; readonly message: string }[]): Promise<void> {
    await this.#db.write(
      renewed.map(({ position, message }) => ({
        sql: `UPDATE recipients SET message = ?, state = 'waiting', text = '', next_at = 0, finished_at = 0
              WHERE sending = ? AND position = ? AND finished_at > 0`,
        params: [message, id, position],
        changes: 1,
      })),
    );
  }

  async setTime(id: string, at: number): Promise<void> {
    await this.#db.write([{ sql: 'UPDATE sendings SET not_before = ? WHERE id = ?', params: [at, id] }]);
  }

  async remove(ids: readonly string[]): Promise<void> {
    const statements: Statement[] = ids.map((id) => ({ sql: 'DELETE FROM sendings WHERE id = ?', params: [id] }));
    if (statements.length > 0) await this.#db.write(statements);
  }

  /** Those that are done with, made before `time` or beyond the newest `most`. */
  removable(time: number, most: number): string[] {
    return this.#db
      .all<{ id: string }>(
        `SELECT id FROM sendings WHERE (created_at < ? OR id NOT IN (SELECT id FROM sendings ORDER BY id DESC LIMIT ?))
           AND NOT EXISTS (SELECT 1 FROM recipients WHERE sending = id AND finished_at = 0)`,
        ...[time, most],
      )
      .map(({ id }) => id);
  }

  /** Those whose documents nobody needs: done with before `time`, or sent to all. */
  settled(id: string, time: number): boolean {
    const row = this.#db.get<{ open: number; failed: number; last: number }>(
      `SELECT sum(finished_at = 0) AS open, sum(state IN ('failed', 'cancelled')) AS failed, max(finished_at) AS last
       FROM recipients WHERE sending = ?`,
      id,
    );
    if (!row || row.open === null) return true;
    return row.open === 0 && (row.failed === 0 || row.last < time);
  }
}

function sendingOf(row: Readonly<Record<string, unknown>>): Sending {
  return {
    id: String(row.id),
    account: String(row.account),
    sender: String(row.sender),
    letter: JSON.parse(String(row.letter)) as FaxLetter,
    files: JSON.parse(String(row.files)) as Sending['files'],
    pages: Number(row.pages),
    report: row.report === 1,
    createdAt: Number(row.created_at),
    notBefore: Number(row.not_before),
  };
}

function recipientOf(row: Readonly<Record<string, unknown>>): SendingRecipient {
  return {
    position: Number(row.position),
    number: String(row.number),
    name: String(row.name),
    address: String(row.address),
    dialled: String(row.dialled),
    message: String(row.message),
    state: String(row.state) as SendingState,
    text: String(row.text),
    nextAt: Number(row.next_at),
    finishedAt: Number(row.finished_at),
  };
}
