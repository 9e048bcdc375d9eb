import type { Row, Statement } from '../lib/sqlite.ts';
import type { Notify, Source } from '../mail/envelope.ts';
import type { Addressee } from './expansion.ts';
import type { Outcome, QueuedMessage, ReportAttachment } from './types.ts';

/** The rows of `schema.ts` as the queue uses them, and back. */

export type AgentName = 'local' | 'fax' | 'esmtp';
export const agentNames: readonly AgentName[] = ['local', 'fax', 'esmtp'];

export type RecipientState = 'waiting' | 'held' | 'delivering' | 'delivered' | 'failed';

export interface MessageRecord extends QueuedMessage {
  readonly held: boolean;
  /** Reason of the cancellation. */
  readonly cancelled?: string;
}

export interface RecipientRecord extends Addressee {
  readonly id: string;
  readonly message: string;
  readonly key: string;
  /** `none` for one that could not be routed. */
  readonly agent: AgentName | 'none';
  readonly destination: string;
  readonly state: RecipientState;
  readonly attempts: number;
  readonly interrupted: number;
  readonly nextAt: number;
  readonly expiresAt: number;
  readonly warnAt?: number;
  readonly outcome?: Outcome;
  readonly resume?: unknown;
  readonly finishedAt?: number;
  readonly reported: boolean;
  readonly report?: string;
  readonly delayReport?: string;
}

export function readMessage(row: Row): MessageRecord {
  return {
    id: text(row, 'id'),
    source: text(row, 'source') as Source,
    ...given('account', row.account),
    reversePath: text(row, 'reverse_path'),
    ...given('ret', row.ret as 'full' | 'headers' | null),
    ...given('envelopeId', row.envelope_id),
    smtputf8: row.smtputf8 === 1,
    sizeBytes: Number(row.size_bytes),
    acceptedAt: Number(row.accepted_at),
    ...given('notBefore', row.not_before),
    generation: Number(row.generation),
    held: row.held === 1,
    ...given('cancelled', row.cancelled),
  } as MessageRecord;
}

export function readRecipient(row: Row): RecipientRecord {
  return {
    id: text(row, 'id'),
    message: text(row, 'message'),
    key: text(row, 'key'),
    address: text(row, 'address'),
    ...given('notify', row.notify === null ? null : readNotify(text(row, 'notify'))),
    ...given('originalRecipient', row.original_recipient),
    byAlias: row.by_alias === 1,
    agent: text(row, 'agent') as RecipientRecord['agent'],
    destination: text(row, 'destination'),
    state: text(row, 'state') as RecipientState,
    attempts: Number(row.attempts),
    interrupted: Number(row.interrupted),
    nextAt: Number(row.next_at),
    expiresAt: Number(row.expires_at),
    ...given('warnAt', row.warn_at),
    ...given('outcome', row.outcome === null ? null : JSON.parse(text(row, 'outcome'))),
    ...given('resume', row.resume === null ? null : JSON.parse(text(row, 'resume'))),
    ...given('finishedAt', row.finished_at),
    reported: row.reported === 1,
    ...given('report', row.report),
    ...given('delayReport', row.delay_report),
  } as RecipientRecord;
}

export function insertMessage(message: QueuedMessage): Statement {
  const { id, source, account = null, reversePath, ret = null, envelopeId = null } = message;
  const { smtputf8, sizeBytes, acceptedAt, generation, notBefore = null } = message;
  return {
    sql: `INSERT INTO messages (id, source, account, reverse_path, ret, envelope_id, smtputf8, size_bytes, accepted_at, generation, not_before)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [
      ...[id, source, account, reversePath, ret, envelopeId, Number(smtputf8), sizeBytes, acceptedAt, generation],
      notBefore,
    ],
  };
}

/** One whose key the message has already is a duplicate and is left out. */
export function insertRecipient(recipient: Omit<RecipientRecord, 'attempts' | 'interrupted' | 'resume'>): Statement {
  const { id, message, key, address, notify, originalRecipient = null, byAlias, agent, destination, state } = recipient;
  const { nextAt, expiresAt, warnAt = null, outcome, finishedAt = null, reported } = recipient;
  return {
    sql: `INSERT INTO recipients (id, message, key, address, notify, original_recipient, by_alias, agent, destination, state,
            next_at, expires_at, warn_at, outcome, finished_at, reported)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message, key) DO NOTHING`,
    params: [
      ...[id, message, key, address, notify ? writeNotify(notify) : null, originalRecipient, Number(byAlias), agent],
      ...[destination, state, nextAt, expiresAt, warnAt, outcome ? writeOutcome(outcome) : null, finishedAt],
      Number(reported),
    ],
  };
}

/** Without the attachment, which has its own table, and without what only the schedule needs. */
export function writeOutcome(outcome: Outcome): string {
  const { attachment: _, ...plain } = outcome as Outcome & { attachment?: ReportAttachment };
  if (plain.kind !== 'deferred') return JSON.stringify(plain);
  const { resume: __, retryAfterMs: ___, uncounted: ____, rests: _____, ...told } = plain;
  return JSON.stringify(told);
}

function writeNotify({ success, failure, delay }: Notify): string {
  return `${success ? 'S' : ''}${failure ? 'F' : ''}${delay ? 'D' : ''}` || 'N';
}

function readNotify(letters: string): Notify {
  return { success: letters.includes('S'), failure: letters.includes('F'), delay: letters.includes('D') };
}

function text(row: Row, column: string): string {
  return String(row[column]);
}

function given<Name extends string, Value>(name: Name, value: Value | null | undefined): { [Key in Name]?: Value } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { [Key in Name]: Value });
}
