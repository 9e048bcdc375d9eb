/**
 * The log of mail, `mail-log.db`: what happened to each message, and counters that stay when the messages are forgotten.
 *
 *     addresses   every address that occurs, once: what people search is looked for among few of them
 *     mails       one row a message, or a refusal at the door (`refused` holds what was said)
 *     recipients  one row for each address of a message, with what happened last
 *     happenings  what happened on the way before that: deferrals, other addresses, calls, reports
 *     counts      one row for a day, an hour and a measure
 *     tops        one row for a day, a list (senders, hosts, reasons …) and a name in it
 *     lines       one row for a day, a fax line and a direction
 *     posted      summaries that were mailed
 *
 * A batch is one transaction, so counters and messages agree after a crash. It is written without waiting for the disk
 * (`relaxed`): a power cut may take the last seconds.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE addresses (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    sender INTEGER NOT NULL,
    account TEXT NOT NULL,
    remote TEXT NOT NULL,
    tls TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    refused TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mails_by_sender ON mails (sender, id);
  CREATE INDEX mails_by_message_id ON mails (message_id) WHERE message_id <> '';
  CREATE TABLE recipients (
    mail TEXT NOT NULL,
    address INTEGER NOT NULL,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    agent TEXT NOT NULL,
    place TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    status TEXT NOT NULL,
    text TEXT NOT NULL,
    host TEXT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (mail, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recipients_by_address ON recipients (address, mail);
  CREATE INDEX recipients_by_state ON recipients (state, mail) WHERE state <> 3;
  CREATE TABLE happenings (
    n INTEGER PRIMARY KEY,
    mail TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fields TEXT NOT NULL
  ) STRICT;
  CREATE INDEX happenings_by_mail ON happenings (mail, n);
  CREATE TABLE counts (
    day INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    measure TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, hour, measure)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tops (
    day INTEGER NOT NULL,
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (day, list, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lines (
    day INTEGER NOT NULL,
    line TEXT NOT NULL,
    direction TEXT NOT NULL,
    calls INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (day, line, direction)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE posted (
    period TEXT NOT NULL,
    day INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (period, day)
  ) STRICT, WITHOUT ROWID;
  `,
  // The subject in small letters of every script, to be searched: SQLite knows those of English only.
  "ALTER TABLE mails ADD COLUMN about TEXT NOT NULL DEFAULT ''",
];

/** Of `recipients.state`. `led-on`: others took its place (alias, another address by hand). */
export const states = ['waiting', 'deferred', 'failed', 'delivered', 'refused', 'led-on'] as const;
export type State = (typeof states)[number];

export function stateNumber(state: State): number {
  return states.indexOf(state);
}
