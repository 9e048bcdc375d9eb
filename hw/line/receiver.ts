import { type CircuitEnd, type Confirmation, isGood, isPostMessage, type PostMessage } from './circuit.ts';
import { type Ended, ended, endOf, hangup } from './ended.ts';
import type { Pace } from './pace.ts';
import { frameMs, t1Ms } from './transmitter.ts';
import type { FaxVector } from './vector.ts';

/** The sender has said what it will send, and its training came through. */
export interface Announced {
  readonly kind: 'announced';
  readonly vector: FaxVector;
  /** Station id as sent, with padding. */
  readonly tsi: string;
}

/** The caller wants to fetch a document. */
export interface Polled {
  readonly kind: 'polled';
  readonly vector: FaxVector;
}

/** The sender said what follows its page. */
export interface Posted {
  readonly kind: 'posted';
  readonly message: PostMessage;
}

/** What comes after a page was answered. */
export type AfterAnswer = { readonly kind: 'next-page' } | Announced | Ended;

/** CED and the first frames. */
const answerMs = 4000;
/** T2, until the next command, and silence within a page. The program behind the sending modem may be slow. */
const commandGuardMs = 12_000;
const pageGuardMs = 30_000;

/** The receiving side of T.30 phases B to E on a circuit. */
export class Receiver {
  readonly #end: CircuitEnd;
  readonly #pace: Pace;
  readonly #able: FaxVector;
  readonly #id: string;
  readonly #hasDocument: boolean;

  constructor(end: CircuitEnd, pace: Pace, able: FaxVector, id: string, hasDocument = false) {
    this.#end = end;
    this.#pace = pace;
    this.#able = able;
    this.#id = id;
    this.#hasDocument = hasDocument;
  }

  /** CED, CSI, DIS; then waits until the sender has trained. */
  async start(): Promise<Announced | Polled | Ended> {
    await this.#pace.wait(answerMs, this.#end.lost);
    return this.#identify();
  }

  /** Asks the called machine for its document (DTC in the place of an answer to DIS). */
  async poll(cig: string): Promise<Announced | Ended> {
    await this.#pace.wait(frameMs, this.#end.lost);
    this.#end.send({ kind: 'dtc', vector: this.#able, cig });
    const announced = await this.#training(commandGuardMs);
    return announced.kind === 'polled' ? ended(hangup.receiveBLost) : announced;
  }

  async #identify(): Promise<Announced | Polled | Ended> {
    this.#end.send({ kind: 'dis', vector: this.#able, csi: this.#id, hasDocument: this.#hasDocument });
    return this.#training(t1Ms);
  }

  /** Answers failed trainings by itself; the sender comes down. */
  async #training(guardMs: number): Promise<Announced | Polled | Ended> {
    let dcs: { readonly vector: FaxVector; readonly tsi: string } | undefined;
    for (;;) {
      const heard = await this.#end.hear(dcs ? commandGuardMs : guardMs);
      if (heard.kind === 'dcs') dcs = heard;
      else if (heard.kind === 'dtc') return { kind: 'polled', vector: heard.vector };
      else if (heard.kind !== 'tcf' || !dcs) {
        const silent = dcs ? hangup.receiveBSilence : hangup.noHandshake;
        return endOf(heard, { lost: hangup.receiveBLost, silent, other: hangup.receiveBLost });
      } else if (heard.clean) return { kind: 'announced', vector: dcs.vector, tsi: dcs.tsi };
      else await this.#say('ftt');
    }
  }

  /** CFR: the sender may begin its page. */
  accept(): Promise<void> {
    return this.#say('cfr');
  }

  /** Takes one page; `onData` gets its T.4 data as they come, without the RTC of the sending modem. */
  async page(onData: (bytes: Uint8Array) => void): Promise<Posted | Ended> {
    for (;;) {
      const heard = await this.#end.hear(pageGuardMs);
      if (heard.kind === 'page') onData(heard.bytes);
      else if (isPostMessage(heard)) return { kind: 'posted', message: heard.kind };
      else if (heard.kind !== 'rtc') {
        return endOf(heard, { lost: hangup.receiveC, silent: hangup.receiveC, other: hangup.receiveC });
      }
    }
  }

  /** Answers a post-page message and waits for what the sender does then. */
  async answer(message: PostMessage, confirmation: Confirmation): Promise<AfterAnswer> {
    await this.#say(confirmation);
    if (message === 'eop' && isGood(confirmation)) {
      const heard = await this.#end.hear(commandGuardMs);
      return endOf(heard, { lost: hangup.normal, silent: hangup.receiveD, other: hangup.receiveD });
    }
    if (message === 'mps' && (confirmation === 'mcf' || confirmation === 'pip')) return { kind: 'next-page' };
    const fresh = message === 'eom' && isGood(confirmation);
    const next = await (fresh ? this.#identify() : this.#training(commandGuardMs));
    return next.kind === 'polled' ? ended(hangup.receiveBLost) : next;
  }

  async #say(kind: 'cfr' | 'ftt' | Confirmation): Promise<void> {
    await this.#pace.wait(frameMs, this.#end.lost);
    this.#end.send({ kind });
  }
}
