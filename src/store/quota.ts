import type { MailboxHome } from './folder-state.ts';

/** A message does not fit into a mailbox any more; `code` is that of a disk quota. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError';
  readonly code = 'EDQUOT';

  constructor(account: string) {
    super(`the mailbox of ${account} is full`);
  }
}

/**
 * Whether so many octets more fit. Messages that arrive at the same moment may go beyond the quota together, each by itself fits:
 * a small overshoot harms nobody, a lock around every delivery would.
 * @throws QuotaError
 */
export function requireRoom({ account, index, quota }: MailboxHome, sizeBytes: number): void {
  const limit = quota();
  if (limit > 0 && index.usage().sizeBytes + sizeBytes > limit) throw new QuotaError(account);
}

/** What a delivery has to tell the person, when it is the one that crosses the mark. */
export function crossesMark(before: number, after: number, quotaBytes: number, markPercent: number): boolean {
  if (quotaBytes === 0 || markPercent === 0) return false;
  const mark = (quotaBytes * markPercent) / 100;
  return before < mark && after >= mark;
}
