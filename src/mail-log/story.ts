import type { Database } from '../lib/sqlite.ts';
import type { HappeningKind } from './notes.ts';
import { type LogEntry, type LogRecipient, logEntry, logRecipients } from './search.ts';

/** What happened to one message, from entrance to exit, in its order. */

export interface StoryStep {
  readonly at: number;
  readonly kind: 'accepted' | 'refused' | 'delivered' | 'failed' | HappeningKind;
  /** What is known of it: names as in the events. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Story {
  readonly entry: LogEntry;
  readonly recipients: readonly LogRecipient[];
  readonly steps: readonly StoryStep[];
  /** Steps that are left out between the first and the last ones. */
  readonly leftOut: number;
}

/** Recipients and steps shown of one message. */
const shownRecipients = 1000;
const shownSteps = 500;

export function readStory(db: Database, id: string): Story | undefined {
  const entry = logEntry(db, id);
  if (!entry) return undefined;
  const recipients = logRecipients(db, id, shownRecipients);
  const { count } = db.get<{ count: number }>('SELECT count(*) AS count FROM happenings WHERE mail = ?', id)!;
  const happenings = db
    .all<{ at: number; kind: HappeningKind; fields: string }>(
      `SELECT at, kind, fields FROM (SELECT * FROM happenings WHERE mail = ?1 ORDER BY n LIMIT ?2)
       UNION ALL SELECT at, kind, fields FROM (SELECT * FROM happenings WHERE mail = ?1 ORDER BY n LIMIT -1 OFFSET ?3)`,
      ...[id, shownSteps / 2, Math.max(count - shownSteps / 2, shownSteps / 2)],
    )
    .map(({ at, kind, fields }) => ({ at, kind, fields: JSON.parse(fields) as Record<string, unknown> }));
  const ends = recipients.filter(({ state }) => state === 'delivered' || state === 'failed').map(endStep);
  const steps = [
    firstStep(entry),
    ...[...happenings, ...ends].toSorted((one, other) => one.at - other.at || rank(one) - rank(other)),
  ];
  return { entry, recipients, steps, leftOut: Math.max(count - shownSteps, 0) };
}

/** What comes first of what happened in the same millisecond. */
function rank({ kind }: StoryStep): number {
  return ['routed', 'rerouted', 'call', 'fax-received', 'deferred', 'delivered', 'failed'].indexOf(kind) + 1 || 9;
}

function firstStep(entry: LogEntry): StoryStep {
  const { id: _, at, refused, ...fields } = entry;
  return { at, kind: refused === '' ? 'accepted' : 'refused', fields: { ...fields, text: refused } };
}

function endStep({ address, state, at, ...fields }: LogRecipient): StoryStep {
  return { at, kind: state as 'delivered' | 'failed', fields: { ...fields, recipient: address } };
}
