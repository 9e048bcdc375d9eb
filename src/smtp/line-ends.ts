const [nul, lf, cr] = [0x00, 0x0a, 0x0d];
const crlf = Buffer.from('\r\n');
const space = Buffer.from(' ');

/**
 * Makes every line of a message end in CRLF, whatever chunks it comes in: an LF alone becomes CRLF; a CR alone, and NUL,
 * become a space. So no host that the message goes to can see another end of the data than we did (SMTP smuggling), and
 * an odd message is still taken. RFC 5321 §2.3.8 forbids senders all three.
 */
export class LineEnds {
  #afterCr = false;

  push(chunk: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    let start = 0;
    const replace = (at: number, by: Uint8Array): void => {
      pieces.push(chunk.subarray(start, at), by);
      start = at + 1;
    };
    if (this.#afterCr && chunk.length > 0) {
      this.#afterCr = false;
      if (chunk[0] === lf) replace(0, crlf);
      else pieces.push(space);
    }
    for (let at = start; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet > cr) continue;
      if (octet === lf) replace(at, crlf);
      else if (octet === nul) replace(at, space);
      else if (octet !== cr) continue;
      else if (at + 1 === chunk.length) {
        pieces.push(chunk.subarray(start, at));
        start = chunk.length;
        this.#afterCr = true;
      } else if (chunk[at + 1] === lf) at++;
      else replace(at, space);
    }
    return pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk.subarray(start)]);
  }

  /** What is left when the message ends. */
  end(): Uint8Array {
    const left = this.#afterCr ? space : Buffer.alloc(0);
    this.#afterCr = false;
    return left;
  }
}
