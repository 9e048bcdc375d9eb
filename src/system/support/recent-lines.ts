/** The last lines of something, in bounded memory. */
export class RecentLines {
  readonly #limitBytes: number;
  readonly #lines: string[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    while (this.#bytes > this.#limitBytes && this.#lines.length > 1) this.#bytes -= this.#lines.shift()!.length;
  }

  text(): string {
    return this.#lines.join('');
  }
}
