import type { OctetInput } from '../lib/octet-input.ts';
import { bad, type ImapError, no } from './imap-error.ts';
import { limits } from './limits.ts';
import type { RawCommand } from './parse.ts';

export type ReadCommand =
  | { readonly kind: 'command'; readonly raw: RawCommand }
  /** It was skipped as a whole; what comes next is a new command. */
  | { readonly kind: 'refused'; readonly tag: string; readonly error: ImapError }
  | { readonly kind: 'end' };

const literalForm = /(~?)\{(\d{1,15})(\+?)\}$/;

/**
 * Frames one command: lines and the literals between them (RFC 9051 §4.3, RFC 7888). The message of APPEND is left
 * unread, as it may be large; everything else is small and read here.
 * @param proceed asks the client for the literal that it announced.
 */
export async function readCommand(input: OctetInput, proceed: () => Promise<void>): Promise<ReadCommand> {
  const texts: string[] = [];
  const literals: string[] = [];
  let room = limits.commandOctets;
  let literalRoom = limits.literalOctets;
  for (;;) {
    const line = await input.line(room);
    if (line.kind === 'end') return line;
    if (line.kind === 'tooLong') {
      const tag = tagOf(texts[0] ?? line.start.toString('latin1'));
      return { kind: 'refused', tag, error: bad('The command is too long', 'LIMIT') };
    }
    const text = line.octets.toString('latin1');
    room -= text.length;
    const literal = literalForm.exec(text);
    texts.push(literal ? text.slice(0, literal.index) : text);
    if (!literal) return { kind: 'command', raw: { texts, literals } };
    const sizeBytes = Number(literal[2]);
    const synchronizing = literal[3] === '';
    const utf8 = literal[1] === '~';
    if (announcesMessage(texts)) {
      return { kind: 'command', raw: { texts, literals, message: { sizeBytes, synchronizing, utf8 } } };
    }
    if (utf8 || sizeBytes > literalRoom) {
      // A client that must be asked is not asked, and takes the answer instead.
      if (!synchronizing) {
        await input.counted(sizeBytes).drain();
        await skipCommand(input);
      }
      const error = utf8 ? bad('Only a message can be binary') : no('The literal is too big', 'TOOBIG');
      return { kind: 'refused', tag: tagOf(texts[0]!), error };
    }
    literalRoom -= sizeBytes;
    if (synchronizing) await proceed();
    literals.push((await input.counted(sizeBytes).all()).toString('latin1'));
  }
}

/** Drops what is left of a command, with the literals that the client sends without being asked. */
export async function skipCommand(input: OctetInput): Promise<void> {
  const line = await input.line(limits.commandOctets);
  if (line.kind === 'line') await skipAfter(input, line.octets.toString('latin1'));
}

/** As `skipCommand`, when `text` has been read of it already. */
export async function skipAfter(input: OctetInput, text: string): Promise<void> {
  for (let literal = literalForm.exec(text); literal?.[3] === '+'; ) {
    await input.counted(Number(literal[2])).drain();
    const line = await input.line(limits.commandOctets);
    literal = line.kind === 'line' ? literalForm.exec(line.octets.toString('latin1')) : null;
  }
}

/** Whether the literal after these texts is the message of APPEND, and not the folder's name. */
function announcesMessage(texts: readonly string[]): boolean {
  const match = /^[^ ]+ append (.*)$/is.exec(texts[0]!);
  return match !== null && (texts.length > 1 || match[1] !== '');
}

/** The tag of a line that cannot be understood otherwise; `*` when there is none. */
export function tagOf(text: string): string {
  return /^[^\x00-\x20(){%*"\\+\x7f-\xff]{1,100}(?= |$)/.exec(text)?.[0] ?? '*';
}
