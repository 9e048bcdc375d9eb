import type { Clock } from '../../src/lib/clock.ts';
import { bitRateOf, type FaxVector } from './vector.ts';

/** What two fax machines say to each other (T.30 §5.3), one object a message; page data are T.4, first bit highest. */
export type Signal =
  | { readonly kind: 'dis'; readonly vector: FaxVector; readonly csi: string; readonly hasDocument: boolean }
  | { readonly kind: 'dtc'; readonly vector: FaxVector; readonly cig: string }
  | { readonly kind: 'dcs'; readonly vector: FaxVector; readonly tsi: string }
  | { readonly kind: 'tcf'; readonly clean: boolean }
  | { readonly kind: 'cfr' | 'ftt' }
  | { readonly kind: 'page'; readonly bytes: Uint8Array }
  | { readonly kind: 'rtc' }
  | { readonly kind: PostMessage }
  | { readonly kind: Confirmation }
  | { readonly kind: 'dcn' };

/** End of a page, as its sender announces it: more pages, another document, or the end. */
export type PostMessage = 'mps' | 'eom' | 'eop';

/** Answer to it: good, bad, good but train again, and the two with a wish to speak to a person. */
export type Confirmation = 'mcf' | 'rtn' | 'rtp' | 'pip' | 'pin';

/** The page counts as received. */
export const isGood = (confirmation: Confirmation): boolean => confirmation !== 'rtn' && confirmation !== 'pin';

const confirmations: ReadonlySet<string> = new Set<Confirmation>(['mcf', 'rtn', 'rtp', 'pip', 'pin']);

export function isConfirmation(heard: Heard): heard is { readonly kind: Confirmation } {
  return confirmations.has(heard.kind);
}

const postMessages: ReadonlySet<string> = new Set<PostMessage>(['mps', 'eom', 'eop']);

export function isPostMessage(heard: Heard): heard is { readonly kind: PostMessage } {
  return postMessages.has(heard.kind);
}

/** What comes out of a circuit: a message, nothing in time, or the other side has hung up. */
export type Heard = Signal | { readonly kind: 'silence' } | { readonly kind: 'hung-up' };

/** What the line does to a call. Pages count from 1; a page that is sent again is the next attempt at the same page. */
export interface LineQuality {
  /** How many trainings fail, whatever their speed. */
  readonly failedTrainings: number;
  /** Trainings above this speed fail, bit/s. */
  readonly cleanUpTo: number;
  /** Pages that arrive with noise in them, and in how many attempts. */
  readonly noisyPages: readonly { readonly page: number; readonly attempts: number }[];
  /** The line is lost at this page: before its first byte, in the midst of it, or after it was confirmed. */
  readonly drop?: { readonly page: number; readonly when: 'before' | 'during' | 'after' };
}

export const clearLine: LineQuality = { failedTrainings: 0, cleanUpTo: Number.POSITIVE_INFINITY, noisyPages: [] };

/** Bytes of a page that pass before a line with `drop: during` is lost; a shorter page is lost at its end. */
const dropAfterBytes = 2048;

/** One byte in so many is hit on a noisy page: enough that no machine takes it for good. */
const noiseSpacingBytes = 12;

/** Messages one side may leave unread; a page at full speed stays far below. */
const mailboxLimit = 4096;

/** One side of a call. */
export class CircuitEnd {
  readonly #clock: Clock;
  readonly #waiting: Signal[] = [];
  #reader: ((heard: Heard) => void) | undefined;
  readonly #lost = new AbortController();
  #send: (signal: Signal) => void = () => {};
  #hangUpOther: () => void = () => {};
  #takeRepeats: () => number = () => 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @internal */
  connect(send: (signal: Signal) => void, hangUpOther: () => void, takeRepeats: () => number): void {
    this.#send = send;
    this.#hangUpOther = hangUpOther;
    this.#takeRepeats = takeRepeats;
  }

  /** Bytes of the page just sent that error correction makes go once more over the line (T.30 annex A: PPR). */
  takeRepeats(): number {
    return this.#takeRepeats();
  }

  /** Aborts as soon as the call is over, from whichever side. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Says something; after the end of the call nobody hears it. */
  send(signal: Signal): void {
    if (!this.lost.aborted) this.#send(signal);
  }

