import type { Database, Row, SqliteWriter, Statement } from '../lib/sqlite.ts';
import type { MimePart } from '../mail/mime-part.ts';
import { flagsFrom, flagsFromText } from './flags.ts';
import type { MessageInfo } from './types.ts';

/**
 * The index of one mailbox, `index.db`: what a Maildir does not tell (UIDs, MODSEQ, keywords), and what would be slow to
 * read from it. Counts of a folder are kept by triggers, so that STATUS of a large folder reads one row.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    uidValidity INTEGER NOT NULL,
    uidNext INTEGER NOT NULL,
    highestModSeq INTEGER NOT NULL DEFAULT 1,
    recentFrom INTEGER NOT NULL DEFAULT 1,
    scanned TEXT,
    messages INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    sizeBytes INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    folder INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
    uid INTEGER NOT NULL,
    base TEXT NOT NULL,
    place TEXT NOT NULL,
    info TEXT NOT NULL,
    keywords TEXT NOT NULL,
    modSeq INTEGER NOT NULL,
    internalDate INTEGER NOT NULL,
    sizeBytes INTEGER NOT NULL,
    delivery TEXT,
    unseen INTEGER NOT NULL AS (info NOT GLOB ':2,*S*'),
    deleted INTEGER NOT NULL AS (info GLOB ':2,*T*'),
    UNIQUE (folder, uid)
  ) STRICT;
  CREATE INDEX messagesByBase ON messages (base);
  CREATE INDEX messagesByDelivery ON messages (delivery) WHERE delivery IS NOT NULL;
  CREATE TABLE structures (
    message INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    json TEXT NOT NULL
  ) STRICT;
  CREATE TABLE renaming (source TEXT NOT NULL, target TEXT NOT NULL) STRICT;
  CREATE TRIGGER messageAdded AFTER INSERT ON messages BEGIN
    UPDATE folders SET messages = messages + 1, unseen = unseen + NEW.unseen, deleted = deleted + NEW.deleted,
      sizeBytes = sizeBytes + NEW.sizeBytes WHERE id = NEW.folder;
  END;
  CREATE TRIGGER messageRemoved AFTER DELETE ON messages BEGIN
    UPDATE folders SET messages = messages - 1, unseen = unseen - OLD.unseen, deleted = deleted - OLD.deleted,
      sizeBytes = sizeBytes - OLD.sizeBytes WHERE id = OLD.folder;
  END;
  CREATE TRIGGER messageChanged AFTER UPDATE OF folder, info, sizeBytes ON messages BEGIN
    UPDATE folders SET messages = messages - 1, unseen = unseen - OLD.unseen, deleted = deleted - OLD.deleted,
      sizeBytes = sizeBytes - OLD.sizeBytes WHERE id = OLD.folder;
    UPDATE folders SET messages = messages + 1, unseen = unseen + NEW.unseen, deleted = deleted + NEW.deleted,
      sizeBytes = sizeBytes + NEW.sizeBytes WHERE id = NEW.folder;
  END;
  `,
];

/** Where a message's file is: `new` or `cur`. */
export type Place = 'new' | 'cur';

export interface FolderRow {
  readonly id: number;
  readonly name: string;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly highestModSeq: number;
  readonly recentFrom: number;
  /** Times of `new` and `cur` at the last look, when all that was in them was in the index. */
  readonly scanned: string | null;
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly sizeBytes: number;
}

/** A message as it will stand in the index. */
export interface NewRow {
  readonly uid: number;
  readonly base: string;
  readonly place: Place;
  readonly info: string;
  readonly keywords: string;
  readonly modSeq: number;
  readonly internalDate: number;
  readonly sizeBytes: number;
  readonly delivery: string | null;
}

export interface MessageRow extends NewRow {
  readonly id: number;
}

export type PlaceRow = Pick<MessageRow, 'id' | 'uid' | 'base' | 'place' | 'info'>;

/** What may change in a row; folder and UID change by a move only. */
export type RowChange = Pick<MessageRow, 'id' | 'uid' | 'base' | 'place' | 'info' | 'keywords' | 'modSeq'>;

export function infoOf(row: NewRow): MessageInfo {
  return {
    uid: row.uid,
    flags: flagsFrom(row.info, row.keywords),
    modSeq: row.modSeq,
    internalDate: row.internalDate,
    sizeBytes: row.sizeBytes,
  };
}

/** Messages in one statement; thousands are bound as one JSON text in place of a statement each. */
const batchRows = 5000;

const rowColumns = 'id, uid, base, place, info, keywords, modSeq, internalDate, sizeBytes, delivery';

