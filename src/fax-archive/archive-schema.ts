/**
 * The archive on disk: `faxes.db` and a folder of page files for each fax, `pages/<fax>/`.
 *
 * | state of a fax          | on disk                                                  | after a crash                               |
 * |-------------------------|----------------------------------------------------------|---------------------------------------------|
 * | page being written      | a file that no row names                                 | `open` removes it                           |
 * | under way               | row `under-way`; pages in rows once all are on disk      | goes on, or is settled by what the queue says |
 * | settled                 | row `sent`, `failed`, `received` or `partial`, and pages | as it was                                   |
 * | being removed           | no row, perhaps files                                    | `open` removes the files                    |
 *
 * A fax is shown by its rows alone, and rows name whole files alone: a file is synced, and its folder, before the
 * transaction that names it. Rows go before files. A received fax is taken over whole, in one transaction; it may be taken
 * over again.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE faxes (
    id TEXT PRIMARY KEY,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    state TEXT NOT NULL CHECK (state IN ('under-way', 'sent', 'failed', 'received', 'partial')),
    number TEXT NOT NULL,
    address TEXT NOT NULL,
    station TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    called_number TEXT NOT NULL,
    line TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    bit_rate INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    text TEXT NOT NULL,
    cancelled TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX faxes_under_way ON faxes (id) WHERE state = 'under-way';
  CREATE INDEX faxes_by_end ON faxes (ended_at, id) WHERE state <> 'under-way';
  CREATE TABLE people (
    fax TEXT NOT NULL REFERENCES faxes (id) ON DELETE CASCADE, address TEXT NOT NULL, PRIMARY KEY (fax, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX people_by_address ON people (address, fax);
  CREATE TABLE pages (
    fax TEXT NOT NULL REFERENCES faxes (id) ON DELETE CASCADE, page INTEGER NOT NULL, file TEXT NOT NULL,
    width INTEGER NOT NULL, resolution TEXT NOT NULL, lines INTEGER NOT NULL, bad_lines INTEGER NOT NULL,
    longest_bad_run INTEGER NOT NULL, size_bytes INTEGER NOT NULL, PRIMARY KEY (fax, page)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE resends (message TEXT PRIMARY KEY, fax TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
];
