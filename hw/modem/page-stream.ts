import type { Clock } from '../../src/lib/clock.ts';
import type { PostMessage } from '../line/circuit.ts';

/**
 * The page data between DTE and modem, framed by DLE (T.32 §8.3.3): DLE DLE is one data byte of that value, DLE and
 * something else is a control.
 */
const DLE = 0x10;
const ETX = 0x03;
const CAN = 0x18;

/** Bytes of a page that the modem takes before it holds the DTE. */
const bufferLimit = 2048;
/** Bytes that go on the line in one piece: the grain of the pacing. */
const pieceBytes = 512;

/** How the DTE ended a page. `post` is only there in class 2.0. */
export type PageEnding = { readonly kind: 'end'; readonly post?: PostMessage } | { readonly kind: 'cancelled' };

export type PagePiece =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | PageEnding
  | { readonly kind: 'idle' }
  | { readonly kind: 'lost' };

/** Controls after DLE that end a page, by class. */
const endings: Record<'2' | '2.0', ReadonlyMap<number, PageEnding>> = {
  '2': new Map<number, PageEnding>([
    [ETX, { kind: 'end' }],
    [CAN, { kind: 'cancelled' }],
  ]),
  '2.0': new Map<number, PageEnding>([
    [0x2c, { kind: 'end', post: 'mps' }],
    [0x3b, { kind: 'end', post: 'eom' }],
    [0x2e, { kind: 'end', post: 'eop' }],
    [CAN, { kind: 'cancelled' }],
  ]),
};

/** A page on its way from the DTE: takes no more than its buffer holds, gives pieces to the line. */
export class PageFeed {
  readonly #endings: ReadonlyMap<number, PageEnding>;
  readonly #onSpace: () => void;
  readonly #onFault: (text: string) => void;
  readonly #onEnd: () => void;
  #buffer: number[] = [];
  #afterDle = false;
  #ending: PageEnding | undefined;
  #closed = false;
  #wake: (() => void) | undefined;
  /** Data bytes taken. */
  bytes = 0;

  /** @param onEnd called when the DTE has ended the page: what it sends then is no page data. */
  constructor(
    faxClass: '2' | '2.0',
    onSpace: () => void,
    onFault: (text: string) => void,
    onEnd: () => void = () => {},
  ) {
    this.#endings = endings[faxClass];
    this.#onSpace = onSpace;
    this.#onFault = onFault;
    this.#onEnd = onEnd;
  }

  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** After the call was lost the modem still takes the page, into nothing, so that the DTE comes to its end. */
  close(): void {
    this.#closed = true;
    this.#buffer = [];
    this.#onSpace();
  }

  /** @returns how many bytes were taken: fewer when the buffer is full or the page has ended. */
  push(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length && this.#ending === undefined && this.#buffer.length < bufferLimit) {
      this.#take(bytes[taken++]!);
    }
    if (taken > 0) this.#wake?.();
    return taken;
  }

  #take(byte: number): void {
    if (!this.#afterDle) {
      if (byte === DLE) this.#afterDle = true;
      else this.#add(byte);
      return;
    }
    this.#afterDle = false;
    if (byte === DLE) this.#add(DLE);
    else {
      this.#ending = this.#endings.get(byte);
      if (this.#ending) this.#onEnd();
      else this.#onFault(`DLE ${byte.toString(16).padStart(2, '0')} in page data means nothing here`);
    }
  }

  #add(byte: number): void {
    this.bytes++;
    if (!this.#closed) this.#buffer.push(byte);
  }

  /** The next piece of the page, its end, or `idle` when the DTE sent nothing for `guardMs`. */
  async next(clock: Clock, guardMs: number, lost: AbortSignal): Promise<PagePiece> {
    for (;;) {
      if (lost.aborted && !this.#closed) return { kind: 'lost' };
      if (this.#buffer.length > 0) {
        const piece = Uint8Array.from(this.#buffer.splice(0, pieceBytes));
        this.#onSpace();
        return { kind: 'data', bytes: piece };
      }
      if (this.#ending) return this.#ending;
      if (!(await this.#more(clock, guardMs, lost))) return { kind: 'idle' };
    }
  }

  #more(clock: Clock, guardMs: number, lost: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = clock.timer(guardMs, () => done(false));
    const wake = (): void => done(true);
    const done = (more: boolean): void => {
      timer.cancel();
      lost.removeEventListener('abort', wake);
      this.#wake = undefined;
      resolve(more);
    };
    this.#wake = wake;
    if (!this.#closed) lost.addEventListener('abort', wake, { once: true });
    return promise;
  }
}

/** Page data as they go to the DTE; the caller ends the page with `pageEnd`. */
export function stuffed(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte === DLE) out.push(DLE);
    out.push(byte);
  }
  return Uint8Array.from(out);
}

export const pageEnd: Uint8Array = Uint8Array.of(DLE, ETX);
