import { createHmac } from 'node:crypto';

/** Something that somebody did, or tried to do. */
export interface AuditNote {
  /** `panel`, `command line`, `front panel`, `file` (settings changed by hand), `box`. */
  readonly via: string;
  /** Mail address, `administrator`, or empty where nobody is known. */
  readonly account: string;
  /** IP address; empty for the box itself. */
  readonly remote: string;
  /** Name of the operation, `settings`, `login`, `logout`. */
  readonly action: string;
  /** What it was about. */
  readonly subject: string;
  /** `fax.header: "A" → "B"`. */
  readonly details: readonly string[];
  /** Why it was not done; empty when it was. */
  readonly failed: string;
}

export interface AuditEntry extends AuditNote {
  /** Counts from 1. */
  readonly n: number;
  /** ms since 1970 */
  readonly at: number;
}

/** Longest texts of an entry; what is longer is cut. */
export const auditLimits = { text: 300, details: 50 } as const;

/** A line of the file: the entry, and the mark that ties it to the one before. */
export interface Marked {
  readonly entry: AuditEntry;
  readonly mark: string;
}

/** The mark of an entry covers it and the mark before, by a key that stands elsewhere (HMAC-SHA-256, RFC 2104). */
export function markOf(key: Uint8Array, before: string, text: string): string {
  return createHmac('sha256', key).update(`${before}\n${text}`).digest('base64url');
}

export function lineOf(
  key: Uint8Array,
  before: string,
  entry: AuditEntry,
): { readonly line: string; readonly mark: string } {
  const text = JSON.stringify(entry);
  const mark = markOf(key, before, text);
  return { line: `${mark} ${text}\n`, mark };
}

/** @returns undefined for what is no such line */
export function readLine(line: string): (Marked & { readonly text: string }) | undefined {
  const [mark = ''] = line.split(' ', 1);
  const text = line.slice(mark.length + 1);
  try {
    const entry = JSON.parse(text) as AuditEntry;
    const isEntry = Number.isSafeInteger(entry.n) && typeof entry.at === 'number' && Array.isArray(entry.details);
    return isEntry && mark.length === 43 ? { entry, mark, text } : undefined;
  } catch {
    return undefined;
  }
}

export function cut(note: AuditNote): AuditNote {
  const short = (text: string): string =>
    text.length > auditLimits.text ? `${text.slice(0, auditLimits.text)}…` : text;
  const details = note.details.slice(0, auditLimits.details).map(short);
  const left = note.details.length - details.length;
  return {
    via: short(note.via),
    account: short(note.account),
    remote: short(note.remote),
    action: short(note.action),
    subject: short(note.subject),
    details: left > 0 ? [...details, `and ${left} more`] : details,
    failed: short(note.failed),
  };
}
