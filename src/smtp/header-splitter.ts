const lf = 0x0a;

/** The header block, each line with its CRLF, and what follows: the body without the empty line before it. */
export interface Split {
  readonly header: Uint8Array;
  readonly rest: Uint8Array;
}

/**
 * Finds the end of the header block in octets whose lines end in CRLF, whatever chunks they come in: the first empty
 * line, or the first line that can be no header field, as careless programs leave the empty line out. A first line
 * `From …` of a mailbox file is dropped.
 */
export class HeaderSplitter {
  readonly #limitBytes: number;
  #bytes = Buffer.alloc(4096);
  #length = 0;
  #lineStart = 0;
  #headerStart = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns undefined while the end was not seen, `too big` when there is none within the limit. */
  push(chunk: Uint8Array): Split | 'too big' | undefined {
    const from = this.#length;
    this.#append(chunk);
    for (let at = this.#find(from); at >= 0; at = this.#find(this.#lineStart)) {
      const line = this.#bytes.subarray(this.#lineStart, at + 1);
      const what = kindOf(line, this.#lineStart === this.#headerStart);
      if (what === 'end') return this.#split(this.#lineStart, at + 1);
      if (what === 'body') return this.#split(this.#lineStart, this.#lineStart);
      this.#lineStart = at + 1;
      if (what === 'postmark') this.#headerStart = at + 1;
    }
    return this.#length > this.#limitBytes ? 'too big' : undefined;
  }

  /** All was header. */
  end(): Split {
    return this.#split(this.#length, this.#length);
  }

  #split(headerEnd: number, restStart: number): Split {
    return {
      header: this.#bytes.subarray(this.#headerStart, headerEnd),
      rest: this.#bytes.subarray(restStart, this.#length),
    };
  }

  #find(from: number): number {
    return this.#bytes.subarray(0, this.#length).indexOf(lf, from);
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }
}

/** Longest name of a field that is believed to be one. */
const nameBytes = 200;

function kindOf(line: Buffer, first: boolean): 'field' | 'end' | 'body' | 'postmark' {
  if (line.length === 2) return 'end';
  const start = line.toString('latin1', 0, nameBytes);
  if (/^[!-9;-~]+[ \t]*:/.test(start)) return 'field';
  if (first) return /^>?From /.test(start) ? 'postmark' : 'body';
  return /^[ \t]/.test(start) ? 'field' : 'body';
}
