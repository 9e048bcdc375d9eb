import type { Database } from '../lib/sqlite.ts';
import { type FaxRecord, type FaxState, readFax } from './fax-record.ts';

/** What is looked for; empty texts and zeros ask for nothing. */
export interface FaxFilter {
  /** Part of a name, an address, a subject or an id, or digits of a number. */
  readonly text?: string;
  readonly direction?: 'in' | 'out' | '';
  readonly state?: FaxState | '';
  /** Faxes that this person sent or got. */
  readonly account?: string;
  /** Begun at or after, and before, ms since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** Id of the last one seen. */
  readonly before?: string;
  /** 1000 at most. */
  readonly limit: number;
}

const mostFound = 1000;

/** Newest first. */
export function searchFaxes(db: Database, filter: FaxFilter): FaxRecord[] {
  const { text = '', direction = '', state = '', account = '', since = 0, until = 0, before = '', limit } = filter;
  const digits = /^[\d\s()+./-]+$/.test(text) ? text.replaceAll(/\D/g, '') : '';
  const rows = db.all(
    `SELECT * FROM faxes WHERE id < ?1
       AND (?2 = '' OR direction = ?2) AND (?3 = '' OR state = ?3)
       AND (?4 = '' OR EXISTS (SELECT 1 FROM people WHERE fax = faxes.id AND address = ?4))
       AND started_at >= ?5 AND (?6 = 0 OR started_at < ?6)
       AND (?7 = '' OR instr(lower(id || ' ' || number || ' ' || station || ' ' || caller_name || ' ' || subject), ?7)
         OR (?8 <> '' AND instr(number, ?8))
         OR EXISTS (SELECT 1 FROM people WHERE fax = faxes.id AND instr(address, ?7)))
     ORDER BY id DESC LIMIT ?9`,
    ...[before || '~', direction, state, account.toLowerCase(), since, until],
    ...[text.trim().toLowerCase(), digits, Math.min(Math.max(limit, 1), mostFound)],
  );
  return rows.map(readFax);
}
