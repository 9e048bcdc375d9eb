import { bad } from './imap-error.ts';

/** The flags every message can have, and that clients may set (RFC 9051 §2.3.2). */
export const systemFlags: readonly string[] = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'];

const canonical = new Map(systemFlags.map((flag) => [flag.toLowerCase(), flag]));

/** System flags in their usual letters; keywords as they are. @throws ImapError for system flags that cannot be set. */
export function canonicalFlag(flag: string): string {
  if (!flag.startsWith('\\')) return flag;
  const known = canonical.get(flag.toLowerCase());
  if (known === undefined) throw bad(`${flag} cannot be set`);
  return known;
}
