import type { Database } from '../lib/sqlite.ts';
import type { Notify } from '../mail/envelope.ts';
import {
  type MessageRecord,
  type RecipientRecord,
  type RecipientState,
  readMessage,
  readRecipient,
} from './records.ts';

/** The queue as it is looked at, by panel, command and metrics. Reads only; every answer is bounded. */

export interface QueueEntry extends MessageRecord {
  readonly recipientCount: number;
  /** In `list` the first ones only. */
  readonly recipients: readonly QueueRecipient[];
}

export interface QueueRecipient {
  readonly id: string;
  readonly address: string;
  readonly originalRecipient?: string;
  readonly notify?: Notify;
  /** `local`, `fax`, `esmtp`; `none` while it is not known. */
  readonly agent: string;
  /** Account, number as dialled, or domain. */
  readonly destination: string;
  readonly state: RecipientState;
  /** Attempts that counted. */
  readonly attempts: number;
  readonly nextAttempt: number;
  readonly expiresAt: number;
  readonly finishedAt?: number;
  /** Of the last attempt. */
  readonly status?: string;
  readonly text?: string;
  readonly remoteMta?: string;
  readonly diagnostic?: string;
}

export interface QueueFilter {
  /** Messages that have a recipient in this state. */
  readonly state?: RecipientState;
  /** Part of an address, of the reverse-path, or of the id; in any case of letters. */
  readonly text?: string;
  /** Entries a page; 100 when not given, 1000 at most. */
  readonly limit?: number;
  /** Id of the last entry of the page before. */
  readonly after?: string;
}

export interface QueuePage {
  readonly entries: readonly QueueEntry[];
  /** For `after` of the next page; undefined on the last one. */
  readonly next?: string;
}

export interface QueueStats {
  readonly messages: number;
  readonly sizeBytes: number;
  readonly held: number;
  /** Of the oldest message, ms since the epoch. */
  readonly oldest?: number;
  readonly recipients: readonly { readonly agent: string; readonly state: RecipientState; readonly count: number }[];
}

/** How many recipients are not done with. */
export function openRecipients({ recipients }: QueueStats): number {
  const open = recipients.filter(({ state }) => state !== 'delivered' && state !== 'failed');
  return open.reduce((sum, { count }) => sum + count, 0);
}

/** Recipients shown of one message in a list. */
const listedRecipients = 20;
/** Recipients shown of one message alone. */
const shownRecipients = 10_000;

/** Oldest first. */
export function listQueue(
  db: Database,
  { state = undefined, text = '', limit = 100, after = '' }: QueueFilter = {},
): QueuePage {
  const most = Math.min(Math.max(limit, 1), 1000);
  const rows = db.all(
    `SELECT * FROM messages WHERE id > ?1
       AND (?2 IS NULL OR EXISTS (SELECT 1 FROM recipients WHERE message = messages.id AND state = ?2))
       AND (?3 = '' OR instr(id, ?3) OR instr(lower(reverse_path), ?3)
         OR EXISTS (SELECT 1 FROM recipients WHERE message = messages.id AND instr(lower(address), ?3)))
     ORDER BY id LIMIT ?4`,
    ...[after, state ?? null, text.toLowerCase(), most + 1],
  );
  const entries = rows.slice(0, most).map((row) => entry(db, readMessage(row), listedRecipients));
  const last = entries.at(-1);
  return { entries, ...(rows.length > most && last ? { next: last.id } : {}) };
}

export function showQueued(db: Database, id: string): QueueEntry | undefined {
  const row = db.get('SELECT * FROM messages WHERE id = ?', id);
  return row && entry(db, readMessage(row), shownRecipients);
}

function entry(db: Database, message: MessageRecord, most: number): QueueEntry {
  const rows = db.all('SELECT * FROM recipients WHERE message = ? ORDER BY id LIMIT ?', message.id, most);
  const counted = db.get('SELECT count(*) AS count FROM recipients WHERE message = ?', message.id);
  return {
    ...message,
    recipientCount: Number(counted?.count ?? 0),
    recipients: rows.map((one) => shown(readRecipient(one))),
  };
}

function shown(record: RecipientRecord): QueueRecipient {
  const { id, address, originalRecipient, notify, agent, destination, state, attempts, nextAt, expiresAt } = record;
  const { finishedAt, outcome: { status, text, remoteMta, diagnostic } = {} } = record;
  const optional = { originalRecipient, notify, finishedAt, status, text, remoteMta, diagnostic };
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { id, address, agent, destination, state, attempts, nextAttempt: nextAt, expiresAt, ...known };
}

export function queueStats(db: Database): QueueStats {
  const total = db.get(
    'SELECT count(*) AS messages, coalesce(sum(size_bytes), 0) AS size, coalesce(sum(held), 0) AS held, min(accepted_at) AS oldest FROM messages',
  )!;
  const recipients = db.all<{ agent: string; state: RecipientState; count: number }>(
    'SELECT agent, state, count(*) AS count FROM recipients GROUP BY agent, state ORDER BY agent, state',
  );
  return {
    messages: Number(total.messages),
    sizeBytes: Number(total.size),
    held: Number(total.held),
    ...(total.oldest === null ? {} : { oldest: Number(total.oldest) }),
    recipients: recipients.map((row) => ({ ...row })),
  };
}
