import type { CircuitEnd } from '../line/circuit.ts';
import { delay, type Pace } from '../line/pace.ts';
import type { DialOutcome, PhoneLine } from '../line/phone-line.ts';
import type { DtePort, Final } from './dte-port.ts';
import { type DteSide, FaxSession } from './fax-session.ts';
import type { ModemProfile } from './profile.ts';
import type { Registers } from './registers.ts';
import type { FaxSettings } from './settings.ts';

/** What a call needs of the modem. */
export interface CallHost {
  /** A command that lasts: any character of the DTE gives it up. */
  beginAction(abort: () => void): void;
  dteSide(): DteSide;
}

export interface CallParts {
  readonly host: CallHost;
  readonly line: PhoneLine;
  readonly pace: Pace;
  readonly profile: ModemProfile;
  readonly port: DtePort;
  readonly settings: FaxSettings;
  readonly registers: Registers;
}

/** How calls come about on the modem's telephone line, and the fax session of the present one. */
export class Calls {
  readonly #parts: CallParts;
  #session: FaxSession | undefined;
  #dialling: AbortController | undefined;
  #onRing: (() => void) | undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  get session(): FaxSession | undefined {
    return this.#session;
  }

  /** `H`. */
  hangUp(): void {
    this.#session?.hangUp();
    this.#session = undefined;
  }

  /** Gives up a call that is being made. */
  giveUp(): void {
    this.#dialling?.abort();
  }

  /** After each command line: a session that ended is none. */
  tidy(): void {
    if (this.#session?.isOver) this.#session = undefined;
  }

  /** @returns whether an `ATA` was waiting for this ring */
  takeRing(): boolean {
    this.#onRing?.();
    return this.#onRing !== undefined;
  }

  async dial(text: string): Promise<Final> {
    const { line, pace, port, registers } = this.#parts;
    const digits = text.replace(/^[TP]/i, '').replaceAll(/[-\s().;]/g, '');
    if (/^[TP]?W?;$/i.test(text)) return this.#listenForTone();
    if (!/^[0-9*#A-D+,W@!]+$/i.test(digits) || !/\d/.test(digits)) {
      port.fault(`cannot dial ${JSON.stringify(text)}`);
      return 'ERROR';
    }
    if (this.#session) {
      port.fault('dialled in a call');
      return 'ERROR';
    }
    const abort = this.#startAction();
    const pauses = { ',': registers.value(8) * 1000, W: 1000, '@': 5000, '!': 500 } as Record<string, number>;
    for (const sign of digits.toUpperCase()) if (pauses[sign]) await pace.wait(pauses[sign], abort.signal);
    const number = digits.replaceAll(/[,W@!]/gi, '');
    const outcome = await line.dial(number, registers.value(7) * 1000, abort.signal);
    if (abort.signal.aborted && outcome.kind === 'answered') outcome.end.hangUp();
    const result = await this.#dialled(outcome);
    this.#dialling = undefined;
    return result;
  }

  /** `DT;` goes off the hook, hears the dial tone, dials nothing and takes commands again. */
  async #listenForTone(): Promise<Final> {
    const { line, registers } = this.#parts;
    const abort = this.#startAction();
    const outcome = await line.dial('', registers.value(7) * 1000, abort.signal);
    this.#dialling = undefined;
    if (outcome.kind === 'no-dial-tone') return 'NO DIALTONE';
    return outcome.kind === 'busy' ? 'BUSY' : 'OK';
  }

  #startAction(): AbortController {
    const abort = new AbortController();
    this.#dialling = abort;
    this.#parts.host.beginAction(() => {
      abort.abort();
      this.#session?.abort();
    });
    return abort;
  }

  async #dialled(outcome: DialOutcome): Promise<Final> {
    const { pace, port, profile, registers, settings } = this.#parts;
    switch (outcome.kind) {
      case 'busy':
        return 'BUSY';
      case 'no-dial-tone':
        return 'NO DIALTONE';
      case 'no-answer':
        return profile.noAnswer;
      case 'unobtainable':
      case 'given-up':
        return 'NO CARRIER';
      case 'answered':
        if (settings.serviceClass === '0') {
          port.note('a data call to a fax machine');
          await pace.wait(registers.value(7) * 1000, outcome.end.lost);
          outcome.end.hangUp();
          return 'NO CARRIER';
        }
        return this.#begin(outcome.end).dialled();
      default:
        return outcome satisfies never;
    }
  }

  async answer(): Promise<Final> {
    const { port } = this.#parts;
    if (this.#session) {
      port.fault('ATA in a call');
      return 'ERROR';
    }
    const abort = this.#startAction();
    const result = await this.#answered(abort.signal);
    this.#dialling = undefined;
    return result;
  }

  async #answered(signal: AbortSignal): Promise<Final> {
    const { line, pace, port, registers, settings } = this.#parts;
    const end = line.answer() ?? (await this.#waitForCall(signal));
    if (!end) return 'NO CARRIER';
    if (settings.serviceClass === '0' && settings.value('+FAA') !== '1') {
      port.note('a fax call answered as a data call');
      await pace.wait(registers.value(7) * 1000, AbortSignal.any([end.lost, signal]));
      end.hangUp();
      return 'NO CARRIER';
    }
    return this.#begin(end).answered();
  }

  /** `ATA` without a ring: the modem sits off the hook and takes the next call. */
  async #waitForCall(signal: AbortSignal): Promise<CircuitEnd | undefined> {
    const { line, pace, registers } = this.#parts;
    const rung = new AbortController();
    this.#onRing = () => rung.abort();
    await delay(pace.clock, registers.value(7) * 1000, AbortSignal.any([signal, rung.signal]));
    this.#onRing = undefined;
    return line.answer();
  }

  #begin(end: CircuitEnd): FaxSession {
    const { host, pace, profile, settings } = this.#parts;
    this.#session = new FaxSession(end, pace, profile, settings, host.dteSide());
    return this.#session;
  }
}
