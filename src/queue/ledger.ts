import { ConflictError, type Database, type Statement } from '../lib/sqlite.ts';
import { aliasKey } from './expansion.ts';
import { maxAttachmentBytes, maxResumeLength, type Settlement } from './outcome.ts';
import {
  type AgentName,
  insertMessage,
  insertRecipient,
  type MessageRecord,
  type RecipientRecord,
  readMessage,
  readRecipient,
  writeOutcome,
} from './records.ts';
import { interruptionWaitMs, startOf } from './schedule.ts';
import type { Accepted, QueuedMessage, ReportAttachment } from './types.ts';

/** A recipient as it is first written down. */
export type NewRecipient = Parameters<typeof insertRecipient>[0];

/**
 * All that is written down about messages and recipients while mail moves: the only SQL of scheduler and reports.
 * Each method is one transaction; what changes something is durable when it resolves.
 */
export class Ledger {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The commit point (S2 → S3 in `schema.ts`). */
  async accept(message: QueuedMessage, recipients: readonly NewRecipient[], key: string | undefined): Promise<void> {
    await this.#db.write([
      insertMessage(message),
      ...recipients.map((recipient) => insertRecipient(recipient)),
      ...(key === undefined
        ? []
        : [
            {
              sql: 'INSERT INTO submissions (key, message, size_bytes) VALUES (?, ?, ?)',
              params: [key, message.id, message.sizeBytes],
            },
          ]),
    ]);
  }

  /** What an earlier submission with this id was answered. */
  submission(key: string): Accepted | undefined {
    const row = this.#db.get('SELECT message, size_bytes FROM submissions WHERE key = ?', key);
    return row && { id: String(row.message), sizeBytes: Number(row.size_bytes) };
  }

  async forgetSubmissions(finishedBefore: number): Promise<void> {
    await this.#db.write([{ sql: 'DELETE FROM submissions WHERE finished_at < ?', params: [finishedBefore] }]);
  }

  message(id: string): MessageRecord | undefined {
    const row = this.#db.get('SELECT * FROM messages WHERE id = ?', id);
    return row && readMessage(row);
  }

  recipient(id: string): RecipientRecord | undefined {
    const row = this.#db.get('SELECT * FROM recipients WHERE id = ?', id);
    return row && readRecipient(row);
  }

  /** Due recipients of an agent, the longest due first, without those for destinations that are busy. */
  due(agent: string, now: number, busyDestinations: readonly string[], limit: number): RecipientRecord[] {
    const busy = JSON.stringify(busyDestinations);
    const near = this.#db.all(dueNear, agent, now, dueWindow, busy, limit);
    // Thousands may wait for a busy destination before the first one for another: then look by destination.
    const enough = near.length === limit || busyDestinations.length === 0;
    const rows =
      enough || !this.#isDueBeyond(agent, now) ? near : this.#db.all(dueByDestination, agent, now, busy, limit);
    return rows.map(readRecipient);
  }

  #isDueBeyond(agent: string, now: number): boolean {
    const row = this.#db.get(
      "SELECT 1 FROM recipients WHERE state = 'waiting' AND agent = ? AND next_at <= ? LIMIT 1 OFFSET ?",
      ...[agent, now, dueWindow],
    );
    return row !== undefined;
  }

  /** Due recipients of the same message that go the same way to the same destination, `first` among them. */
  together({ message, agent, destination }: RecipientRecord, now: number, limit: number): RecipientRecord[] {
    return this.#db
      .all(
        `SELECT * FROM recipients WHERE message = ? AND +agent = ? AND destination = ? AND +state = 'waiting' AND +next_at <= ?
         ORDER BY id LIMIT ?`,
        ...[message, agent, destination, now, limit],
      )
      .map(readRecipient);
  }

  /** When the next recipient of the agent that is not due yet falls due. */
  nextDue(agent: string, now: number): number | undefined {
    const row = this.#db.get(
      "SELECT min(next_at) AS at FROM recipients WHERE state = 'waiting' AND agent = ? AND next_at > ?",
      ...[agent, now],
    );
    return row?.at === null || row === undefined ? undefined : Number(row.at);
  }

  /**
   * waiting → delivering. @throws ConflictError when one of them is not waiting any more, or its message was put off;
   * nothing was changed.
   */
  async begin(ids: readonly string[], now: number): Promise<void> {
    await this.#db.write(
      ids.map((id) => ({
        sql: `UPDATE recipients SET state = 'delivering' WHERE id = ? AND state = 'waiting' AND ${notBefore} <= ?`,
        params: [id, now],
        changes: 1,
      })),
    );
  }

  /** delivering → waiting, as if nothing had been tried. */
  async giveBack(ids: readonly string[], nextAt: number): Promise<void> {
    await this.#db.write(
      ids.map((id) => ({
        sql: `UPDATE recipients SET state = ${waitingState}, next_at = max(?, ${notBefore})
              WHERE id = ? AND state = 'delivering'`,
        params: [nextAt, id],
      })),
    );
  }

  /**
   * Writes changes of one message down, and removes it when nothing is left to do.
   * @returns whether it was removed.
   */
  async change(message: string, statements: readonly Statement[], now: number): Promise<boolean> {
    const results = await this.#db.write([...statements, ...finishStatements(message, now)]);
    return results.at(-2)!.changes === 1;
  }

  /** Removes messages that are done with; finds none unless something else changed the database. */
  async removeFinished(now: number): Promise<string[]> {
    const rows = this.#db.all<{ id: string }>(`SELECT id FROM messages WHERE ${isFinished}`);
    for (const { id } of rows) await this.change(id, [], now);
    return rows.map(({ id }) => id);
  }

  /** Deliveries that the program died under go back. @returns how many. */
  async recover(now: number): Promise<number> {
    const rows = this.#db.all("SELECT * FROM recipients WHERE state = 'delivering'").map(readRecipient);
    await this.#db.write(
      rows.map(({ id, interrupted }) => ({
        sql: `UPDATE recipients SET state = ${waitingState}, interrupted = ?, next_at = max(?, ${notBefore}) WHERE id = ?`,
        params: [interrupted + 1, now + interruptionWaitMs(interrupted + 1), id],
      })),
    );
    return rows.length;
  }

  /** Ids whose spool file belongs into `folder`. */
  idsIn(folder: string): string[] {
    return this.#db.all<{ id: string }>('SELECT id FROM messages WHERE substr(id, -2) = ?', folder).map(({ id }) => id);
  }

  folders(): string[] {
    return this.#db
      .all<{ folder: string }>('SELECT DISTINCT substr(id, -2) AS folder FROM messages')
      .map((row) => row.folder);
  }

  /** Puts a message on hold. @returns whether it is there. */
  async hold(id: string): Promise<boolean> {
    const [message] = await this.#db.write([
      { sql: 'UPDATE messages SET held = 1 WHERE id = ?', params: [id] },
      { sql: "UPDATE recipients SET state = 'held' WHERE message = ? AND state = 'waiting'", params: [id] },
    ]);
    return message!.changes === 1;
  }

  async release(id: string, now: number): Promise<boolean> {
    const [message] = await this.#db.write([
      { sql: 'UPDATE messages SET held = 0 WHERE id = ?', params: [id] },
      {
        sql: `UPDATE recipients SET state = 'waiting', next_at = max(?, ${notBefore}) WHERE message = ? AND state = 'held'`,
        params: [now, id],
      },
    ]);
    return message!.changes === 1;
  }

  /** Makes waiting recipients due: of one message, one alone, or all; none before its time. @returns how many. */
  async makeDue(
    which: { readonly message: string } | { readonly recipient: string } | 'all',
    now: number,
  ): Promise<number> {
    const [where, params] =
      which === 'all'
        ? ['true', []]
        : 'message' in which
          ? ['message = ?', [which.message]]
          : ['id = ?', [which.recipient]];
    const [result] = await this.#db.write([
      {
        sql: `UPDATE recipients SET next_at = ? WHERE state = 'waiting' AND next_at > ? AND ${notBefore} <= ? AND ${where}`,
        params: [now, now, now, ...params],
      },
    ]);
    return result!.changes;
  }

  /**
   * Gives a message another time before which nothing is tried; expiry and warning move with it. Deliveries that run go on.
   * @returns whether it is there, and not cancelled.
   */
  async putOff(id: string, at: number): Promise<boolean> {
    for (;;) {
      const message = this.message(id);
      if (!message || message.cancelled !== undefined) return false;
      const later = startOf({ ...message, notBefore: at }) - startOf(message);
      try {
        await this.#db.write([
          {
            sql: 'UPDATE messages SET not_before = ? WHERE id = ? AND not_before IS ? AND cancelled IS NULL',
            params: [at, id, message.notBefore ?? null],
            changes: 1,
          },
          {
            sql: `UPDATE recipients SET next_at = ?, expires_at = expires_at + ?, warn_at = warn_at + ?
                  WHERE message = ? AND state IN ('waiting', 'held')`,
            params: [at, later, later, id],
          },
        ]);
        return true;
      } catch (error) {
        // Somebody else gave it another time meanwhile.
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }

  /** Marks a message as cancelled: attempts that begin from now on end it. @returns whether it is there. */
  async cancel(id: string, reason: string, now: number): Promise<boolean> {
    const [message] = await this.#db.write([
      { sql: 'UPDATE messages SET cancelled = ? WHERE id = ?', params: [reason, id] },
      {
        // Without an agent: none has to be free to make an end.
        sql: `UPDATE recipients SET state = 'waiting', next_at = ?, agent = 'none', destination = ''
              WHERE message = ? AND state IN ('waiting', 'held')`,
        params: [now, id],
      },
    ]);
    return message!.changes === 1;
  }

  /** Recipients of a message under this address that are not done with. */
  open(message: string, address: string): RecipientRecord[] {
    return this.#db
      .all(
        'SELECT * FROM recipients WHERE message = ? AND lower(address) = lower(?) AND finished_at IS NULL ORDER BY id',
        ...[message, address],
      )
      .map(readRecipient);
  }

  hasKey(message: string, key: string): boolean {
    return this.#db.get('SELECT 1 FROM recipients WHERE message = ? AND key = ?', message, key) !== undefined;
  }

  /** Puts others in the place of a recipient that waits. @throws ConflictError when it waits no more; nothing was changed. */
  async replace(message: string, recipient: string, inserted: readonly Statement[], now: number): Promise<boolean> {
    const remove = "DELETE FROM recipients WHERE id = ? AND state IN ('waiting', 'held')";
    return this.change(message, [{ sql: remove, params: [recipient], changes: 1 }, ...inserted], now);
  }

  /** Messages with final recipients that wait to be reported, oldest first; `since` when the first of them was final. */
  unreported(limit: number): { readonly message: string; readonly since: number }[] {
    return this.#db.all<{ message: string; since: number }>(
      `SELECT message, min(finished_at) AS since FROM recipients INDEXED BY recipients_unreported
       WHERE finished_at IS NOT NULL AND reported = 0 AND report IS NULL GROUP BY message LIMIT ?`,
      limit,
    );
  }

  /** Messages with recipients whose delay warning is due. */
  late(now: number, limit: number): string[] {
    return this.#db
      .all<{ message: string }>(
        "SELECT DISTINCT message FROM recipients WHERE state = 'waiting' AND warn_at IS NOT NULL AND warn_at <= ? LIMIT ?",
        ...[now, limit],
      )
      .map(({ message }) => message);
  }

  nextLate(now: number): number | undefined {
    const row = this.#db.get(
      "SELECT min(warn_at) AS at FROM recipients WHERE state = 'waiting' AND warn_at IS NOT NULL AND warn_at > ?",
      now,
    );
    return row?.at === null || row === undefined ? undefined : Number(row.at);
  }

  /** Gives a report its id and its recipients theirs. */
  async beginReport(id: string, message: string, kind: 'final' | 'delay', now: number): Promise<void> {
    const mark: Statement =
      kind === 'final'
        ? {
            sql: `UPDATE recipients SET report = ?
                  WHERE message = ? AND finished_at IS NOT NULL AND reported = 0 AND report IS NULL`,
            params: [id, message],
          }
        : {
            sql: `UPDATE recipients SET delay_report = ?, warn_at = NULL
                  WHERE message = ? AND state = 'waiting' AND warn_at <= ?`,
            params: [id, message, now],
          };
    await this.#db.write([{ sql: 'INSERT INTO reports VALUES (?, ?, ?)', params: [id, message, kind] }, mark]);
  }

  /** @returns whether the message was removed. */
  endReport(id: string, message: string, now: number): Promise<boolean> {
    return this.change(
      message,
      [
        { sql: 'UPDATE recipients SET reported = 1 WHERE message = ? AND report = ?', params: [message, id] },
        {
          sql: 'UPDATE recipients SET delay_report = NULL WHERE message = ? AND delay_report = ?',
          params: [message, id],
        },
        { sql: 'DELETE FROM reports WHERE id = ?', params: [id] },
      ],
      now,
    );
  }

  /** Reports that were begun and not ended, oldest first, beyond `after`. */
  openReports(
    after: string,
    limit: number,
  ): { readonly id: string; readonly message: string; readonly kind: 'final' | 'delay' }[] {
    return this.#db.all('SELECT id, message, kind FROM reports WHERE id > ? ORDER BY id LIMIT ?', after, limit);
  }

  reportRecipients(message: string, report: string): RecipientRecord[] {
    return this.#db
      .all(
        'SELECT * FROM recipients WHERE message = ? AND (report = ? OR delay_report = ?) ORDER BY id',
        message,
        report,
        report,
      )
      .map(readRecipient);
  }

  attachment(recipient: string): ReportAttachment | undefined {
    const row = this.#db.get('SELECT * FROM attachments WHERE recipient = ?', recipient);
    if (!row) return undefined;
    const { content_type: contentType, file_name: fileName, bytes } = row;
    return { contentType: String(contentType), fileName: String(fileName), bytes: bytes as Uint8Array };
  }
}

