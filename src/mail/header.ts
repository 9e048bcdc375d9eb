import { decodeUnlabelled } from './charset.ts';
import { decodeWords } from './encoded-word.ts';

/**
 * Header blocks (RFC 5322 §2.2): octets to fields. Odd lines are passed over, so that a message is never unreadable for
 * what a careless program wrote.
 */
export interface Field {
  /** As written; names are compared without regard to case. */
  readonly name: string;
  /** Unfolded, without white space at either end; UTF-8, or windows-1252 where it is not UTF-8. */
  readonly value: string;
  /** Octet offsets in the block, line end included, end exclusive: for answering the field as it stands. */
  readonly start: number;
  readonly end: number;
}

/** Fields of one header block; further ones are left out. */
export const maxFields = 2000;
/** Octets of one header block that are looked at. */
export const maxHeaderOctets = 256 * 1024;

export class Header {
  readonly fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.fields = fields;
  }

  /** Reads a block up to its first empty line or its end. Lines end in CRLF or LF. */
  static parse(block: Uint8Array | string): Header {
    const bytes = typeof block === 'string' ? Buffer.from(block) : block;
    return new Header([...readFields(bytes.subarray(0, maxHeaderOctets))].slice(0, maxFields));
  }

  first(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.fields.find((field) => field.name.toLowerCase() === wanted)?.value;
  }

  all(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.fields.filter((field) => field.name.toLowerCase() === wanted).map((field) => field.value);
  }

  /** The first field of this name with its encoded-words decoded. */
  text(name: string): string | undefined {
    const value = this.first(name);
    return value === undefined ? undefined : decodeWords(value);
  }
}

function* readFields(bytes: Uint8Array): Generator<Field> {
  let count = 0;
  for (let start = 0; start < bytes.length && count < maxFields; ) {
    let end = lineEnd(bytes, start);
    if (isEmpty(bytes, start, end)) return;
    while (end < bytes.length && isWhite(bytes[end]) && !isEmpty(bytes, end, lineEnd(bytes, end))) {
      end = lineEnd(bytes, end);
    }
    const field = readField(bytes, start, end);
    if (field) {
      count++;
      yield field;
    }
    start = end;
  }
}

function lineEnd(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0x0a, from);
  return at < 0 ? bytes.length : at + 1;
}

function isWhite(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09;
}

function isEmpty(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 1
    ? bytes[start] === 0x0a
    : end - start === 2 && bytes[start] === 0x0d && bytes[start + 1] === 0x0a;
}

function readField(bytes: Uint8Array, start: number, end: number): Field | undefined {
  const colon = bytes.indexOf(0x3a, start);
  if (colon < 0 || colon >= end) return undefined;
  const name = Buffer.from(bytes.subarray(start, colon)).toString('latin1').trimEnd();
  if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) return undefined;
  return { name, value: unfold(decodeUnlabelled(bytes.subarray(colon + 1, end))).trim(), start, end };
}

/** Takes out the line ends of folding (RFC 5322 §2.2.3). */
export function unfold(value: string): string {
  return value.replaceAll(/\r?\n/g, '');
}

/** Offset behind the last header line; undefined when no empty line came. */
export function headerEnd(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (/^\r?\n/.test(text)) return 0;
  const end = /\n\r?\n/.exec(text);
  return end ? end.index + 1 : undefined;
}

/** The header block of a message without the empty line; the rest is not read. Of a longer block a little over `maxOctets`. */
export async function readHeaderBlock(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxOctets = maxHeaderOctets,
): Promise<Uint8Array> {
  let read = Buffer.alloc(0);
  for await (const chunk of content) {
    read = Buffer.concat([read, chunk]);
    const end = headerEnd(read);
    if (end !== undefined) return read.subarray(0, end);
    if (read.length >= maxOctets) break;
  }
  return read;
}
