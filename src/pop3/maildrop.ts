import { wholeContent } from '../lib/line-peer.ts';
import type { Folder, Mailbox, MessageInfo } from '../store/types.ts';
import { Pop3Error } from './pop3-error.ts';

/** One message of a maildrop, by its number. */
export interface DropMessage {
  readonly number: number;
  readonly info: MessageInfo;
}

/** INBOX as one POP3 session sees it: the messages of its beginning, numbered, and what is to be deleted (RFC 1939 §5). */
export class Maildrop {
  readonly #mailbox: Mailbox;
  readonly #folder: Folder;
  readonly #messages: readonly MessageInfo[];
  readonly #deleted = new Set<number>();
  readonly #retrieved = new Set<number>();

  private constructor(mailbox: Mailbox, folder: Folder, messages: readonly MessageInfo[]) {
    this.#mailbox = mailbox;
    this.#folder = folder;
    this.#messages = messages;
  }

  static async open(mailbox: Mailbox): Promise<Maildrop> {
    const folder = await mailbox.folder('INBOX');
    if (!folder) throw new Error('the mailbox has no INBOX');
    return new Maildrop(mailbox, folder, await folder.list());
  }

  /** The messages that are not marked as deleted. */
  messages(): DropMessage[] {
    return this.#messages
      .map((info, index) => ({ number: index + 1, info }))
      .filter(({ info }) => !this.#deleted.has(info.uid));
  }

  /** @throws Pop3Error when there is no such message, or it is marked as deleted. */
  message(number: number): DropMessage {
    const info = this.#messages[number - 1];
    if (!info) throw new Pop3Error('There is no such message');
    if (this.#deleted.has(info.uid)) throw new Pop3Error('The message is deleted');
    return { number, info };
  }

  get totalBytes(): number {
    return this.messages().reduce((sum, { info }) => sum + info.sizeBytes, 0);
  }

  /** The unique-id: stays the same from session to session (RFC 1939 §7). */
  uniqueId({ info }: DropMessage): string {
    return `${this.#folder.uidValidity}.${info.uid}`;
  }

  /** @throws Pop3Error when somebody else has removed it since. */
  async content({ info }: DropMessage): Promise<AsyncIterable<Uint8Array>> {
    const content = await this.#folder.content(info.uid);
    if (!content) throw new Pop3Error('The message is no longer there');
    return wholeContent(content.read(), content.sizeBytes);
  }

  /** The client has all of it. */
  retrieved({ info }: DropMessage): void {
    this.#retrieved.add(info.uid);
  }

  delete({ info }: DropMessage): void {
    this.#deleted.add(info.uid);
  }

  undelete(): void {
    this.#deleted.clear();
  }

  /** The UPDATE state (RFC 1939 §6): removes what was deleted; what was retrieved and stays is read, as Courier has it. */
  async update(): Promise<void> {
    const seen = this.messages()
      .map(({ info }) => info)
      .filter((info) => this.#retrieved.has(info.uid) && !info.flags.includes('\\Seen'));
    if (this.#deleted.size > 0) await this.#folder.expunge([...this.#deleted]);
    if (seen.length > 0) {
      await this.#folder.setFlags(
        seen.map((info) => info.uid),
        'add',
        ['\\Seen'],
      );
    }
  }

  release(): void {
    this.#mailbox.release();
  }
}