/** Due recipients looked at in order of time before they are looked for by destination. */
const dueWindow = 1000;

const dueNear = `
  SELECT * FROM (
    SELECT * FROM recipients INDEXED BY recipients_due
    WHERE state = 'waiting' AND agent = ? AND next_at <= ? ORDER BY next_at, id LIMIT ?
  ) WHERE destination NOT IN (SELECT value FROM json_each(?)) LIMIT ?`;

/** Steps from destination to destination in the index, taking no more of each than are asked for. */
const dueByDestination = `
  WITH RECURSIVE found (destination) AS (
    SELECT min(destination) FROM recipients INDEXED BY recipients_by_destination WHERE state = 'waiting' AND agent = ?1
    UNION ALL
    SELECT (SELECT min(destination) FROM recipients INDEXED BY recipients_by_destination
            WHERE state = 'waiting' AND agent = ?1 AND destination > found.destination)
    FROM found WHERE found.destination IS NOT NULL
  )
  SELECT recipients.* FROM found JOIN recipients ON recipients.id IN (
    SELECT id FROM recipients INDEXED BY recipients_by_destination
    WHERE state = 'waiting' AND agent = ?1 AND destination = found.destination AND next_at <= ?2 ORDER BY next_at LIMIT ?4)
  WHERE found.destination NOT IN (SELECT value FROM json_each(?3)) ORDER BY next_at, recipients.id LIMIT ?4`;

