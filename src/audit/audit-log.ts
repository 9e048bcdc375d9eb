import { open, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { makeFolder, removeDurable, syncFolder, writeDurable } from '../lib/durable.ts';
import type { EventBus } from '../lib/events.ts';
import { readOptional } from '../lib/optional-file.ts';
import { type AuditEntry, type AuditNote, cut, lineOf, markOf, readLine } from './audit-entry.ts';

/** A part of the log, bytes, and how many are kept: 10 MB, some forty thousand entries. */
const partBytes = 1024 * 1024;
const partsKept = 10;
/** Entries that wait to be written; more are counted and told of. */
const waitingLimit = 1000;
const startMark = 'A'.repeat(43);

export interface AuditParts {
  readonly folder: string;
  /** Where the key of the marks is; beside the identity of the machine, away from the log. */
  readonly keyFile: string;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly random: (count: number) => Uint8Array;
}

export interface AuditQuery {
  /** Text anywhere in an entry, in any case; empty for all. */
  readonly text: string;
  /** Only entries before this one; 0 for all. */
  readonly before: number;
  readonly limit: number;
}

/** Whether the log is as it was written. */
export interface AuditCheck {
  readonly entries: number;
  readonly first: number;
  /** Empty: nothing was changed, taken out or put in. */
  readonly problem: string;
}

/**
 * The audit log: who did what, when and from where. Files of lines that are only ever added to; each line carries a mark over
 * itself and the line before, so that a change, a gap and a missing end show. The oldest file goes when there are too many.
 *
 * | file | what |
 * |---|---|
 * | `<n>.log` | a line `before <mark> <mark>`, the mark of the entry before and one over both, then entries from number n |
 * | `end` | number of the last entry, and a mark over it: written after it, so a log that ends before was cut |
 */
export class AuditLog {
  readonly #parts: AuditParts;
  readonly #key: Uint8Array;
  #last: number;
  #mark: string;
  /** The file that is written, its bytes. */
  #part: string | undefined;
  #bytes: number;
  #waiting: AuditNote[] = [];
  #left = 0;
  #writing: Promise<void> | undefined;
  #broken = false;

  private constructor(parts: AuditParts, key: Uint8Array, end: End) {
    this.#parts = parts;
    this.#key = key;
    this.#last = end.last;
    this.#mark = end.mark;
    this.#part = end.part;
    this.#bytes = end.bytes;
  }

  static async open(parts: AuditParts): Promise<AuditLog> {
    await makeFolder(parts.folder);
    let key = await readOptional(parts.keyFile);
    if (key?.length !== 32) {
      key = Buffer.from(parts.random(32));
      await writeDurable(parts.keyFile, key);
    }
    return new AuditLog(parts, key, await findEnd(parts.folder));
  }

  /** Writes it down. Resolves when it is on stable storage, or when it could not be: that is told as an event. */
  add(note: AuditNote): Promise<void> {
    if (this.#waiting.length >= waitingLimit) this.#left++;
    else this.#waiting.push(cut(note));
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // What comes in the same turn is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const notes = this.#waiting.splice(0);
      if (this.#left > 0) {
        notes.push(overflow(this.#left));
        this.#left = 0;
      }
      try {
        await this.#append(notes);
        this.#broken = false;
      } catch (error) {
        if (!this.#broken) this.#parts.events.emit('audit.stopped', { reason: String(error) });
        this.#broken = true;
      }
    }
  }

  async #append(notes: readonly AuditNote[]): Promise<void> {
    if (this.#part === undefined || this.#bytes >= partBytes) await this.#nextPart();
    const at = this.#parts.clock.now();
    let { last, mark } = { last: this.#last, mark: this.#mark };
    let text = '';
    for (const note of notes) {
      const made = lineOf(this.#key, mark, { n: ++last, at, ...note });
      text += made.line;
      mark = made.mark;
    }
    const path = join(this.#parts.folder, this.#part!);
    const file = await open(path, 'a', 0o600);
    try {
      await file.appendFile(text);
      await file.datasync();
    } catch (error) {
      // Half a line would break the chain.
      await truncate(path, this.#bytes).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
    this.#last = last;
    this.#mark = mark;
    this.#bytes += Buffer.byteLength(text);
    await writeDurable(join(this.#parts.folder, 'end'), `${last} ${markOf(this.#key, 'end', String(last))}\n`);
  }

  async #nextPart(): Promise<void> {
    const part = `${String(this.#last + 1).padStart(10, '0')}.log`;
    const head = `before ${this.#mark} ${markOf(this.#key, 'before', `${this.#last} ${this.#mark}`)}\n`;
    await writeDurable(join(this.#parts.folder, part), head);
    await syncFolder(this.#parts.folder);
    this.#part = part;
    this.#bytes = head.length;
    for (const old of (await partsOf(this.#parts.folder)).slice(0, -partsKept))
      await removeDurable(join(this.#parts.folder, old));
  }

  /** Newest first. */
  async search({ text, before, limit }: AuditQuery): Promise<readonly AuditEntry[]> {
    const wanted = text.toLowerCase();
    const found: AuditEntry[] = [];
    for (const part of (await partsOf(this.#parts.folder)).toReversed()) {
      for (const line of (await readLines(join(this.#parts.folder, part))).toReversed()) {
        const entry = readLine(line)?.entry;
        if (!entry || (before > 0 && entry.n >= before)) continue;
        if (wanted !== '' && !isAbout(entry, wanted)) continue;
        found.push(entry);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  /** Reads all of it, and finds the first place where it is not as it was written. */
  async check(): Promise<AuditCheck> {
    const { folder } = this.#parts;
    // The end first: entries that are added meanwhile are no trouble.
    const end = await this.#keptEnd();
    let entries = 0;
    let first = 0;
    let last: number | undefined;
    let mark = '';
    const wrong = (problem: string): AuditCheck => ({ entries, first, problem });
    for (const part of await partsOf(folder)) {
      const [head = '', ...lines] = await readLines(join(folder, part));
      const before = Number(part.slice(0, -4)) - 1;
      const [word, given = '', over] = head.split(' ');
      if (word !== 'before' || over !== markOf(this.#key, 'before', `${before} ${given}`))
        return wrong(`the beginning of ${part} was changed`);
      if (last !== undefined && (last !== before || given !== mark))
        return wrong(`entries before ${before + 1} are missing`);
      last = before;
      mark = given;
      for (const line of lines) {
        const read = readLine(line);
        if (!read || read.entry.n !== last + 1 || read.mark !== markOf(this.#key, mark, read.text))
          return wrong(`entry ${last + 1} was changed, or others were taken out or put in there`);
        last = read.entry.n;
        mark = read.mark;
        if (entries++ === 0) first = last;
      }
    }
    if (end === 'changed') return wrong('the note of the last entry was changed');
    if ((last ?? 0) < end) return wrong(`entries ${(last ?? 0) + 1} to ${end} are missing at the end`);
    return wrong('');
  }

  async #keptEnd(): Promise<number | 'changed'> {
    const text = (await readOptional(join(this.#parts.folder, 'end')))?.toString() ?? '';
    if (text === '') return this.#last === 0 ? 0 : 'changed';
    const [n = '', mark] = text.trim().split(' ');
    return mark === markOf(this.#key, 'end', n) ? Number(n) : 'changed';
  }
}

function isAbout(entry: AuditEntry, wanted: string): boolean {
  const { via, account, remote, action, subject, details, failed } = entry;
  return [via, account, remote, action, subject, ...details, failed].some((one) => one.toLowerCase().includes(wanted));
}

function overflow(count: number): AuditNote {
  const details = [`${count} entries were too many at one time and are not in the log`];
  return { via: 'box', account: '', remote: '', action: 'overflow', subject: '', details, failed: '' };
}

interface End {
  readonly last: number;
  readonly mark: string;
  readonly part: string | undefined;
  readonly bytes: number;
}

/** Where to go on. Half a line at the end is of a crash, and was told to nobody as written: it goes. */
async function findEnd(folder: string): Promise<End> {
  const part = (await partsOf(folder)).at(-1);
  if (part === undefined) return { last: 0, mark: startMark, part, bytes: 0 };
  const path = join(folder, part);
  const content = await readFile(path);
  const bytes = content.lastIndexOf(0x0a) + 1;
  if (bytes < content.length) await truncate(path, bytes);
  const [head = '', ...lines] = content.toString('utf8', 0, bytes).split('\n').slice(0, -1);
  const read = lines.length > 0 ? readLine(lines.at(-1)!) : undefined;
  const last = read?.entry.n ?? Number(part.slice(0, -4)) - 1 + lines.length;
  return { last, mark: read?.mark ?? head.split(' ')[1] ?? startMark, part, bytes };
}

async function partsOf(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => /^\d{10}\.log$/.test(name)).toSorted();
}

async function readLines(path: string): Promise<readonly string[]> {
  return ((await readOptional(path))?.toString() ?? '').split('\n').slice(0, -1);
}
