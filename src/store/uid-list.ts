/**
 * Courier's list of UIDs, `courierimapuiddb` in each folder: a line `1 UIDVALIDITY UIDNEXT`, then `UID BASE` for every
 * message. Read when a Maildir moves in or its index was lost; written when a mailbox is closed after use. While the
 * mailbox is in use it is not there: what is there is always true (the rules stand in `maildir-store.ts`).
 */
export interface UidList {
  readonly uidValidity: number;
  readonly uidNext: number;
  /** By base. */
  readonly uids: ReadonlyMap<string, number>;
}

export const uidListName = 'courierimapuiddb';
/** A list of a million messages; a longer one is not read. */
export const uidListLimitBytes = 128 * 1024 * 1024;
export const highestUid = 2 ** 32 - 2;

/** @returns undefined when it is not such a list, or not consistent. */
export function parseUidList(text: string): UidList | undefined {
  const lines = text.split('\n');
  const head = /^1 (\d{1,10}) (\d{1,10})$/.exec(lines[0]!.trimEnd());
  if (!head) return undefined;
  const uidValidity = Number(head[1]);
  const uidNext = Number(head[2]);
  if (uidValidity < 1 || uidValidity > 2 ** 32 - 1 || uidNext < 1 || uidNext > highestUid) return undefined;
  const uids = new Map<string, number>();
  let last = 0;
  for (const line of lines.slice(1)) {
    if (line === '') continue;
    const space = line.indexOf(' ');
    const uid = Number(line.slice(0, space));
    if (!Number.isInteger(uid) || uid <= last || uid >= uidNext) return undefined;
    uids.set(line.slice(space + 1).split(':', 1)[0]!, uid);
    last = uid;
  }
  return { uidValidity, uidNext, uids };
}

export function* formatUidList(
  uidValidity: number,
  uidNext: number,
  messages: Iterable<{ readonly uid: number; readonly base: string }>,
): Generator<Uint8Array> {
  yield Buffer.from(`1 ${uidValidity} ${uidNext}\n`);
  for (const { uid, base } of messages) yield Buffer.from(`${uid} ${base}\n`);
}
