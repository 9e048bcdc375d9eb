import { readFaxNumber } from '../fax/fax-address.ts';
import { quoteLocalpart } from '../mail/address.ts';
import { composeMessage, messageId, type Person, type RandomBytes } from '../mail/compose.ts';
import { receivedField } from '../mail/received.ts';

/** A fax as it was written at the desk, and the message that carries it. */
export interface FaxLetter {
  readonly subject: string;
  /** Stands on the cover page. */
  readonly text: string;
  /** Whether a cover page goes first. */
  readonly cover: boolean;
  readonly resolution: 'fine' | 'normal';
}

export interface Addressed {
  /** As it was written. */
  readonly number: string;
  /** Stands on the cover page; may be empty. */
  readonly name: string;
}

export interface LetterFile {
  readonly name: string;
  readonly type: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** `number@fax-…` for what is asked for, or why the text is no number at all, whatever the dial plan says. */
export function faxAddressOf(
  number: string,
  { cover, resolution }: Pick<FaxLetter, 'cover' | 'resolution'>,
): string | { readonly reason: string } {
  const read = readFaxNumber(number);
  if (read.kind === 'invalid') return read;
  const options = `${resolution === 'normal' ? '-lowres' : ''}${cover ? '-withcover' : '-nocover'}`;
  return `${quoteLocalpart(read.text)}@fax${options}`;
}

export interface LetterParts {
  readonly letter: FaxLetter;
  readonly from: Person;
  readonly to: readonly (Addressed & { readonly address: string })[];
  readonly files: readonly LetterFile[];
  /** Id of the message. */
  readonly id: string;
  /** Name of the box. */
  readonly host: string;
  readonly at: number;
}

/** The same for the preview and for the queue: what is seen before is what is sent. */
export async function* faxMessage(parts: LetterParts, random: RandomBytes): AsyncGenerator<Uint8Array> {
  const { letter, from, to, files, id, host, at } = parts;
  yield Buffer.from(receivedField({ from: 'the panel of this box', by: host, with: 'HTTP', id, at }));
  yield* composeMessage(
    {
      from,
      to: to.map(({ name, address }) => ({ address, ...(name && { name }) })),
      subject: letter.subject,
      date: at,
      messageId: messageId(id, host),
      body: {
        kind: 'multipart',
        subtype: 'mixed',
        parts: [
          // First and always there, so that no document is taken for the note.
          { kind: 'text', text: letter.text },
          ...files.map(
            ({ name, type, content }) =>
              ({ kind: 'file', contentType: type, fileName: name, content: content() }) as const,
          ),
        ],
      },
    },
    random,
  );
}
