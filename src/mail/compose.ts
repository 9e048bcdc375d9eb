import { asciiAddress } from './address.ts';
import { formatDate } from './date.ts';
import { encodePhrase, encodeWords, oneLine } from './encoded-word.ts';
import { formatParameters } from './parameters.ts';

/**
 * Makes messages (RFC 5322, RFC 2045): fields encoded as they must be, bodies streamed, lines ended by CRLF. What the
 * caller passes in cannot break out of its field.
 */
export interface Draft {
  readonly from: Person;
  readonly to: readonly Person[];
  readonly subject: string;
  readonly date: number;
  /** Without angle brackets, see `messageId`. */
  readonly messageId: string;
  /** Further fields, values as plain text: name and value. */
  readonly fields?: readonly (readonly [string, string])[];
  readonly body: Body;
}

export interface Person {
  readonly name?: string;
  /** As in the envelope; empty shows the name alone, as a group without members. */
  readonly address: string;
}

export type Body = TextBody | FileBody | RawBody | MultipartBody;

/** Text for people; encoded by what is in it. Line ends may be LF or CRLF. */
export interface TextBody {
  readonly kind: 'text';
  readonly text: string;
  /** The text is HTML. */
  readonly html?: boolean;
}

/** Octets in base64: an attachment, or with `inline` a picture to be shown. */
export interface FileBody {
  readonly kind: 'file';
  readonly contentType: string;
  readonly fileName: string;
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly inline?: boolean;
}

/** Octets as they are, such as message/rfc822. They have CRLF line ends of at most 998 octets. */
export interface RawBody {
  readonly kind: 'raw';
  readonly contentType: string;
  readonly encoding: '7bit' | '8bit';
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface MultipartBody {
  readonly kind: 'multipart';
  readonly subtype: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly parts: readonly Body[];
}

export type RandomBytes = (count: number) => Uint8Array;

/** Longest line (RFC 5322 §2.1.1), and the length that lines are folded to. */
const maxLineCharacters = 998;
const foldCharacters = 78;

/** A Message-ID without its brackets (RFC 5322 §3.6.4). */
export function messageId(id: string, host: string): string {
  return `${id}@${host}`;
}

/** @param random makes the boundaries: 144 bits, which no content can foresee. */
export async function* composeMessage(draft: Draft, random: RandomBytes): AsyncGenerator<Uint8Array> {
  const fields: [string, string][] = [
    ['From', formatPerson(draft.from)],
    ['To', draft.to.length > 0 ? draft.to.map(formatPerson).join(', ') : 'undisclosed-recipients:;'],
    ['Subject', encodeWords(draft.subject)],
    ['Date', formatDate(draft.date)],
    ['Message-ID', `<${oneLine(draft.messageId)}>`],
    ...(draft.fields ?? []).map(([name, value]): [string, string] => [name, encodeWords(value)]),
    ['MIME-Version', '1.0'],
  ];
  yield Buffer.from(fields.map(([name, value]) => formatField(name, value)).join(''));
  yield* composeBody(draft.body, random);
}

/** `Name <address>`; the domain as A-label where the whole address can be ASCII. */
export function formatPerson(person: Person): string {
  if (person.address === '') return `${encodePhrase(person.name ?? 'unknown')}:;`;
  const address = oneLine(asciiAddress(person.address) ?? person.address);
  return person.name ? `${encodePhrase(person.name)} <${address}>` : address;
}

/** One field, folded at white space (RFC 5322 §2.2.3), with its line end. */
export function formatField(name: string, value: string): string {
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of value.split(' ')) {
    const longer = `${line} ${word}`;
    const fold = longer.length > foldCharacters && line.trim() !== '' && (lines.length > 0 || line !== `${name}:`);
    if (fold && word !== '') {
      lines.push(line);
      line = ` ${word}`;
    } else {
      line = longer;
    }
  }
  return `${[...lines, line].map((one) => one.slice(0, maxLineCharacters)).join('\r\n')}\r\n`;
}

