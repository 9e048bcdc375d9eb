import { idAt, idPattern } from '../lib/ids.ts';
import type { Database } from '../lib/sqlite.ts';
import { addDays, startOf } from './local-day.ts';
import { type State, states } from './schema.ts';

/** Looking for messages in the log. Reads only; every answer is bounded, and no look holds the program up for long. */

export const outcomes = ['waiting', 'delivered', 'failed', 'refused'] as const;
/** Of a message: what is worst of its recipients. */
export type Outcome = (typeof outcomes)[number];

export interface LogFilter {
  /** Part of an address or of the subject in any case of letters; a whole Message-ID or queue id. */
  readonly text: string;
  /** First and last day, as `local-day.ts` has them. */
  readonly from: number | undefined;
  readonly until: number | undefined;
  readonly outcome: Outcome | '';
  readonly limit: number;
  /** Id of the last one seen; empty for the newest. */
  readonly before: string;
}

export interface LogEntry {
  readonly id: string;
  readonly at: number;
  readonly source: string;
  readonly sender: string;
  readonly account: string;
  readonly remote: string;
  readonly tls: string;
  readonly sizeBytes: number;
  readonly messageId: string;
  readonly subject: string;
  readonly refused: string;
}

export interface LogRecipient {
  readonly address: string;
  readonly state: State;
  readonly at: number;
  readonly agent: string;
  readonly place: string;
  readonly attempt: number;
  readonly status: string;
  readonly text: string;
  readonly host: string;
  readonly reply: string;
}

/** How much is done at one time; tests take less. */
export interface SearchLimits {
  /** Messages looked at before others get a turn, where each one must be looked at. */
  readonly windowRows: number;
  /** Messages that are gathered before they are put in order. */
  readonly rareRows: number;
}

const usualLimits: SearchLimits = { windowRows: 10_000, rareRows: 5000 };
/** A message is stamped when it begins to come and logged when it is there. */
const longestIntakeMs = 3_600_000;

