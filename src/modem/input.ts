import type { PageCoding } from '../fax/page-coding.ts';
import { control } from './framing.ts';
import { parseReply } from './reply.ts';
import { codingOf, parseVector, unknownVector } from './vector.ts';

/** What comes from the modem, as octets tell it. */
export type InputEvent =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'xon' }
  | { readonly kind: 'can' }
  /** Page data, DLE framing removed; how it is cut into pieces means nothing. */
  | { readonly kind: 'page-bytes'; readonly bytes: Uint8Array }
  /** `lost`: the modem went back to plain lines in the middle of the page. */
  | { readonly kind: 'page-end'; readonly lost: boolean };

/** Longest line kept; the rest of it is dropped. */
const lineLimit = 512;
/** Longest report that can break into page data. */
const reportBytes = 32;

/** Some modems report a lost line within the page data, without DLE ETX before it. */
const brokenIn = /[\r\n](NO CARRIER|\+FHNG: ?\d{1,3}|\+FHS: ?[0-9A-F]{1,2})\r\n$/;

/**
 * The one parser of all that a modem sends, at all times. The same octets give the same events however they are cut.
 * Lines end in CR or LF; after CONNECT, when `pageExpected` was set, page data follow until DLE ETX.
 */
export class ModemInput {
  /** The next CONNECT opens a page that comes to us. */
  pageExpected = false;
  /** How its page is coded, until the modem tells that something else was agreed on. */
  coding: PageCoding = 'MH';
  readonly #emit: (event: InputEvent) => void;
  #mode: 'line' | 'lead' | 'page' = 'line';
  #line = '';
  #afterDle = false;
  #inDebugText = false;
  #out: number[] = [];
  /** The last raw bytes before this chunk. */
  #tail: Uint8Array = new Uint8Array();

  constructor(emit: (event: InputEvent) => void) {
    this.#emit = emit;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#mode === 'line') this.#lineByte(byte);
      else {
        this.#pageByte(byte);
        if (byte === 0x0a) this.#checkBreakIn(chunk, at);
      }
    }
    this.#flushPage();
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-reportBytes)]).subarray(-reportBytes);
  }

  /** Gives up a page that did not end; what comes is read as lines again. */
  leavePage(): void {
    this.#flushPage();
    this.#mode = 'line';
    this.#afterDle = false;
    this.#inDebugText = false;
  }

  #lineByte(byte: number): void {
    if (byte === 0x0d || byte === 0x0a) this.#endLine();
    else if (byte === control.XON) this.#emit({ kind: 'xon' });
    else if (byte === control.CAN) this.#emit({ kind: 'can' });
    else if (byte >= 0x20 && byte < 0x7f && this.#line.length < lineLimit) this.#line += String.fromCharCode(byte);
  }

  #endLine(): void {
    const text = this.#line.trim();
    this.#line = '';
    if (text === '') return;
    const reply = parseReply(text);
    if (reply.kind === 'agreed') this.coding = codingOf(parseVector(reply.vector, unknownVector));
    if (this.pageExpected && /^CONNECT\b/.test(text)) {
      this.pageExpected = false;
      this.#mode = 'lead';
    }
    this.#emit({ kind: 'line', text });
  }

  #pageByte(byte: number): void {
    if (this.#afterDle) {
      this.#afterDle = false;
      this.#dle(byte);
    } else if (byte === control.DLE) {
      this.#afterDle = true;
    } else if (this.#inDebugText) {
      return;
    } else if (this.#mode === 'page') {
      this.#out.push(byte);
    } else if (this.coding === 'MMR' || byte === 0) {
      // A page begins with the zeros of its first EOL; line ends and stray text before them are usual. MMR has no EOL:
      // there no more than the end of the line of CONNECT can be told from the page.
      this.#mode = 'page';
      if (byte !== 0x0a) this.#out.push(byte);
    }
  }

  #dle(byte: number): void {
    if (byte === control.ETX) this.#endPage(false);
    else if (byte === control.DLE) this.#out.push(control.DLE);
    else if (byte === control.SUB) this.#out.push(control.DLE, control.DLE);
    // +FDB=1 of class 2.0 wraps debug text in DLE 01 … DLE 04.
    else if (byte === 0x01) this.#inDebugText = true;
    else if (byte === 0x04) this.#inDebugText = false;
  }

  #checkBreakIn(chunk: Uint8Array, at: number): void {
    const recent = Buffer.concat([this.#tail, chunk.subarray(0, at + 1)].map((part) => part.subarray(-reportBytes)));
    const found = brokenIn.exec(recent.toString('latin1'));
    if (!found) return;
    this.#endPage(true);
    this.#emit({ kind: 'line', text: found[1]! });
  }

  #endPage(lost: boolean): void {
    this.leavePage();
    this.#emit({ kind: 'page-end', lost });
  }

  #flushPage(): void {
    if (this.#out.length === 0) return;
    this.#emit({ kind: 'page-bytes', bytes: Uint8Array.from(this.#out) });
    this.#out = [];
  }
}