/** A part from its own fields to the end of its body. */
async function* composeBody(body: Body, random: RandomBytes): AsyncGenerator<Uint8Array> {
  switch (body.kind) {
    case 'text':
      yield* composeText(body);
      return;
    case 'file': {
      const parameters = { name: body.fileName };
      const disposition = formatParameters(body.inline ? 'inline' : 'attachment', { filename: body.fileName });
      yield partFields(formatParameters(oneLine(body.contentType), parameters), 'base64', disposition);
      yield* encodeBase64(body.content);
      return;
    }
    case 'raw':
      yield partFields(oneLine(body.contentType), body.encoding);
      yield* body.content instanceof Uint8Array ? [body.content] : body.content;
      return;
    case 'multipart':
      yield* composeMultipart(body, random);
      return;
  }
}

function partFields(contentType: string, encoding: string, disposition?: string): Uint8Array {
  const last = disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`;
  return Buffer.from(`Content-Type: ${contentType}\r\nContent-Transfer-Encoding: ${encoding}\r\n${last}\r\n`);
}

/** `=_` occurs in neither base64 nor quoted-printable (RFC 2045 §6.7). */
async function* composeMultipart(body: MultipartBody, random: RandomBytes): AsyncGenerator<Uint8Array> {
  const boundary = `=_${Buffer.from(random(18)).toString('base64url')}`;
  const fields = formatParameters(`multipart/${body.subtype}`, { ...body.parameters, boundary });
  yield Buffer.from(`Content-Type: ${fields}\r\n\r\n`);
  for (const [index, part] of body.parts.entries()) {
    yield Buffer.from(`${index > 0 ? '\r\n' : ''}--${boundary}\r\n`);
    yield* composeBody(part, random);
  }
  // The line end before a boundary belongs to the boundary: each part keeps its own.
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

function* composeText(body: TextBody): Generator<Uint8Array> {
  const text = body.text.toWellFormed().replaceAll(/\r\n|\r|\n/g, '\r\n');
  const ended = text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
  const plain =
    /^[\x20-\x7e\t\r\n]*$/.test(ended) && ended.split('\r\n').every((line) => line.length <= maxLineCharacters);
  const type = body.html ? 'text/html' : 'text/plain';
  if (plain) {
    yield partFields(`${type}; charset=us-ascii`, '7bit');
    yield Buffer.from(ended);
  } else {
    yield partFields(`${type}; charset=utf-8`, 'quoted-printable');
    yield Buffer.from(encodeQuotedPrintable(ended));
  }
}

const maxQuotedCharacters = 76;

/** RFC 2045 §6.7, for text with CRLF line ends. */
function encodeQuotedPrintable(text: string): string {
  return text.split('\r\n').map(encodeQuotedLine).join('\r\n');
}

function encodeQuotedLine(line: string): string {
  const octets = Buffer.from(line);
  const lines = [''];
  for (const [at, octet] of octets.entries()) {
    const last = at === octets.length - 1;
    const plain = (octet > 0x20 && octet < 0x7f && octet !== 0x3d) || ((octet === 0x20 || octet === 0x09) && !last);
    const unit = plain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    if (lines.at(-1)!.length + unit.length > maxQuotedCharacters - (last ? 0 : 1)) lines.push('');
    lines[lines.length - 1] += unit;
  }
  return lines.join('=\r\n');
}

/** Octets of one line of base64 (76 characters). */
const base64LineOctets = 57;

async function* encodeBase64(content: FileBody['content']): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array = new Uint8Array();
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    const bytes = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    const whole = bytes.length - (bytes.length % base64LineOctets);
    if (whole > 0) yield base64Lines(bytes.subarray(0, whole));
    waiting = Buffer.from(bytes.subarray(whole));
  }
  if (waiting.length > 0) yield base64Lines(waiting);
}

function base64Lines(bytes: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(bytes)
      .toString('base64')
      .replaceAll(/.{1,76}/g, '$&\r\n'),
  );
}