export class MailboxIndex {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  static async open(writer: SqliteWriter, path: string): Promise<MailboxIndex> {
    return new MailboxIndex(await writer.open(path, migrations));
  }

  folders(): FolderRow[] {
    return this.#db.all<Row & FolderRow>('SELECT * FROM folders ORDER BY name');
  }

  folder(id: number): FolderRow | undefined {
    return this.#db.get<Row & FolderRow>('SELECT * FROM folders WHERE id = ?', id);
  }

  list(folder: number): MessageInfo[] {
    const [uids, modSeqs, dates, sizes, flags] = this.#columns<[number, number, number, number, string]>(
      ['uid', 'modSeq', 'internalDate', 'sizeBytes', "info || '/' || keywords"],
      folder,
    );
    return uids.map((uid, at) => ({
      uid,
      flags: flagsFromText(flags[at]!),
      modSeq: modSeqs[at]!,
      internalDate: dates[at]!,
      sizeBytes: sizes[at]!,
    }));
  }

  /** Columns of all messages of a folder by UID: a list by column takes a third of the time of one by rows. */
  #columns<T extends readonly unknown[]>(
    columns: { [K in keyof T]: string },
    folder: number,
  ): { [K in keyof T]: T[K][] } {
    const lists = columns.map((_, at) => `json_group_array(c${at}) AS c${at}`);
    const values = columns.map((column, at) => `${column} AS c${at}`);
    const row = this.#db.get<Record<string, string>>(
      `SELECT ${lists.join(', ')} FROM (SELECT ${values.join(', ')} FROM messages WHERE folder = ? ORDER BY uid)`,
      folder,
    )!;
    return columns.map((_, at) => JSON.parse(row[`c${at}`]!)) as { [K in keyof T]: T[K][] };
  }

  uidsFrom(folder: number, uid: number): number[] {
    const rows = this.#db.all<{ uid: number }>(
      'SELECT uid FROM messages WHERE folder = ? AND uid >= ? ORDER BY uid',
      folder,
      uid,
    );
    return rows.map((row) => row.uid);
  }

  countFrom(folder: number, uid: number): number {
    const sql = 'SELECT count(*) AS n FROM messages WHERE folder = ? AND uid >= ?';
    return this.#db.get<{ n: number }>(sql, folder, uid)!.n;
  }

  byUid(folder: number, uid: number): MessageRow | undefined {
    const sql = `SELECT ${rowColumns} FROM messages WHERE folder = ? AND uid = ?`;
    return this.#db.get<Row & MessageRow>(sql, folder, uid);
  }

  byUids(folder: number, uids: readonly number[]): MessageRow[] {
    if (uids.length === 1) return [this.byUid(folder, uids[0]!) ?? []].flat();
    return this.#db.all<Row & MessageRow>(
      `SELECT ${rowColumns} FROM messages WHERE folder = ? AND uid IN (SELECT value FROM json_each(?)) ORDER BY uid`,
      folder,
      JSON.stringify(uids),
    );
  }

  byBase(folder: number, base: string): MessageRow | undefined {
    const sql = `SELECT ${rowColumns} FROM messages WHERE base = ? AND folder = ? ORDER BY uid LIMIT 1`;
    return this.#db.get<Row & MessageRow>(sql, base, folder);
  }

  /** Keywords of a message by its base in whatever folder, for one that comes to light elsewhere. */
  keywordsByBase(base: string): { keywords: string; internalDate: number } | undefined {
    return this.#db.get('SELECT keywords, internalDate FROM messages WHERE base = ? LIMIT 1', base);
  }

  byDelivery(delivery: string): number | undefined {
    return this.#db.get<{ uid: number }>('SELECT uid FROM messages WHERE delivery = ? LIMIT 1', delivery)?.uid;
  }

  /** UIDs and bases of a folder in order, in pieces: other reads may come between. */
  *bases(folder: number): Generator<{ uid: number; base: string }> {
    const sql = 'SELECT uid, base FROM messages WHERE folder = ? AND uid > ? ORDER BY uid LIMIT ?';
    for (let last = 0; ; ) {
      const rows = this.#db.all<{ uid: number; base: string }>(sql, folder, last, batchRows);
      yield* rows;
      if (rows.length < batchRows) return;
      last = rows.at(-1)!.uid;
    }
  }

  /** Where the messages of a folder are. */
  places(folder: number): PlaceRow[] {
    const [ids, uids, bases, places, infos] = this.#columns<[number, number, string, Place, string]>(
      ['id', 'uid', 'base', 'place', 'info'],
      folder,
    );
    return ids.map((id, at) => ({ id, uid: uids[at]!, base: bases[at]!, place: places[at]!, info: infos[at]! }));
  }

  /** Octets of the messages of a folder that are marked as deleted. */
  deletedBytes(folder: number): number {
    const row = this.#db.get<{ sum: number }>(
      'SELECT ifnull(sum(sizeBytes), 0) AS sum FROM messages WHERE folder = ? AND deleted = 1',
      folder,
    );
    return row!.sum;
  }

  usage(): { messages: number; sizeBytes: number } {
    const { messages, sizeBytes } = this.#db.get<{ messages: number; sizeBytes: number }>(
      'SELECT ifnull(sum(messages), 0) AS messages, ifnull(sum(sizeBytes), 0) AS sizeBytes FROM folders',
    )!;
    return { messages, sizeBytes };
  }

  structure(message: number): MimePart | undefined {
    const row = this.#db.get<{ json: string }>('SELECT json FROM structures WHERE message = ?', message);
    return row && (JSON.parse(row.json) as MimePart);
  }

  renaming(): { source: string; target: string } | undefined {
    return this.#db.get('SELECT source, target FROM renaming LIMIT 1');
  }

  /** Runs the statements as one transaction; answers the rows that they return. */
  async write(...statements: readonly (Statement | readonly Statement[])[]): Promise<readonly Row[]> {
    const results = await this.#db.write(statements.flat());
    return results.flatMap(({ rows }) => rows) as readonly Row[];
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

function* batches<T>(items: readonly T[]): Generator<string> {
  for (let at = 0; at < items.length; at += batchRows) yield JSON.stringify(items.slice(at, at + batchRows));
}

/** The statements that change a mailbox; several of them make one transaction. */
export const change = {
  addFolder: (name: string, uidValidity: number): Statement => ({
    sql: 'INSERT INTO folders (name, uidValidity, uidNext) VALUES (?, ?, 1) RETURNING *',
    params: [name, uidValidity],
  }),

  removeFolder: (id: number): Statement => ({ sql: 'DELETE FROM folders WHERE id = ?', params: [id] }),

  nameFolder: (id: number, name: string): Statement => ({
    sql: 'UPDATE folders SET name = ? WHERE id = ?',
    params: [name, id],
  }),

  /** UIDNEXT and MODSEQ only ever grow. */
  advance: (id: number, uidNext: number, modSeq: number): Statement => ({
    sql: 'UPDATE folders SET uidNext = max(uidNext, ?), highestModSeq = max(highestModSeq, ?) WHERE id = ?',
    params: [uidNext, modSeq, id],
  }),

  claimRecent: (id: number, from: number): Statement => ({
    sql: 'UPDATE folders SET recentFrom = max(recentFrom, ?) WHERE id = ?',
    params: [from, id],
  }),

  scanned: (id: number, scanned: string | null): Statement => ({
    sql: 'UPDATE folders SET scanned = ? WHERE id = ?',
    params: [scanned, id],
  }),

  add: (folder: number, rows: readonly NewRow[]): Statement[] =>
    [...batches(rows)].map((json) => ({
      sql: `INSERT INTO messages (folder, uid, base, place, info, keywords, modSeq, internalDate, sizeBytes, delivery)
        SELECT ?, value ->> 'uid', value ->> 'base', value ->> 'place', value ->> 'info', value ->> 'keywords',
          value ->> 'modSeq', value ->> 'internalDate', value ->> 'sizeBytes', value ->> 'delivery' FROM json_each(?)`,
      params: [folder, json],
    })),

  /** Changes rows; with another folder and new UIDs it is a move. */
  update: (folder: number, rows: readonly RowChange[]): Statement[] =>
    [...batches(rows)].map((json) => ({
      sql: `UPDATE messages SET folder = ?, uid = j.uid, base = j.base, place = j.place, info = j.info, keywords = j.keywords,
          modSeq = j.modSeq
        FROM (SELECT value ->> 'id' AS id, value ->> 'uid' AS uid, value ->> 'base' AS base, value ->> 'place' AS place,
          value ->> 'info' AS info, value ->> 'keywords' AS keywords, value ->> 'modSeq' AS modSeq
          FROM json_each(?)) AS j WHERE messages.id = j.id`,
      params: [folder, json],
    })),

  remove: (ids: readonly number[]): Statement[] =>
    [...batches(ids)].map((json) => ({
      sql: 'DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))',
      params: [json],
    })),

  structure: (message: number, json: string): Statement => ({
    sql: 'INSERT OR REPLACE INTO structures (message, json) SELECT id, ? FROM messages WHERE id = ?',
    params: [json, message],
  }),

  beginRenaming: (source: string, target: string): Statement => ({
    sql: 'INSERT INTO renaming VALUES (?, ?)',
    params: [source, target],
  }),

  endRenaming: (): Statement => ({ sql: 'DELETE FROM renaming' }),
};