/** Newest first. */
export async function searchLog(
  db: Database,
  filter: LogFilter,
  { windowRows, rareRows }: SearchLimits = usualLimits,
): Promise<LogEntry[]> {
  const { conditions, parameters, everyOne } = conditionsOf(db, filter, rareRows);
  const first = filter.from === undefined ? '' : idAt(startOf(filter.from) - longestIntakeMs);
  const last = filter.until === undefined ? '~' : idAt(startOf(addDays(filter.until, 1)));
  let before = filter.before !== '' && filter.before < last ? filter.before : last;
  const found: LogEntry[] = [];
  for (;;) {
    const low = everyOne ? windowEnd(db, before, windowRows) : '';
    const sql = `${entryColumns} WHERE mails.id < ?1 AND mails.id >= ?2 AND mails.id >= ?3 ${conditions}
      ORDER BY mails.id DESC LIMIT ?4`;
    const rows = db.all(sql, before, low, first, filter.limit - found.length, ...parameters);
    found.push(...rows.map(readEntry));
    if (found.length >= filter.limit || low === '' || low < first) return found;
    before = low;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function logEntry(db: Database, id: string): LogEntry | undefined {
  const row = db.get(`${entryColumns} WHERE mails.id = ?`, id);
  return row && readEntry(row);
}

/** At most `limit`, those that did not work out first. */
export function logRecipients(db: Database, mail: string, limit: number): LogRecipient[] {
  const sql = `SELECT addresses.address AS name, recipients.* FROM recipients JOIN addresses ON addresses.id = recipients.address
    WHERE mail = ? ORDER BY state = ${states.indexOf('delivered')}, name LIMIT ?`;
  return db.all(sql, mail, limit).map((row) => ({
    address: String(row.name),
    state: states[Number(row.state)]!,
    at: Number(row.at),
    agent: String(row.agent),
    place: String(row.place),
    attempt: Number(row.attempt),
    status: String(row.status),
    text: String(row.text),
    host: String(row.host),
    reply: String(row.reply),
  }));
}

export function recipientCount(db: Database, mail: string): number {
  return Number(db.get('SELECT count(*) AS count FROM recipients WHERE mail = ?', mail)?.count ?? 0);
}

export function outcomeOf(db: Database, { id, refused }: Pick<LogEntry, 'id' | 'refused'>): Outcome {
  if (refused !== '') return 'refused';
  const rows = db.all<{ state: number }>('SELECT DISTINCT state FROM recipients WHERE mail = ?', id);
  const has = new Set(rows.map(({ state }) => states[state]));
  if (has.has('failed')) return 'failed';
  return has.has('waiting') || has.has('deferred') ? 'waiting' : 'delivered';
}

const entryColumns = `SELECT mails.id, at, source, addresses.address AS sender, account, remote, tls, size_bytes, message_id,
  subject, refused FROM mails JOIN addresses ON addresses.id = mails.sender`;

interface Conditions {
  readonly conditions: string;
  readonly parameters: readonly (string | number)[];
  /** No index helps: each message must be looked at. */
  readonly everyOne: boolean;
}

/** The parameters are numbered from ?5 on. */
function conditionsOf(db: Database, { text, outcome, from, until }: LogFilter, rareRows: number): Conditions {
  const parameters: (string | number)[] = [];
  const parameter = (value: string | number): string => `?${parameters.push(value) + 4}`;
  const conditions: string[] = [];
  if (from !== undefined) conditions.push(`at >= ${parameter(startOf(from))}`);
  if (until !== undefined) conditions.push(`at < ${parameter(startOf(addDays(until, 1)))}`);
  const wanted = text.trim().replace(/^<(.*)>$/, '$1');
  const lower = wanted.toLowerCase();
  const isRare = wanted.includes('@') && isRareAddress(db, lower, rareRows);
  if (idPattern.test(lower)) conditions.push(`mails.id = ${parameter(lower)}`);
  else if (wanted !== '') {
    const named = `(SELECT id FROM addresses WHERE instr(address, ${parameter(lower)}))`;
    const messageId = `message_id = ${parameter(wanted)} AND message_id <> ''`;
    conditions.push(
      isRare
        ? `mails.id IN (SELECT mail FROM recipients WHERE address IN ${named} UNION SELECT id FROM mails WHERE sender IN ${named}
           UNION SELECT id FROM mails WHERE ${messageId})`
        : `(sender IN ${named} OR ${messageId} ${wanted.includes('@') ? '' : `OR instr(about, ${parameter(lower)})`}
           OR EXISTS (SELECT 1 FROM recipients WHERE mail = mails.id AND address IN ${named}))`,
    );
  }
  if (outcome !== '') conditions.push(outcomeCondition(outcome));
  return {
    conditions: conditions.map((one) => ` AND ${one}`).join(''),
    parameters,
    everyOne: wanted !== '' && !isRare && !idPattern.test(lower),
  };
}

/** Whether so few messages have such an address that all of them can be gathered first; of others the newest are found soon. */
function isRareAddress(db: Database, lower: string, rareRows: number): boolean {
  const named = '(SELECT id FROM addresses WHERE instr(address, ?1))';
  const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM recipients WHERE address IN ${named} LIMIT ?2)
    UNION ALL SELECT count(*) FROM (SELECT 1 FROM mails WHERE sender IN ${named} LIMIT ?2)`;
  return db.all<{ count: number }>(sql, lower, rareRows).every(({ count }) => count < rareRows);
}

function outcomeCondition(outcome: Outcome): string {
  if (outcome === 'refused') return "refused <> ''";
  const within = (...wanted: State[]): string =>
    `mails.id IN (SELECT mail FROM recipients WHERE state IN (${wanted.map((one) => states.indexOf(one)).join()}) AND state <> ${states.indexOf('delivered')})`;
  if (outcome === 'failed') return within('failed');
  const waits = within('waiting', 'deferred');
  if (outcome === 'waiting') return `${waits} AND NOT ${within('failed')}`;
  return `refused = '' AND NOT ${waits} AND NOT ${within('failed')}`;
}

/** @returns the id at which a window below `before` ends; empty when it reaches the oldest. */
function windowEnd(db: Database, before: string, windowRows: number): string {
  const sql = 'SELECT id FROM mails WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?';
  return String(db.get(sql, before, windowRows - 1)?.id ?? '');
}

function readEntry(row: Record<string, unknown>): LogEntry {
  return {
    id: String(row.id),
    at: Number(row.at),
    source: String(row.source),
    sender: String(row.sender),
    account: String(row.account),
    remote: String(row.remote),
    tls: String(row.tls),
    sizeBytes: Number(row.size_bytes),
    messageId: String(row.message_id),
    subject: String(row.subject),
    refused: String(row.refused),
  };
}
