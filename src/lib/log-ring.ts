import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from './clock.ts';
import type { Level } from './events.ts';

/** The ring: so many files of so many octets at most, the newest is 0. */
export const ringFiles = 8;
export const ringFileBytes = 4 * 1024 * 1024;

/** Lines wait so long for others, to spare the flash; warnings and errors do not wait. */
const flushMs = 30_000;
/** So much waits in memory at most; what is beyond is left out, and said. */
const waitingLimitBytes = 512 * 1024;

export function ringFile(folder: string, number: number): string {
  return join(folder, `caselli.${number}.log`);
}

/**
 * Lines kept in a ring of files: the oldest go when it is full. What was written outlives a power cut but for the last
 * half minute; what was a warning or an error is on stable storage at once.
 */
export class LogRing {
  readonly #folder: string;
  readonly #clock: Clock;
  #handle: FileHandle | undefined;
  #sizeBytes = 0;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #leftOut = 0;
  #timer: Timer | undefined;
  #turn: Promise<void> = Promise.resolve();

  private constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<LogRing> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new LogRing(folder, clock);
  }

  /** Takes a line with its end; never waits, never throws. */
  write(line: string, level: Level): void {
    this.#take(line);
    if (level === 'warn' || level === 'error' || this.#waitingBytes > waitingLimitBytes / 4) void this.flush();
    else this.#timer ??= this.#clock.timer(flushMs, () => void this.flush());
  }

  /** Resolves when all lines are on stable storage, or could not be written: a full disk stops no mail. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#turn = this.#turn.then(() => this.#flush()).catch(() => this.#lost());
    return this.#turn;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting;
    const leftOut = this.#leftOut;
    if (lines.length === 0 && leftOut === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#leftOut = 0;
    try {
      await this.#append(Buffer.from(lines.join('') + (leftOut > 0 ? `(${leftOut} lines were left out)\n` : '')));
    } catch (error) {
      // Kept for the next time, as far as memory allows.
      const since = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#leftOut += leftOut;
      for (const line of [...lines, ...since]) this.#take(line);
      throw error;
    }
  }

  #take(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > waitingLimitBytes) this.#leftOut++;
    else {
      this.#waiting.push(line);
      this.#waitingBytes += bytes;
    }
  }

  async #append(text: Buffer): Promise<void> {
    if (this.#handle && this.#sizeBytes + text.length > ringFileBytes) await this.#turnRing();
    const handle = await this.#current();
    const { bytesWritten } = await handle.write(text);
    this.#sizeBytes += bytesWritten;
    if (bytesWritten < text.length) throw new Error('the disk took a part only');
    await handle.datasync();
  }

  async #current(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    this.#handle = await open(ringFile(this.#folder, 0), 'a', 0o600);
    this.#sizeBytes = (await this.#handle.stat()).size;
    return this.#handle;
  }

  async #turnRing(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    for (let number = ringFiles - 2; number >= 0; number--) {
      await rename(ringFile(this.#folder, number), ringFile(this.#folder, number + 1)).catch((error) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }

  /** The file is opened anew the next time: it may have been what failed. */
  #lost(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    handle?.close().catch(() => {});
  }
}

/** The last lines of a ring, oldest first; fewer when there are no more. */
export async function lastLines(folder: string, count: number): Promise<string[]> {
  let lines: string[] = [];
  for (let number = 0; number < ringFiles && lines.length < count; number++) {
    const file = ringFile(folder, number);
    const there = await stat(file).catch(() => undefined);
    if (!there) break;
    const text = await readFile(file, 'utf8');
    lines = [...text.split('\n').filter((line) => line !== ''), ...lines];
  }
  return lines.slice(-count);
}
