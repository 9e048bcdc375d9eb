import { type CircuitEnd, type Confirmation, isConfirmation, type PostMessage } from './circuit.ts';
import { type Ended, ended, endOf, hangup } from './ended.ts';
import type { Pace } from './pace.ts';
import { agree, bitRateOf, type FaxVector } from './vector.ts';

/** What the called machine says of itself. */
export interface Identified {
  readonly kind: 'identified';
  readonly vector: FaxVector;
  /** Station id as sent, with padding. */
  readonly csi: string;
  /** It has a document that can be polled. */
  readonly hasDocument: boolean;
}

export interface Trained {
  readonly kind: 'trained';
  readonly vector: FaxVector;
}

/** T1: until the first DIS. A network time: nothing waits for a program. */
export const t1Ms = 35_000;
/** A scaled T1 stays this long, so that a loaded machine does not miss a far side that answers at once. */
export const t1FloorMs = 1500;
/** T4 three times: for an answer that the program behind the far modem may have to give. */
export const answerGuardMs = 12_000;
/** Flags and frame of one answer at 300 bit/s. */
export const frameMs = 1000;
/** DCS and 1.5 s of training. */
const trainingMs = 3000;

/** The sending side of T.30 phases B to E on a circuit. Steps come in their order; each tells how it went. */
export class Transmitter {
  readonly #end: CircuitEnd;
  readonly #pace: Pace;
  #remote: FaxVector | undefined;
  #bitRate: number = 2400;

  constructor(end: CircuitEnd, pace: Pace) {
    this.#end = end;
    this.#pace = pace;
  }

  /** Waits for DIS: in the beginning, and again after EOM. */
  async identify(): Promise<Identified | Ended> {
    const heard = await this.#end.hear(this.#pace.scaled(t1Ms, t1FloorMs));
    if (heard.kind !== 'dis')
      return endOf(heard, { lost: 10, silent: hangup.noFaxTone, other: hangup.invalidResponse });
    this.#remote = heard.vector;
    return { kind: 'identified', vector: heard.vector, csi: heard.csi, hasDocument: heard.hasDocument };
  }

  /** What a polling station asked for takes the place of DIS. */
  polledBy(vector: FaxVector): void {
    this.#remote = vector;
  }

  /**
   * DCS and TCF until they are confirmed, one speed lower after each failure.
   * @param minBr code of the lowest speed that is tried.
   */
  async train(wish: FaxVector, tsi: string, minBr = 0): Promise<Trained | Ended> {
    let vector = agree(wish, this.#remote ?? wish);
    for (;;) {
      await this.#pace.wait(trainingMs, this.#end.lost);
      this.#end.send({ kind: 'dcs', vector, tsi });
      this.#end.send({ kind: 'tcf', clean: true });
      const heard = await this.#end.hear(answerGuardMs);
      if (heard.kind === 'cfr') {
        this.#bitRate = bitRateOf(vector);
        return { kind: 'trained', vector };
      }
      if (heard.kind !== 'ftt') {
        return endOf(heard, {
          lost: hangup.transmitBLost,
          silent: hangup.noAnswerToDcs,
          other: hangup.invalidResponse,
        });
      }
      if (vector.br <= minBr) {
        this.disconnect();
        return ended(hangup.trainingFailed);
      }
      vector = { ...vector, br: vector.br - 1 };
    }
  }

  /** Sends page data at the speed of the line; resolves when they have left, or the call is over. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#pace.wait((bytes.length * 8 * 1000) / this.#bitRate, this.#end.lost);
    this.#end.send({ kind: 'page', bytes });
  }

  /** The modem ends every page with RTC. */
  endPage(): void {
    this.#end.send({ kind: 'rtc' });
  }

  /** Sends the post-page message and waits for its answer. */
  async post(message: PostMessage): Promise<{ kind: 'confirmed'; confirmation: Confirmation } | Ended> {
    await this.#pace.wait(frameMs + (this.#end.takeRepeats() * 8 * 1000) / this.#bitRate, this.#end.lost);
    this.#end.send({ kind: message });
    const heard = await this.#end.hear(answerGuardMs);
    if (isConfirmation(heard)) return { kind: 'confirmed', confirmation: heard.kind };
    const silent = { mps: hangup.noAnswerToMps, eop: hangup.noAnswerToEop, eom: hangup.noAnswerToEom }[message];
    return endOf(heard, { lost: hangup.transmitDLost + 1, silent, other: silent + 1 });
  }

  /** DCN, then on the hook. */
  disconnect(): void {
    this.#end.send({ kind: 'dcn' });
    this.#end.hangUp();
  }
}
