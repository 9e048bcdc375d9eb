import assert from 'node:assert/strict';
import { type Mail, readMail } from './crash-mail.ts';

/** What a message is called by a reader. */
export interface Line {
  readonly uid: number;
  readonly sizeBytes: number;
  readonly messageId: string;
}

/** What IMAP readers have seen of a folder over all lives of the box; asserts what a client's cache lives on. */
export class FolderView {
  readonly name: string;
  readonly mails = new Map<number, Mail>();
  readonly #lines = new Map<number, Line>();
  #uidValidity: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get highestUid(): number {
    return Math.max(0, ...this.#lines.keys());
  }

  /** The folder was selected. The index outlives every crash, so UIDVALIDITY does too. */
  opened(uidValidity: bigint, uidNext: number): void {
    this.#uidValidity ??= String(uidValidity);
    assert.equal(String(uidValidity), this.#uidValidity, `${this.name}: UIDVALIDITY`);
    assert.ok(uidNext > this.highestUid, `${this.name}: UIDNEXT ${uidNext} after ${this.highestUid} was seen`);
  }

  /** All messages as listed now: nothing that was ever seen is gone, has another UID or is another message. */
  listed(lines: readonly Line[]): void {
    const highest = this.highestUid;
    const now = new Map(lines.map((line) => [line.uid, line]));
    for (const [uid, line] of this.#lines) assert.deepEqual(now.get(uid), line, `${this.name}: UID ${uid}`);
    for (const [uid, line] of now) {
      if (this.#lines.has(uid)) continue;
      assert.ok(uid > highest, `${this.name}: UID ${uid} appears below ${highest}`);
      this.#lines.set(uid, line);
    }
  }

  /** Messages whose octets were not read yet. */
  get unread(): number[] {
    return [...this.#lines.keys()].filter((uid) => !this.mails.has(uid));
  }

  /** @throws AssertionError when it is half, or not what was read under this UID before. */
  read(uid: number, source: Buffer): void {
    const mail = readMail(source);
    const before = this.mails.get(uid);
    if (before) assert.equal(mail.sha256, before.sha256, `${this.name}: UID ${uid} reads otherwise than before`);
    assert.equal(source.length, this.#lines.get(uid)?.sizeBytes, `${this.name}: UID ${uid}: RFC822.SIZE`);
    this.mails.set(uid, mail);
  }
}