  /** The next message; those that came before the other side hung up are still heard. */
  hear(guardMs: number): Promise<Heard> {
    const next = this.#waiting.shift();
    if (next) return Promise.resolve(next);
    if (this.lost.aborted) return Promise.resolve({ kind: 'hung-up' });
    const { promise, resolve } = Promise.withResolvers<Heard>();
    const timer = this.#clock.timer(guardMs, () => this.#reader?.({ kind: 'silence' }));
    this.#reader = (heard) => {
      timer.cancel();
      this.#reader = undefined;
      resolve(heard);
    };
    return promise;
  }

  hangUp(): void {
    if (this.lost.aborted) return;
    this.end();
    this.#hangUpOther();
  }

  /** @internal The circuit delivers. */
  take(signal: Signal): void {
    if (this.lost.aborted) return;
    if (this.#reader) this.#reader(signal);
    else if (this.#waiting.length < mailboxLimit) this.#waiting.push(signal);
    else this.hangUp();
  }

  /** @internal The circuit was broken. */
  end(): void {
    this.#lost.abort();
    this.#reader?.({ kind: 'hung-up' });
  }
}

/** A call: two ends and the line between them. */
export class Circuit {
  readonly caller: CircuitEnd;
  readonly called: CircuitEnd;
  readonly #quality: LineQuality;
  readonly #random: (count: number) => Uint8Array;
  #trainings = 0;
  #rate = 0;
  #page = 1;
  #attempt = 1;
  #pageBytes = 0;
  #untilNoise = noiseSpacingBytes;
  #corrects = false;
  #repeatBytes = 0;

  constructor(clock: Clock, quality: LineQuality, random: (count: number) => Uint8Array) {
    this.#quality = quality;
    this.#random = random;
    this.caller = new CircuitEnd(clock);
    this.called = new CircuitEnd(clock);
    this.#join(this.caller, this.called);
    this.#join(this.called, this.caller);
  }

  #join(from: CircuitEnd, to: CircuitEnd): void {
    from.connect(
      (signal) => {
        const arriving = this.#carry(signal, to);
        if (arriving) to.take(arriving);
      },
      () => to.end(),
      () => {
        const bytes = this.#repeatBytes;
        this.#repeatBytes = 0;
        return bytes;
      },
    );
  }

  /** What arrives of `signal`; nothing when the line was lost. */
  #carry(signal: Signal, to: CircuitEnd): Signal | undefined {
    const { drop } = this.#quality;
    const dropping = drop?.page === this.#page ? drop.when : undefined;
    if (signal.kind === 'dcs') {
      this.#rate = bitRateOf(signal.vector);
      this.#corrects = signal.vector.ec > 0;
    } else if (signal.kind === 'tcf') return this.#carryTraining(signal.clean);
    else if (signal.kind === 'page') {
      this.#pageBytes += signal.bytes.length;
      if (dropping === 'before' || (dropping === 'during' && this.#pageBytes > dropAfterBytes)) return this.#lose();
      return { kind: 'page', bytes: this.#addNoise(signal.bytes) };
    } else if (signal.kind === 'rtc' && dropping === 'during') return this.#lose();
    else if (isConfirmation(signal)) {
      if (isGood(signal.kind) && dropping === 'after') {
        to.take(signal);
        return this.#lose();
      }
      this.#turnPage(isGood(signal.kind));
    }
    return signal;
  }

  #carryTraining(clean: boolean): Signal {
    const { failedTrainings, cleanUpTo } = this.#quality;
    this.#trainings++;
    return { kind: 'tcf', clean: clean && this.#trainings > failedTrainings && this.#rate <= cleanUpTo };
  }

  #turnPage(good: boolean): void {
    if (good) this.#page++;
    this.#attempt = good ? 1 : this.#attempt + 1;
    this.#pageBytes = 0;
  }

  #addNoise(bytes: Uint8Array): Uint8Array {
    const noisy = this.#quality.noisyPages.some(
      ({ page, attempts }) => page === this.#page && this.#attempt <= attempts,
    );
    if (!noisy) return bytes;
    if (this.#corrects) {
      // Frames that were hit are asked for again until they are whole, however often that is.
      this.#repeatBytes += bytes.length;
      return bytes;
    }
    const spoiled = bytes.slice();
    let position = this.#untilNoise;
    for (; position < spoiled.length; position += noiseSpacingBytes) spoiled[position]! ^= this.#random(1)[0]! | 0x18;
    this.#untilNoise = position - spoiled.length;
    return spoiled;
  }

  #lose(): undefined {
    this.caller.end();
    this.called.end();
  }
}
