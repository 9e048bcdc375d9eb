/**
 * Cuts octets into lines, whatever chunks they come in. Lines end in LF, with or without CR before it. Of a line longer
 * than `keepOctets` only its beginning is handed on, so that memory stays bounded.
 */
export class LineSplitter {
  readonly #onLine: LineListener;
  readonly #keepOctets: number;
  #pieces: Uint8Array[] = [];
  #kept = 0;
  #length = 0;
  #lastOctet = -1;

  constructor(keepOctets: number, onLine: LineListener) {
    this.#keepOctets = keepOctets;
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    for (let lf = chunk.indexOf(0x0a); lf >= 0; lf = chunk.indexOf(0x0a, at)) {
      const stop = lf + 1;
      const before = lf > at ? chunk[lf - 1] : this.#lastOctet;
      const terminator = before === 0x0d ? 2 : 1;
      if (this.#length === 0) {
        this.#onLine(chunk.subarray(at, Math.min(stop, at + this.#keepOctets)), stop - at, terminator);
      } else {
        this.#keep(chunk.subarray(at, stop));
        this.#flush(terminator);
      }
      this.#lastOctet = -1;
      at = stop;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
  }

  /** Hands on what came after the last line end. */
  end(): void {
    if (this.#length > 0) this.#flush(0);
  }

  #keep(piece: Uint8Array): void {
    const room = Math.min(piece.length, this.#keepOctets - this.#kept);
    if (room > 0) this.#pieces.push(Buffer.from(piece.subarray(0, room)));
    this.#kept += room;
    this.#length += piece.length;
    this.#lastOctet = piece[piece.length - 1]!;
  }

  #flush(terminator: 0 | 1 | 2): void {
    const line = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    const length = this.#length;
    this.#pieces = [];
    this.#kept = 0;
    this.#length = 0;
    this.#onLine(line, length, terminator);
  }
}

/**
 * @param line the line with its end, or its beginning when it is too long. Valid during the call only.
 * @param length octets of the whole line with its end.
 * @param terminator octets of its end: 2 for CRLF, 1 for LF, 0 where the data ended without one.
 */
export type LineListener = (line: Uint8Array, length: number, terminator: 0 | 1 | 2) => void;
