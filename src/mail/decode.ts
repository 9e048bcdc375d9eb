import { charsetDecoder, decodeUnlabelled } from './charset.ts';
import type { MimePart } from './mime-part.ts';

/**
 * From the octets of a body to what they mean: transfer encodings (RFC 2045 §6) and charsets, chunk by chunk. Tolerant:
 * octets that do not belong are passed over or taken as they are; nothing throws but the source.
 */
export type Octets = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** @param encoding a Content-Transfer-Encoding in lower case; an unknown one leaves the octets as they are. */
export function decodeTransfer(encoding: string, body: Octets): AsyncGenerator<Uint8Array> {
  if (encoding === 'base64') return decodeBase64(body);
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  return asTheyAre(body);
}

async function* asTheyAre(body: Octets): AsyncGenerator<Uint8Array> {
  yield* body;
}

/** Padding inside, as some programs leave it between pieces, ends a group and not the body. */
async function* decodeBase64(body: Octets): AsyncGenerator<Uint8Array> {
  let waiting = '';
  for await (const chunk of body) {
    const text =
      waiting +
      Buffer.from(chunk)
        .toString('latin1')
        .replaceAll(/[^A-Za-z0-9+/=]/g, '');
    const pieces = text.split(/=+/);
    const last = pieces.pop()!;
    const whole = last.length - (last.length % 4);
    waiting = last.slice(whole);
    yield* notEmpty([...pieces, last.slice(0, whole)].map((piece) => Buffer.from(piece, 'base64')));
  }
  yield* notEmpty([Buffer.from(waiting, 'base64')]);
}

/** Octets of a line that are looked at as one; longer lines are cut. RFC 5322 allows 998, RFC 2045 76. */
const maxLineOctets = 64 * 1024;

async function* decodeQuotedPrintable(body: Octets): AsyncGenerator<Uint8Array> {
  const cut = lineCutter();
  for await (const chunk of body) yield* notEmpty(cut(chunk).map(decodeQuotedLine));
  yield* notEmpty(cut().map(decodeQuotedLine));
}

/** White space at the end of a line was put there in transport and is dropped (RFC 2045 §6.7 (3)). */
function decodeQuotedLine(line: Uint8Array): Uint8Array {
  const text = Buffer.from(line).toString('latin1');
  const end = text.endsWith('\r\n') ? '\r\n' : text.endsWith('\n') ? '\n' : '';
  let stop = text.length - end.length;
  while (text[stop - 1] === ' ' || text[stop - 1] === '\t') stop--;
  const soft = text[stop - 1] === '=';
  const plain = text
    .slice(0, soft ? stop - 1 : stop)
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(soft ? plain : plain + end, 'latin1');
}

function* notEmpty(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  if (bytes.length > 0) yield bytes;
}

/** Cuts chunks into lines with their ends, the same for any chunks; called without a chunk it gives the rest. */
function lineCutter(): (chunk?: Uint8Array) => Uint8Array[] {
  let waiting: Uint8Array = new Uint8Array();
  return (chunk) => {
    const lines: Uint8Array[] = [];
    let rest: Uint8Array =
      chunk === undefined ? waiting : waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    for (;;) {
      const lf = rest.subarray(0, maxLineOctets).indexOf(0x0a);
      const end = lf >= 0 ? lf + 1 : rest.length >= maxLineOctets ? maxLineOctets : 0;
      if (end === 0) break;
      lines.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    if (chunk === undefined) return rest.length > 0 ? [...lines, rest] : lines;
    waiting = Buffer.from(rest);
    return lines;
  };
}

/**
 * The text of a part: transfer encoding and charset undone, line ends as they are. Text whose charset is unknown or does
 * not say is read line by line as UTF-8, else as windows-1252.
 */
export async function* decodeText(
  part: Pick<MimePart, 'encoding' | 'parameters'>,
  body: Octets,
): AsyncGenerator<string> {
  const octets = decodeTransfer(part.encoding, body);
  const decoder = charsetDecoder(part.parameters.charset ?? '');
  if (decoder) {
    for await (const chunk of octets) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
    return;
  }
  const cut = lineCutter();
  for await (const chunk of octets) yield cut(chunk).map(decodeUnlabelled).join('');
  yield cut().map(decodeUnlabelled).join('');
}

/** Like `decodeText`, gathered, at most `maxCharacters` of it. The rest of the body is not read. */
export async function readText(
  part: Pick<MimePart, 'encoding' | 'parameters'>,
  body: Octets,
  maxCharacters: number,
): Promise<string> {
  let text = '';
  for await (const piece of decodeText(part, body)) {
    text += piece;
    if (text.length >= maxCharacters) break;
  }
  return text.slice(0, maxCharacters);
}
