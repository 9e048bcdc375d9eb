import type { Clock } from '../lib/clock.ts';

/** Lines kept of one call; 300 pages make about 4000. */
const lineLimit = 20_000;
/** Bytes of page data shown. */
const shownBytes = 12;

const names: Record<number, string> = { 17: '<XON>', 18: '<DC2>', 24: '<CAN>' };

/**
 * What host and modem said to each other, as people read it and support asks for it:
 *
 *     1.421 H: AT+FDT
 *     1.571 M: <XON>
 *     1.573 H: [15056 bytes of page data, begins 00 28 9b 15 …]
 *     2.012 -- page 1 confirmed
 *
 * Seconds since the first line, `H:` host, `M:` modem, `--` a remark; page data are counted, not shown.
 */
export class Transcript {
  readonly #clock: Clock;
  #startedAt = 0;
  #lines: string[] = [];
  #data: { side: 'H' | 'M'; at: number; bytes: number; first: number[] } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  line(side: 'H' | 'M', text: string): void {
    this.#add(this.#clock.now(), `${side}: ${text}`);
  }

  control(side: 'H' | 'M', bytes: readonly number[]): void {
    const text = bytes.map((byte) => names[byte] ?? `<${byte.toString(16).padStart(2, '0')}>`).join('');
    this.line(side, text);
  }

  data(side: 'H' | 'M', bytes: Uint8Array): void {
    if (this.#data?.side !== side) {
      this.#flushData();
      this.#data = { side, at: this.#clock.now(), bytes: 0, first: [] };
    }
    const data = this.#data!;
    data.bytes += bytes.length;
    if (data.first.length < shownBytes) data.first.push(...bytes.subarray(0, shownBytes - data.first.length));
  }

  remark(text: string): void {
    this.#add(this.#clock.now(), `-- ${text}`);
  }

  /** The text so far; a new transcript begins. */
  take(): string {
    this.#flushData();
    const text = this.#lines.map((line) => `${line}\n`).join('');
    this.#lines = [];
    return text;
  }

  #flushData(): void {
    const data = this.#data;
    if (!data) return;
    this.#data = undefined;
    const first = data.first.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    this.#add(data.at, `${data.side}: [${data.bytes} bytes of page data, begins ${first} …]`);
  }

  #add(at: number, text: string): void {
    if (this.#data) this.#flushData();
    if (this.#lines.length === 0) this.#startedAt = at;
    if (this.#lines.length === lineLimit) this.#lines.push('-- the rest was left out');
    if (this.#lines.length > lineLimit) return;
    this.#lines.push(`${((at - this.#startedAt) / 1000).toFixed(3).padStart(8)} ${text}`);
  }
}