/** What the message of a recipient says. One that is cancelled waits for nothing. */
const notBefore = `coalesce((SELECT iif(cancelled IS NULL, not_before, 0) FROM messages
  WHERE messages.id = recipients.message), 0)`;

/** `waiting`, or `held` when the message is on hold. */
const waitingState = `CASE WHEN (SELECT held AND cancelled IS NULL FROM messages WHERE messages.id = recipients.message)
  THEN 'held' ELSE 'waiting' END`;

const isFinished = `
  NOT EXISTS (SELECT 1 FROM recipients WHERE message = messages.id AND (finished_at IS NULL OR reported = 0))
  AND NOT EXISTS (SELECT 1 FROM reports WHERE message = messages.id)`;

function finishStatements(message: string, now: number): Statement[] {
  return [
    { sql: `DELETE FROM messages WHERE id = ? AND ${isFinished}`, params: [message] },
    {
      sql: `UPDATE submissions SET finished_at = ?
            WHERE message = ? AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = submissions.message)`,
      params: [now, message],
    },
  ];
}

/** Writes a settlement down. `resume` is what the agent wants to see again; `undefined` forgets it. */
export function settleStatements(
  id: string,
  settlement: Settlement,
  reported: boolean,
  resume: unknown,
  now: number,
): Statement[] {
  const { kind, outcome, attempts } = settlement;
  const attachment = attachmentStatements(id, outcome.attachment);
  if (kind === 'final') {
    return [
      {
        sql: `UPDATE recipients SET state = ?, outcome = ?, attempts = ?, resume = NULL, warn_at = NULL,
                finished_at = ?, reported = ? WHERE id = ? AND finished_at IS NULL`,
        params: [outcome.kind, writeOutcome(outcome), attempts, now, Number(reported), id],
        changes: 1,
      },
      ...attachment,
    ];
  }
  const note = resume === undefined ? null : JSON.stringify(resume);
  return [
    {
      // The next attempt at a cancelled message makes an end of it.
      sql: `UPDATE recipients SET state = ${waitingState}, outcome = ?, attempts = ?, interrupted = 0,
              next_at = iif((SELECT cancelled IS NULL FROM messages WHERE messages.id = recipients.message),
                max(?, ${notBefore}), 0), expires_at = expires_at + ?, warn_at = warn_at + ?, resume = ?
            WHERE id = ? AND finished_at IS NULL`,
      params: [
        ...[writeOutcome(outcome), attempts, settlement.nextAt, settlement.restMs, settlement.restMs],
        ...[note !== null && note.length <= maxResumeLength ? note : null, id],
      ],
      changes: 1,
    },
    ...attachment,
  ];
}

