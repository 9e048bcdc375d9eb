import { Header, maxFields, maxHeaderOctets } from '../mail/header.ts';
import { HeaderSplitter } from './header-splitter.ts';
import { LineEnds } from './line-ends.ts';
import { SmtpError } from './smtp-error.ts';

/** Received fields of one message before it counts as going round (RFC 5321 §6.3). */
export const mostHops = 100;

/**
 * The message on its way from the client to the queue, in bounded memory: line ends made right, the header block judged,
 * our trace field put before it. `refusal` keeps why it was stopped, whatever the queue makes of the exception.
 */
export class Intake {
  refusal: SmtpError | undefined;
  readonly #received: string;
  readonly #complete: ((header: Uint8Array) => Uint8Array) | undefined;
  readonly #tooLarge: () => boolean;

  constructor(parts: {
    /** Our Received field with its line end. */
    readonly received: string;
    /** Asked after every chunk: has the client sent more than it may? */
    readonly tooLarge: () => boolean;
    /** Sets the header block right, for submissions. */
    readonly complete?: (header: Uint8Array) => Uint8Array;
  }) {
    this.#received = parts.received;
    this.#tooLarge = parts.tooLarge;
    this.#complete = parts.complete;
  }

  /** @throws SmtpError when the message is refused for its size or its header. */
  async *content(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const lineEnds = new LineEnds();
    const splitter = new HeaderSplitter(maxHeaderOctets);
    let inBody = false;
    for await (const chunk of chunks) {
      if (this.#tooLarge()) this.#refuse(552, '5.3.4', 'message is too big');
      const octets = lineEnds.push(chunk);
      if (inBody) {
        yield octets;
        continue;
      }
      const split = splitter.push(octets);
      if (split === undefined) continue;
      if (split === 'too big') this.#refuse(552, '5.3.4', `header is larger than ${maxHeaderOctets} octets`);
      inBody = true;
      yield this.#head(split.header);
      yield split.rest;
    }
    if (this.#tooLarge()) this.#refuse(552, '5.3.4', 'message is too big');
    const last = lineEnds.end();
    if (!inBody) yield this.#head(splitter.end().header);
    if (last.length > 0) yield last;
  }

  #head(block: Uint8Array): Uint8Array {
    const header = Header.parse(block);
    if (header.fields.length >= maxFields) this.#refuse(552, '5.3.4', `header has ${maxFields} fields or more`);
    if (header.all('Received').length > mostHops) this.#refuse(554, '5.4.6', 'message is going round in a loop');
    const fields = this.#complete?.(block) ?? block;
    return Buffer.concat([Buffer.from(this.#received), fields, Buffer.from('\r\n')]);
  }

  #refuse(code: number, status: string, text: string): never {
    this.refusal = new SmtpError(code, status, text);
    throw this.refusal;
  }
}
