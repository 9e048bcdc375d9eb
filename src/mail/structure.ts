import { Header } from './header.ts';
import { LineSplitter } from './lines.ts';
import type { MimePart } from './mime-part.ts';
import { messageEnvelope, type PartFields, partFields } from './part-fields.ts';

/**
 * MIME structure in one pass (RFC 2046): takes the octets of a message in any chunks and keeps only what describes it.
 * Never fails: what is broken or beyond a limit is an opaque body.
 */
export const structureLimits = {
  /** Multiparts and messages within each other. */
  depth: 50,
  /** Parts of the whole message, containers counted. */
  parts: 1000,
  /** Octets of one header block that are looked at; its end is found nevertheless. */
  headerOctets: 256 * 1024,
  /** Octets of all header blocks together that are looked at; later parts are what their defaults say. */
  allHeaderOctets: 1024 * 1024,
  /** Octets of a boundary line. RFC 2046 allows 70 for the boundary. */
  boundaryLineOctets: 256,
} as const;

/** A part whose end has not come yet. */
interface OpenPart {
  headerStart: number;
  bodyStart: number;
  /** Line ends of the message before the body. */
  linesBefore: number;
  /** `epilogue`: the closing boundary has come. */
  state: 'header' | 'body' | 'epilogue';
  /** What its header says; there from the end of the header on. */
  fields: PartFields | undefined;
  envelope: MimePart['envelope'];
  /** Delimiter line without its end, when it is a multipart that can be looked into. */
  delimiter: string | undefined;
  /** It is a message, with an envelope, and not a body part. */
  readonly isMessage: boolean;
  readonly inDigest: boolean;
  readonly parts: MimePart[];
}

export class StructureParser {
  readonly #lines = new LineSplitter(structureLimits.headerOctets, (...line) => this.#line(...line));
  readonly #open: OpenPart[] = [];
  /** Lines that part the open multiparts. Where two have the same boundary, the inner one. */
  #delimiters = new Map<string, { readonly index: number; readonly close: boolean }>();
  #partCount = 0;
  #header: Uint8Array[] = [];
  #headerOctets = 0;
  #allHeaderOctets = 0;
  #offset = 0;
  #lineEnds = 0;
  /** Of the line before this one. */
  #terminator = 0;
  #wasEmpty = true;
  #root: MimePart | undefined;

  constructor() {
    this.#openPart(true, false);
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** The structure of what was pushed; nothing may be pushed after it. */
  end(): MimePart {
    this.#lines.end();
    const unfinished = this.#terminator === 0 && !this.#wasEmpty ? 1 : 0;
    while (this.#open.length > 0) this.#closeTop(this.#offset, this.#lineEnds + unfinished);
    return this.#root!;
  }

  #line(line: Uint8Array, length: number, terminator: 0 | 1 | 2): void {
    const start = this.#offset;
    this.#offset += length;
    const delimiter = this.#delimiterIn(line, length, terminator);
    if (delimiter) this.#delimit(delimiter.index, delimiter.close, start);
    this.#lineEnds += terminator > 0 ? 1 : 0;
    this.#terminator = terminator;
    this.#wasEmpty = length === terminator;
    if (delimiter) {
      if (!delimiter.close) this.#openPart(false, this.#open.at(-1)!.fields?.subtype === 'digest');
    } else if (this.#open.at(-1)!.state === 'header') {
      if (this.#wasEmpty) this.#endHeader();
      else this.#keepHeader(line);
    }
  }

  #delimiterIn(line: Uint8Array, length: number, terminator: number): { index: number; close: boolean } | undefined {
    if (line[0] !== 0x2d || line[1] !== 0x2d || length > structureLimits.boundaryLineOctets) return undefined;
    const text = Buffer.from(line.buffer, line.byteOffset, length - terminator)
      .toString('latin1')
      .trimEnd();
    const found = this.#delimiters.get(text);
    const full = found && !found.close && this.#partCount >= structureLimits.parts;
    return full ? undefined : found;
  }

  /** Ends what was open inside of the multipart; the line end before the boundary belongs to the boundary. */
  #delimit(index: number, close: boolean, start: number): void {
    while (this.#open.length - 1 > index) {
      this.#closeTop(start - this.#terminator, this.#lineEnds - (this.#wasEmpty ? 1 : 0));
    }
    if (close) {
      this.#open[index]!.state = 'epilogue';
      this.#gatherDelimiters();
    }
  }

