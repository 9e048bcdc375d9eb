import { join } from 'node:path';
import type { Raster, Resolution } from '../fax/raster.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { makeFolder } from '../lib/durable.ts';
import type { EventBus } from '../lib/events.ts';
import type { Database, SqliteWriter, Statement } from '../lib/sqlite.ts';
import { migrations } from './archive-schema.ts';
import { type FaxRecord, type FaxState, type PageFile, readFax } from './fax-record.ts';
import { type FaxFilter, searchFaxes } from './fax-search.ts';
import { type KeptFile, PageFiles } from './page-files.ts';

export interface FaxArchiveParts {
  readonly writer: SqliteWriter;
  /** `faxes.db` and `pages/` are made in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Asked each time. Settled faxes that are older, and the oldest beyond the size, are removed. */
  readonly keep: () => { readonly timeMs: number; readonly sizeBytes: number };
}

export type SentStart = Pick<FaxRecord, 'id' | 'number' | 'address' | 'sender' | 'subject' | 'message' | 'startedAt'>;

export type ReceivedFax = Pick<
  FaxRecord,
  'id' | 'number' | 'station' | 'callerName' | 'calledNumber' | 'line' | 'subject' | 'startedAt' | 'durationMs'
> &
  Pick<FaxRecord, 'bitRate' | 'text' | 'confirmed'> & { readonly state: 'received' | 'partial' };

/** What a call out brought. */
export interface FaxProgress {
  /** Pages confirmed in all calls. */
  readonly confirmed: number;
  /** Calls that count. */
  readonly calls: number;
  readonly text: string;
  /** Of this call. */
  readonly durationMs: number;
  readonly station: string;
  readonly bitRate: number;
}

export interface SentPage {
  load(resolution: Resolution): Promise<Raster>;
  readonly resolution: Resolution;
}

/** Faxes kept, however small; the oldest settled ones go. */
const recordLimit = 50_000;
/** Faxes removed in one transaction. */
const pruneLimit = 100;
const housekeepingMs = 3_600_000;
/** What is remembered of a message that sends a fax again: longer than any message is in the queue. */
const resendMs = 60 * 86_400_000;
/** Longest texts kept. */
const subjectLimit = 500;
const textLimit = 2000;

/** All faxes that were sent and received, with their pages as they crossed the line. What is on disk when: `archive-schema.ts`. */
export class FaxArchive {
  readonly #parts: FaxArchiveParts;
  readonly #db: Database;
  readonly #files: PageFiles;
  #housekeeping: Timer | undefined;
  #pruning: Promise<void> = Promise.resolve();

  private constructor(parts: FaxArchiveParts, db: Database) {
    this.#parts = parts;
    this.#db = db;
    this.#files = new PageFiles(join(parts.folder, 'pages'));
  }

  /** Opens the archive and removes files that a crash left without rows. */
  static async open(parts: FaxArchiveParts): Promise<FaxArchive> {
    await makeFolder(join(parts.folder, 'pages'));
    const db = await parts.writer.open(join(parts.folder, 'faxes.db'), migrations);
    const archive = new FaxArchive(parts, db);
    await archive.#files.tidy((fax) => archive.#names(fax));
    await archive.prune();
    return archive;
  }

  /** Removes old faxes from now on, by the hour. */
  start(): void {
    this.#planHousekeeping();
  }

