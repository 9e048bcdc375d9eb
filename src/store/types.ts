import type { Content } from '../lib/durable.ts';
import type { MimePart } from '../mail/mime-part.ts';

/**
 * The mail store as its users see it. Everything is asynchronous and nothing speaks of files, so that another
 * implementation can stand behind it (DESIGN §7). What changes something is durable when it resolves.
 */
export interface MailStore {
  /** The mailbox of an account, made when it is not there. Each opening is ended by `release`. */
  open(account: string): Promise<Mailbox>;
  /**
   * Stores a message in INBOX or another folder (made when absent). A second delivery with the same `deliveryId`
   * answers what the first did, as long as the message is still in that account.
   * @throws RangeError when the folder or account cannot have that name.
   * @throws QuotaError (`quota.ts`) when the message does not fit; so do `append` and `copy`.
   */
  deliver(account: string, content: Content, delivery: Delivery): Promise<{ readonly uid: number }>;
  /** Removes an account's mailbox and all that is in it. */
  remove(account: string): Promise<void>;
  close(): Promise<void>;
}

export interface Delivery {
  readonly deliveryId: string;
  readonly folder?: string;
  readonly flags?: readonly string[];
  readonly internalDate?: number;
}

/**
 * One account's folders. Names are Unicode, levels parted by `.` (Maildir++); `INBOX` is always there, in any case of
 * letters. Others are case-sensitive.
 */
export interface Mailbox {
  readonly account: string;
  folders(): Promise<readonly FolderInfo[]>;
  /** @returns undefined when there is no such folder. */
  folder(name: string): Promise<Folder | undefined>;
  create(name: string): Promise<FolderChange>;
  /** Removes a folder and its messages; folders below stay. INBOX cannot be removed. */
  remove(name: string): Promise<FolderChange>;
  /** Renames a folder and those below it; renaming INBOX moves its messages (RFC 9051 §6.3.6). */
  rename(from: string, to: string): Promise<FolderChange>;
  subscribe(name: string, on: boolean): Promise<void>;
  /** Names subscribed to, existing or not. */
  subscriptions(): Promise<readonly string[]>;
  usage(): Promise<Usage>;
  /** Gives the opening back; the mailbox must not be used after it. */
  release(): void;
}

/** What an account has; `quotaBytes` is what it may have, 0 for any number. */
export interface Usage {
  readonly messages: number;
  readonly sizeBytes: number;
  readonly quotaBytes: number;
}

export type FolderChange = 'done' | 'exists' | 'missing' | 'invalid';

export interface FolderInfo {
  readonly name: string;
  readonly hasChildren: boolean;
  /** False for a level that has folders below it but holds no messages itself. */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  /** RFC 6154 attribute such as `\Sent`, by the folder's name. */
  readonly specialUse?: string;
}

export interface MessageInfo {
  readonly uid: number;
  /** `\Seen`, `\Answered`, `\Flagged`, `\Deleted`, `\Draft`, and keywords; sorted. */
  readonly flags: readonly string[];
  readonly modSeq: number;
  readonly internalDate: number;
  readonly sizeBytes: number;
}

export interface FolderStatus {
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  /** Octets of those. */
  readonly deletedBytes: number;
  readonly recent: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  readonly highestModSeq: number;
  readonly sizeBytes: number;
}

/** How something reached or left a folder; listeners get all of one change at once. */
export interface FolderChanges {
  readonly added: readonly MessageInfo[];
  readonly changed: readonly MessageInfo[];
  readonly expunged: readonly number[];
}

/** Its operations throw FolderGoneError when the folder was removed by another session or program. */
export interface Folder {
  readonly name: string;
  readonly uidValidity: number;
  status(): Promise<FolderStatus>;
  /** All messages in order of UID, as of now. */
  list(): Promise<readonly MessageInfo[]>;
  get(uid: number): Promise<MessageInfo | undefined>;
  /** UIDs that no session has seen as `\Recent` yet; with `claim` they are this session's. */
  recent(claim: boolean): Promise<readonly number[]>;
  append(content: Content, options?: { flags?: readonly string[]; internalDate?: number }): Promise<{ uid: number }>;
  /** Answers the messages as they are now; UIDs that are gone are left out. */
  setFlags(
    uids: readonly number[],
    how: 'add' | 'remove' | 'replace',
    flags: readonly string[],
  ): Promise<MessageInfo[]>;
  /** Removes the messages for good; answers those that were there. */
  expunge(uids: readonly number[]): Promise<readonly number[]>;
  /** Copies in order of UID. @returns pairs of UIDs, or `missing` when there is no such folder. */
  copy(uids: readonly number[], to: string): Promise<Copied | 'missing'>;
  move(uids: readonly number[], to: string): Promise<Copied | 'missing'>;
  /** @returns undefined when the message is gone. */
  content(uid: number): Promise<MessageContent | undefined>;
  structure(uid: number): Promise<MimePart | undefined>;
  /** Tells of changes by whomever, also of files that other programs put into the Maildir. Returns the way to stop. */
  watch(listener: (changes: FolderChanges) => void): () => void;
}

export interface Copied {
  readonly uidValidity: number;
  readonly uids: readonly { readonly from: number; readonly to: number }[];
}

export interface MessageContent {
  readonly sizeBytes: number;
  /**
   * The octets from `start` to `end`, end exclusive; every line ends in CRLF. What was begun comes to its end also when
   * the message is expunged meanwhile.
   * @throws MessageGoneError when the message went between look-up and reading.
   */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>;
}

/** The folder was removed while it was in use. */
export class FolderGoneError extends Error {
  override readonly name = 'FolderGoneError';
}

/** Another session or program removed the message after it was looked up. */
export class MessageGoneError extends Error {
  override readonly name = 'MessageGoneError';
}