  #openPart(isMessage: boolean, inDigest: boolean): void {
    this.#partCount++;
    this.#header = [];
    this.#headerOctets = 0;
    this.#open.push({
      headerStart: this.#offset,
      bodyStart: this.#offset,
      linesBefore: this.#lineEnds,
      state: 'header',
      fields: undefined,
      envelope: undefined,
      delimiter: undefined,
      isMessage,
      inDigest,
      parts: [],
    });
  }

  #keepHeader(line: Uint8Array): void {
    const room = Math.min(
      structureLimits.headerOctets - this.#headerOctets,
      structureLimits.allHeaderOctets - this.#allHeaderOctets,
    );
    if (room <= 0) return;
    const kept = Buffer.from(line.subarray(0, room));
    this.#header.push(kept);
    this.#headerOctets += kept.length;
    this.#allHeaderOctets += kept.length;
  }

  #endHeader(): void {
    const part = this.#open.at(-1)!;
    this.#describe(part);
    part.bodyStart = this.#offset;
    part.linesBefore = this.#lineEnds;
    const { type, subtype, parameters, encoding } = part.fields!;
    if (this.#open.length > structureLimits.depth) return;
    if (type === 'multipart') {
      const boundary = parameters.boundary?.trimEnd();
      if (!boundary || boundary.length > structureLimits.boundaryLineOctets) return;
      part.delimiter = `--${Buffer.from(boundary).toString('latin1')}`;
      this.#gatherDelimiters();
    } else if (type === 'message' && (subtype === 'rfc822' || subtype === 'global')) {
      if (this.#partCount < structureLimits.parts && identity.has(encoding)) this.#openPart(true, false);
    }
  }

  #describe(part: OpenPart): void {
    const header = Header.parse(Buffer.concat(this.#header));
    part.fields = partFields(header, part.inDigest);
    if (part.isMessage) part.envelope = messageEnvelope(header);
    part.state = 'body';
    this.#header = [];
  }

  /** @param lines lines of the message up to `end`, one that does not end counted. */
  #closeTop(end: number, lines: number): void {
    const part = this.#open.at(-1)!;
    const bodyless = part.state === 'header';
    if (bodyless) this.#describe(part);
    this.#open.pop();
    // A boundary that comes early takes the line end before it, which may have been the one that ended the header.
    const headerStart = Math.min(part.headerStart, end);
    const bodyStart = bodyless ? end : Math.min(part.bodyStart, end);
    const closed: MimePart = {
      ...part.fields!,
      headerStart,
      bodyStart,
      bodyEnd: end,
      lines: end > bodyStart ? lines - part.linesBefore : 0,
      parts: part.parts,
      ...(part.envelope ? { envelope: part.envelope } : {}),
    };
    const parent = this.#open.at(-1);
    if (parent) parent.parts.push(closed);
    else this.#root = closed;
    if (part.delimiter !== undefined) this.#gatherDelimiters();
  }

  #gatherDelimiters(): void {
    this.#delimiters = new Map();
    for (const [index, part] of this.#open.entries()) {
      if (part.delimiter === undefined || part.state === 'epilogue') continue;
      this.#delimiters.set(part.delimiter, { index, close: false });
      this.#delimiters.set(`${part.delimiter}--`, { index, close: true });
    }
  }
}

/** Encodings in which the octets of an inner message lie open. A multipart has no others (RFC 2045 §6.4), whatever it says. */
const identity = new Set(['7bit', '8bit', 'binary']);

/** The structure of a message that is read in chunks. */
export async function readStructure(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<MimePart> {
  const parser = new StructureParser();
  for await (const chunk of content) parser.push(chunk);
  return parser.end();
}