  /** Newest first. */
  list(filter: FaxFilter): FaxRecord[] {
    return searchFaxes(this.#db, filter);
  }

  get(id: string): FaxRecord | undefined {
    const row = this.#db.get('SELECT * FROM faxes WHERE id = ?', id);
    return row && readFax(row);
  }

  /** Who sent a fax, or got it: mail addresses in lower case. */
  people(id: string): string[] {
    return this.#db
      .all<{ address: string }>('SELECT address FROM people WHERE fax = ? ORDER BY address', id)
      .map(({ address }) => address);
  }

  pages(id: string): PageFile[] {
    return this.#db.all('SELECT * FROM pages WHERE fax = ? ORDER BY page', id).map((row) => ({
      page: Number(row.page),
      file: this.#files.path(id, String(row.file)),
      widthPx: Number(row.width),
      resolution: row.resolution as Resolution,
      lines: Number(row.lines),
      badLines: Number(row.bad_lines),
      longestBadRun: Number(row.longest_bad_run),
    }));
  }

  /** @throws Error with code ENOENT when the disk has lost it */
  readPage(page: PageFile): Promise<Raster> {
    return this.#files.read(page);
  }

  /** Faxes out that are not settled, oldest first. */
  underWay(): FaxRecord[] {
    return this.#db.all("SELECT * FROM faxes WHERE state = 'under-way' ORDER BY id").map(readFax);
  }

  /** Octets of all pages. */
  sizeBytes(): number {
    return Number(this.#db.get('SELECT coalesce(sum(size_bytes), 0) AS size FROM faxes')!.size);
  }

  /** A fax out is under way; nothing happens when it is known. */
  async begin({ id, number, address, sender, subject, message, startedAt }: SentStart): Promise<void> {
    if (this.get(id)) return;
    await this.#db.write([
      {
        sql: `INSERT OR IGNORE INTO faxes VALUES (?, 'out', 'under-way', ?, ?, '', '', '', '', ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, '', NULL)`,
        params: [id, number, address, sender, subject.slice(0, subjectLimit), message, startedAt],
      },
      ...peopleStatements(id, [sender]),
    ]);
    this.#changed(id, 'under-way');
  }

  /** Keeps the pages of a fax out; resolves when they are on stable storage. Those that are kept already stay. */
  async keepPages(id: string, pages: readonly SentPage[], subject = ''): Promise<void> {
    const fax = this.get(id);
    if (!fax || fax.pages > 0) return;
    const rasters = pages.map(({ load, resolution }, index) => ({ page: index + 1, load: () => load(resolution) }));
    const kept = await this.#files.write(id, rasters, new Set());
    await this.#db.write([
      ...kept.map((page) => pageStatement(id, page)),
      {
        sql: "UPDATE faxes SET subject = iif(subject = '', ?, subject) WHERE id = ?",
        params: [subject.slice(0, subjectLimit), id],
      },
      countStatement(id),
    ]);
    this.#changed(id, fax.state);
  }

  /** A page crosses in another form than it was kept in: that form is kept. */
  async keepCrossing(id: string, page: number, raster: Raster): Promise<void> {
    const known = this.#db.get('SELECT file, resolution FROM pages WHERE fax = ? AND page = ?', id, page);
    if (!known || known.resolution === raster.resolution) return;
    const names = this.#names(id) ?? new Set();
    const kept = await this.#files.write(id, [{ page, load: async () => raster }], names);
    await this.#db.write([...kept.map((one) => pageStatement(id, one)), countStatement(id)]);
    await this.#files.removeOne(id, String(known.file));
  }

  /** A call out has ended, and the fax is not done. */
  async note(id: string, progress: FaxProgress): Promise<void> {
    await this.#db.write([progressStatement(id, progress)]);
    this.#changed(id, 'under-way');
  }

  /** A fax out is done with. One that is settled stays as it is. */
  async settle(id: string, state: 'sent' | 'failed', end: Partial<FaxProgress> & { text: string }): Promise<void> {
    const { confirmed = 0, calls = 0, text, durationMs = 0, station = '', bitRate = 0 } = end;
    const progress = { confirmed, calls, text, durationMs, station, bitRate };
    await this.#db.write([
      progressStatement(id, progress),
      {
        sql: "UPDATE faxes SET state = ?, ended_at = ? WHERE id = ? AND state = 'under-way'",
        params: [state, this.#parts.clock.now(), id],
      },
    ]);
    this.#changed(id, state);
    this.#pruneSoon();
  }

  /** No further call is to be made for a fax out; whoever sends it is to fail it. */
  async cancel(id: string, reason: string): Promise<void> {
    await this.#db.write([
      {
        sql: "UPDATE faxes SET cancelled = ? WHERE id = ? AND state = 'under-way'",
        params: [reason.slice(0, textLimit), id],
      },
    ]);
    this.#changed(id, 'under-way');
  }

  /** Takes a received fax over, with its pages, which must be synced files; resolves when it is on stable storage. */
  async receive(fax: ReceivedFax, pages: readonly PageFile[], people: readonly string[]): Promise<FaxRecord> {
    const known = this.get(fax.id);
    if (known) return known;
    const { id, number, station, callerName, calledNumber, line, subject, startedAt, durationMs, bitRate } = fax;
    const kept = await this.#files.takeOver(id, pages);
    await this.#db.write([
      {
        sql: `INSERT INTO faxes VALUES (?, 'in', ?, ?, '', ?, ?, ?, ?, '', ?, '', ?, ?, ?, 0, ?, 1, ?, 0, ?, NULL)`,
        params: [
          ...[id, fax.state, number, station, callerName, calledNumber, line, subject.slice(0, subjectLimit)],
          ...[startedAt, startedAt + durationMs, durationMs, fax.confirmed, bitRate, fax.text.slice(0, textLimit)],
        ],
      },
      ...kept.map((page) => pageStatement(id, page)),
      ...peopleStatements(id, people),
      countStatement(id),
    ]);
    this.#changed(id, fax.state);
    return this.get(id)!;
  }

  /** A fax in was mailed to further people. */
  async delivered(id: string, message: string, people: readonly string[]): Promise<void> {
    await this.#db.write([
      { sql: "UPDATE faxes SET message = ? WHERE id = ? AND direction = 'in'", params: [message, id] },
      ...peopleStatements(id, people),
    ]);
    const fax = this.get(id);
    if (fax) this.#changed(id, fax.state);
    this.#pruneSoon();
  }

  /** The message about to be submitted sends the pages of a fax once more: they are sent as they are. */
  async noteResend(message: string, fax: string): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#db.write([
      { sql: 'INSERT OR REPLACE INTO resends VALUES (?, ?, ?)', params: [message, fax, now] },
      { sql: 'DELETE FROM resends WHERE at < ?', params: [now - resendMs] },
    ]);
  }

  isResend(message: string): boolean {
    return this.#db.get('SELECT 1 FROM resends WHERE message = ?', message) !== undefined;
  }

  /** Removes a settled fax. @returns whether there was one */
  async remove(id: string): Promise<boolean> {
    const [result] = await this.#db.write([removeStatement(id)]);
    if (result!.changes === 0) return false;
    await this.#files.remove(id);
    this.#parts.events.emit('fax.removed', { fax: id });
    return true;
  }

  /** Removes what is older than faxes are kept, and the oldest beyond the space that they may take. */
  async prune(): Promise<void> {
    for (;;) {
      const old = this.#old();
      if (old.length === 0) return;
      await this.#db.write(old.map(removeStatement));
      for (const id of old) await this.#files.remove(id);
      if (old.length < pruneLimit) return;
    }
  }

  async close(): Promise<void> {
    this.#housekeeping?.cancel();
    await this.#pruning;
    await this.#db.close();
  }

  #old(): string[] {
    const { clock, keep } = this.#parts;
    const { timeMs, sizeBytes } = keep();
    const settled = this.#db.all<{ id: string; ended_at: number; size_bytes: number }>(
      "SELECT id, ended_at, size_bytes FROM faxes WHERE state <> 'under-way' ORDER BY ended_at, id LIMIT ?",
      pruneLimit,
    );
    let tooLarge = this.sizeBytes() - sizeBytes;
    let tooMany = Number(this.#db.get('SELECT count(*) AS count FROM faxes')!.count) - recordLimit;
    const old: string[] = [];
    for (const fax of settled) {
      if (fax.ended_at >= clock.now() - timeMs && tooLarge <= 0 && tooMany <= 0) break;
      old.push(fax.id);
      tooLarge -= fax.size_bytes;
      tooMany--;
    }
    return old;
  }

  #pruneSoon(): void {
    this.#pruning = this.#pruning
      .then(() => this.prune())
      .catch((error: unknown) => {
        this.#parts.events.emit('box.fault', { where: 'fax archive: old faxes', error: String(error) });
      });
  }

  #planHousekeeping(): void {
    this.#housekeeping = this.#parts.clock.timer(housekeepingMs, () => {
      this.#pruneSoon();
      this.#planHousekeeping();
    });
  }

  #names(fax: string): ReadonlySet<string> | undefined {
    if (!this.#db.get('SELECT 1 FROM faxes WHERE id = ?', fax)) return undefined;
    return new Set(this.#db.all<{ file: string }>('SELECT file FROM pages WHERE fax = ?', fax).map(({ file }) => file));
  }

  #changed(fax: string, state: FaxState): void {
    this.#parts.events.emit('fax.changed', { fax, state });
  }
}

