import type { Folder, FolderChanges, MessageInfo } from '../store/types.ts';
import { systemFlags } from './flags.ts';
import { bad, no } from './imap-error.ts';
import { type NumberedMessage, SequenceView } from './sequence.ts';
import type { SequenceSet } from './sequence-set.ts';

/** The folder that a session has selected: its numbers, its recent messages, and what must still be told. */
export class SelectedFolder {
  readonly folder: Folder;
  readonly readOnly: boolean;
  view: SequenceView = new SequenceView([]);
  /** Messages that are `\Recent` for this session. */
  readonly recent = new Set<number>();
  readonly #keywords = new Set<string>();
  #keywordsTold = 0;
  #stop: () => void = () => {};
  #wake: (() => void) | undefined;

  private constructor(folder: Folder, readOnly: boolean) {
    this.folder = folder;
    this.readOnly = readOnly;
  }

  static async open(folder: Folder, readOnly: boolean): Promise<SelectedFolder> {
    const selected = new SelectedFolder(folder, readOnly);
    // Watched before it is listed, so that nothing falls between.
    const early: FolderChanges[] = [];
    selected.#stop = folder.watch((changes) => early.push(changes));
    try {
      selected.view = new SequenceView(await folder.list());
      for (const uid of await folder.recent(!readOnly)) selected.recent.add(uid);
    } catch (error) {
      selected.#stop();
      throw error;
    }
    selected.#stop();
    selected.#stop = folder.watch((changes) => selected.note(changes));
    for (const changes of early) selected.note(changes);
    selected.view.report(true);
    for (const { info } of selected.view.all()) selected.#learn(info);
    return selected;
  }

  /** Takes in what happened in the folder. */
  note(changes: FolderChanges): void {
    this.view.note(changes);
    for (const info of [...changes.added, ...changes.changed]) this.#learn(info);
    if (this.view.stale) this.#wake?.();
  }

  /** Resolves when there is something to tell. */
  changed(): Promise<void> {
    if (this.view.stale) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#stop();
    this.#wake = undefined;
  }

  /** FLAGS and PERMANENTFLAGS (RFC 9051 §7.3.5, §7.1). */
  flagLines(): string[] {
    this.#keywordsTold = this.#keywords.size;
    const flags = [...systemFlags, ...this.#keywords].join(' ');
    const permanent = this.readOnly ? '' : `${flags} \\*`;
    return [`* FLAGS (${flags})\r\n`, `* OK [PERMANENTFLAGS (${permanent})] Flags that are kept\r\n`];
  }

  /** What the client has to hear by now. @param expunge whether numbers may move. */
  async report(expunge: boolean): Promise<string[]> {
    const flags = this.#keywords.size > this.#keywordsTold ? this.flagLines() : [];
    if (!this.view.stale) return flags;
    if (this.view.added.length > 0) {
      for (const uid of await this.folder.recent(!this.readOnly)) this.recent.add(uid);
    }
    const { expunged, exists, changed } = this.view.report(expunge);
    const lines = expunged.map((sequence) => `* ${sequence} EXPUNGE\r\n`);
    if (exists !== undefined) lines.push(`* ${exists} EXISTS\r\n`, `* ${this.recentCount()} RECENT\r\n`);
    lines.push(...flags);
    for (const message of changed) lines.push(this.flagsLine(message));
    return lines;
  }

  recentCount(): number {
    return [...this.recent].filter((uid) => this.view.sequenceOf(uid) > 0).length;
  }

  /** An untagged FETCH with the flags of a message. */
  flagsLine({ sequence, info }: NumberedMessage): string {
    return `* ${sequence} FETCH (UID ${info.uid} FLAGS ${this.formatFlags(info)})\r\n`;
  }

  formatFlags(info: MessageInfo): string {
    return `(${[...info.flags, ...(this.recent.has(info.uid) ? ['\\Recent'] : [])].join(' ')})`;
  }

  /** The messages of a set. @throws ImapError for a sequence number that is not there (RFC 9051 §9, `seq-number`). */
  select(set: SequenceSet, byUid: boolean): NumberedMessage[] {
    const messages = this.view.select(set, byUid);
    if (!messages) throw bad('There is no message with such a number');
    return messages;
  }

  /** @throws ImapError when it was opened by EXAMINE. */
  assertWritable(): void {
    if (this.readOnly) throw no('The folder was opened for reading only', 'READ-ONLY');
  }

  #learn(info: MessageInfo): void {
    for (const flag of info.flags) if (!flag.startsWith('\\')) this.#keywords.add(flag);
  }
}
