import { type Content, chunksOf } from '../lib/durable.ts';
import { Header, headerEnd } from '../mail/header.ts';

/** What is told of a message's header, for the log of mail. */
export interface Head {
  /** Message-ID without brackets. */
  readonly messageId: string;
  readonly subject: string;
}

/** Octets of the header that are looked at: these fields stand early, and what was missed is missing in a log only. */
const lookedAtOctets = 16 * 1024;
/** Characters of a field that are told. */
const maxFieldCharacters = 500;

/** Reads the header of what passes by on its way to the spool. */
export class HeadReader {
  #block: Buffer = Buffer.alloc(0);
  #done = false;

  /** The same octets. */
  async *pass(content: Content): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(content)) {
      if (!this.#done) this.#add(chunk);
      yield chunk;
    }
  }

  #add(chunk: Uint8Array): void {
    const part = chunk.subarray(0, lookedAtOctets - this.#block.length);
    this.#block = Buffer.concat([this.#block, part]);
    this.#done = this.#block.length >= lookedAtOctets || headerEnd(this.#block) !== undefined;
  }

  get head(): Head {
    const header = Header.parse(this.#block);
    const { 1: id = header.first('Message-ID') ?? '' } = /<([^<>]*)>/.exec(header.first('Message-ID') ?? '') ?? [];
    return { messageId: clipped(id), subject: clipped(header.text('Subject') ?? '') };
  }
}

function clipped(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, maxFieldCharacters);
}