function peopleStatements(fax: string, people: readonly string[]): Statement[] {
  return people.filter(Boolean).map((address) => ({
    sql: 'INSERT OR IGNORE INTO people SELECT id, ?2 FROM faxes WHERE id = ?1',
    params: [fax, address.toLowerCase()],
  }));
}

function pageStatement(fax: string, page: KeptFile): Statement {
  const { name, widthPx, resolution, lines, badLines, longestBadRun, sizeBytes } = page;
  return {
    sql: 'INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    params: [fax, page.page, name, widthPx, resolution, lines, badLines, longestBadRun, sizeBytes],
  };
}

function countStatement(fax: string): Statement {
  return {
    sql: `UPDATE faxes SET pages = (SELECT count(*) FROM pages WHERE fax = ?1),
            size_bytes = (SELECT coalesce(sum(size_bytes), 0) FROM pages WHERE fax = ?1) WHERE id = ?1`,
    params: [fax],
  };
}

function progressStatement(fax: string, progress: FaxProgress): Statement {
  const { confirmed, calls, text, durationMs, station, bitRate } = progress;
  return {
    sql: `UPDATE faxes SET confirmed = max(confirmed, ?), calls = max(calls, ?), text = ?, duration_ms = duration_ms + ?,
            station = iif(? = '', station, ?), bit_rate = iif(? = 0, bit_rate, ?) WHERE id = ? AND state = 'under-way'`,
    params: [...[confirmed, calls, text.slice(0, textLimit), durationMs], ...[station, station, bitRate, bitRate, fax]],
  };
}

function removeStatement(fax: string): Statement {
  return { sql: "DELETE FROM faxes WHERE id = ? AND state <> 'under-way'", params: [fax] };
}