function attachmentStatements(recipient: string, attachment: ReportAttachment | undefined): Statement[] {
  const drop = { sql: 'DELETE FROM attachments WHERE recipient = ?', params: [recipient] };
  if (!attachment || attachment.bytes.length > maxAttachmentBytes) return [drop];
  const { contentType, fileName, bytes } = attachment;
  return [
    drop,
    { sql: 'INSERT INTO attachments VALUES (?, ?, ?, ?)', params: [recipient, contentType, fileName, bytes] },
  ];
}

/** For the rows of a recipient that leads elsewhere now. */
export function rerouteStatement(
  id: string,
  { address, originalRecipient, byAlias }: Pick<RecipientRecord, 'address' | 'originalRecipient' | 'byAlias'>,
  agent: AgentName,
  destination: string,
  expiresAt: number,
): Statement {
  return {
    sql: `UPDATE recipients SET address = ?, original_recipient = ?, by_alias = ?, agent = ?, destination = ?, expires_at = ?
          WHERE id = ? AND state = 'waiting'`,
    params: [address, originalRecipient ?? null, Number(byAlias), agent, destination, expiresAt, id],
  };
}

/** Makes room for the own mailbox of an alias among its targets. */
export function expandedStatement({ id, address }: RecipientRecord): Statement {
  return { sql: 'UPDATE OR IGNORE recipients SET key = ? WHERE id = ?', params: [aliasKey({ address }), id] };
}
