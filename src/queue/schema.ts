/**
 * What is on disk, and what moves it on (after qmail's INTERNALS).
 *
 * A message is a spool file F (`spool/<xx>/<id>`, never modified) and rows: one M in `messages`, one R a recipient.
 *
 *     state       F        M    R                    moved on by
 *     S1 writing  partial  no   no                   submit: write F, fsync F, fsync folder         -> S2
 *     S2 written  whole    no   no                   submit: one transaction inserts M and all R    -> S3
 *     S3 queued   whole    yes  some not final       an attempt, a cancellation                     -> S3, S4, S5
 *     S4 telling  whole    yes  all final            reporter done for each final R that wants it   -> S5
 *     S5 gone     whole    no   no                   unlink F                                       -> none
 *
 * The commit S2 -> S3 is the commit point: submit resolves after it. A crash in S1, S2 or S5 leaves a file without a row,
 * which `open` and an hourly round remove once it is old enough, never one that is being written. A row without its file
 * cannot come from a crash; it is a fault of disk or hand, is said loudly (`box.fault`), and the message is held.
 *
 * A recipient, `recipients.state`:
 *
 *     waiting     `next_at` says until when, never before `messages.not_before`; `held` in its place while the message is
 *                 on hold
 *     delivering  an agent has it. Found at `open`: the program died under it; back to waiting, without being counted,
 *                 but a little later each time it happens, so that a message that kills the box does not keep it down
 *     delivered   final; also an alias whose targets took its place (`expanded`)
 *     failed      final
 *
 * Results of an attempt are one transaction, with the removal of the message when nothing is left to do. A final
 * recipient is `reported` when its sender was told or need not be. A report gets its id in `reports`, and its recipients
 * theirs, before the reporter is asked: after a crash the same is asked again under the same id.
 *
 * `submissions` remembers the ids given by entrances; `finished_at` starts the days for which they are kept.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    account TEXT,
    reverse_path TEXT NOT NULL,
    ret TEXT,
    envelope_id TEXT,
    smtputf8 INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    cancelled TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX messages_by_folder ON messages (substr(id, -2));

  CREATE TABLE recipients (
    id TEXT PRIMARY KEY,
    message TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    address TEXT NOT NULL,
    notify TEXT,
    original_recipient TEXT,
    by_alias INTEGER NOT NULL,
    agent TEXT NOT NULL,
    destination TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'held', 'delivering', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    interrupted INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    warn_at INTEGER,
    outcome TEXT,
    resume TEXT,
    finished_at INTEGER,
    reported INTEGER NOT NULL,
    report TEXT,
    delay_report TEXT,
    UNIQUE (message, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recipients_due ON recipients (agent, next_at, id) WHERE state = 'waiting';
  CREATE INDEX recipients_by_destination ON recipients (agent, destination, next_at) WHERE state = 'waiting';
  CREATE INDEX recipients_late ON recipients (warn_at) WHERE state = 'waiting' AND warn_at IS NOT NULL;
  CREATE INDEX recipients_unreported ON recipients (message, finished_at)
    WHERE finished_at IS NOT NULL AND reported = 0 AND report IS NULL;
  CREATE INDEX recipients_delivering ON recipients (id) WHERE state = 'delivering';

  CREATE TABLE attachments (
    recipient TEXT PRIMARY KEY REFERENCES recipients (id) ON DELETE CASCADE,
    content_type TEXT NOT NULL,
    file_name TEXT NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    message TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('final', 'delay'))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reports_by_message ON reports (message);

  CREATE TABLE submissions (
    key TEXT PRIMARY KEY,
    message TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    finished_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX submissions_by_message ON submissions (message);
  CREATE INDEX submissions_by_end ON submissions (finished_at) WHERE finished_at IS NOT NULL;
  `,
  'ALTER TABLE messages ADD COLUMN not_before INTEGER',
];
