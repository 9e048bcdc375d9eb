import type { CircuitEnd, PostMessage } from '../line/circuit.ts';
import { delay, type Pace } from '../line/pace.ts';
import type { DialOutcome, PhoneLine, Ring } from '../line/phone-line.ts';
import { type AtCommand, LineAssembler, parseAtLine } from './at-line.ts';
import { type DteSide, FaxSession, type PageSink } from './fax-session.ts';
import { PageFeed } from './page-stream.ts';
import type { ModemProfile } from './profile.ts';
import { FaxSettings } from './settings.ts';

/** What a DTE did that its modem's manual forbids, or a line of the dialogue. */
export interface ModemLogEntry {
  readonly at: number;
  readonly kind: 'dte' | 'dce' | 'note' | 'fault';
  readonly text: string;
}

/** Where the modem's bytes go: a program on the other end of the cable. */
export interface DteCable {
  send(bytes: Uint8Array): void;
  /** Bytes that were sent and not yet taken. */
  backlogBytes(): number;
  /** Another cable was plugged in. */
  unplugged(): void;
}

/** Scripted replies of a modem that misbehaves: lines in the place of its own, or undefined to let it answer itself. */
export type ReplyOverride = (command: string) => readonly string[] | undefined;

const XON = 0x11;
const DC2 = 0x12;
const XOFF = 0x13;
const CAN = 0x18;
const CR = 0x0d;

/** Bytes of a received page that wait for a DTE that does not read. */
const receiveLimit = 64 * 1024;
/** Bytes a DTE may send on while the modem holds it. */
const inboxLimit = 1024 * 1024;
/** A DTE may go on without XON after so long. */
const patientDteMs = 2000;
/** How long a received page waits for the DTE's sign to start. */
const triggerGuardMs = 30_000;

const numericResults: Readonly<Record<string, number>> = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  'NO CARRIER': 3,
  ERROR: 4,
  'NO DIALTONE': 6,
  BUSY: 7,
  'NO ANSWER': 8,
};

type Mode =
  /** Command lines are gathered. */
  | { readonly kind: 'command' }
  /** A command line is worked on; what the DTE sends waits. */
  | { readonly kind: 'working' }
  /** A command that lasts: any character gives it up. */
  | { readonly kind: 'action'; readonly abort: () => void }
  | { readonly kind: 'aborting' }
  | { readonly kind: 'transmit'; readonly feed: PageFeed; awaitsXon: boolean }
  | { readonly kind: 'receive'; readonly onByte: (byte: number) => void };

type Final = 'OK' | 'ERROR' | 'NO CARRIER' | 'NO ANSWER' | 'NO DIALTONE' | 'BUSY' | 'silent';

/**
 * A simulated class 2 and 2.0 fax modem, the DCE: bytes of the DTE on one side, a telephone line on the other. It is
 * strict: what no manual allows is answered as a modem would, and logged as a fault of the DTE.
 */
export class Modem {
  readonly profile: ModemProfile;
  readonly #line: PhoneLine;
  readonly #pace: Pace;
  readonly #log: (entry: ModemLogEntry) => void;
  readonly #overrides: ReplyOverride[] = [];
  readonly #assembler = new LineAssembler();
  readonly #settings: FaxSettings;
  #registers = new Map<number, number>();
  #echo = true;
  #verbose = true;
  #quiet = false;
  #mode: Mode = { kind: 'command' };
  #discardLine = false;
  #inbox: { bytes: Uint8Array; readonly done: () => void; readonly failed: (error: Error) => void }[] = [];
  #inboxBytes = 0;
  #pumping = false;
  #faultedAhead = false;
  #cable: DteCable | undefined;
  #session: FaxSession | undefined;
  #dialling: AbortController | undefined;
  #cancelReceive: (() => void) | undefined;
  #rings = 0;
  #onRing: (() => void) | undefined;

  constructor(line: PhoneLine, profile: ModemProfile, pace: Pace, log: (entry: ModemLogEntry) => void) {
    this.#line = line;
    this.profile = profile;
    this.#pace = pace;
    this.#log = log;
    this.#settings = new FaxSettings(profile);
    line.onRing((ring) => this.#ring(ring));
  }

  /** Asks `override` before the modem answers a command line; newest first. Returns the way to take it back. */
  override(override: ReplyOverride): () => void {
    this.#overrides.unshift(override);
    return () => {
      const index = this.#overrides.indexOf(override);
      if (index >= 0) this.#overrides.splice(index, 1);
    };
  }

  /** Plugs a program in, in the place of the one before. Returns the way to pull the cable, which drops DTR. */
  plug(cable: DteCable): () => void {
    const before = this.#cable;
    if (before) this.dropDtr();
    this.#cable = cable;
    before?.unplugged();
    return () => {
      if (this.#cable !== cable) return;
      this.#cable = undefined;
      this.dropDtr();
    };
  }

  /** `&D2`: on the hook, command mode. */
  dropDtr(): void {
    this.flush();
    this.#assembler.clear();
    this.#discardLine = false;
    this.#dialling?.abort();
    this.#cancelReceive?.();
    if (this.#mode.kind === 'command') this.#session?.hangUp();
    else this.#session?.abort();
  }

  /** Throws away what the DTE sent and the modem has not taken. */
  flush(): void {
    const dropped = this.#inbox;
    this.#inbox = [];
    this.#inboxBytes = 0;
    for (const { done } of dropped) done();
  }

  /** Bytes from the DTE; resolves when the modem has taken them, which in a page is as fast as the line goes. */
  receive(bytes: Uint8Array): Promise<void> {
    if (this.#inboxBytes + bytes.length > inboxLimit) {
      this.#fault('more was sent than flow control allows');
      return Promise.reject(new Error('the modem holds the data; flow control was ignored'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#inboxBytes += bytes.length;
    this.#inbox.push({ bytes, done: resolve, failed: reject });
    this.#pump();
    return promise;
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let first = this.#inbox[0]; first; first = this.#inbox[0]) {
      const taken = this.#consume(first.bytes);
      this.#inboxBytes -= taken;
      first.bytes = first.bytes.subarray(taken);
      if (first.bytes.length === 0) {
        if (this.#inbox[0] === first) this.#inbox.shift();
        first.done();
      } else if (taken === 0) break;
    }
    this.#pumping = false;
  }

  /** @returns how many bytes the present mode took. */
  #consume(bytes: Uint8Array): number {
    const mode = this.#mode;
    switch (mode.kind) {
      case 'transmit':
        if (mode.awaitsXon) {
          mode.awaitsXon = false;
          this.#fault('page data before XON');
        }
        return mode.feed.push(bytes);
      case 'receive':
        mode.onByte(bytes[0]!);
        return 1;
      case 'working':
        if (!this.#faultedAhead) this.#fault('a command was sent before the result of the one before');
        this.#faultedAhead = true;
        return 0;
      case 'action':
        this.#abortAction(bytes[0]!, mode.abort);
        return 1;
      case 'aborting':
      case 'command':
        this.#typed(bytes[0]!, mode.kind === 'aborting');
        return 1;
      default:
        return mode satisfies never;
    }
  }

  /** Any character gives up a command that lasts; the rest of its line is lost with it. */
  #abortAction(byte: number, abort: () => void): void {
    if (byte === XON || byte === XOFF || byte === 0x0a) return;
    this.#note('given up by the DTE');
    this.#discardLine = /[Aa]/.test(String.fromCharCode(byte));
    this.#mode = { kind: 'aborting' };
    abort();
  }

  #typed(byte: number, isAborting: boolean): void {
    if (byte === XON || byte === XOFF) return;
    if (this.#discardLine) {
      if (byte === CR) this.#discardLine = false;
      return;
    }
    if (isAborting) return;
    if (this.#echo) this.#send(Uint8Array.of(byte));
    const line = this.#assembler.push(byte);
    if (line === undefined) return;
    this.#mode = { kind: 'working' };
    this.#faultedAhead = false;
    void this.#work(line);
  }

  async #work(line: string): Promise<void> {
    await delay(this.#pace.clock, this.profile.replyMs);
    const result = await this.#runLine(line);
    // What waits of a page whose call was lost is no command.
    if (this.#mode.kind === 'transmit') this.flush();
    this.#mode = { kind: 'command' };
    if (this.#session?.isOver) this.#session = undefined;
    if (result !== 'silent') this.#final(result);
    this.#pump();
  }

  async #runLine(line: string): Promise<Final> {
    const parsed = parseAtLine(line);
    if (parsed.kind === 'noise') return 'silent';
    this.#log({ at: this.#pace.clock.now(), kind: 'dte', text: line });
    for (const override of this.#overrides) {
      const lines = override(line);
      if (lines === undefined) continue;
      for (const text of lines) this.#report(text);
      return 'silent';
    }
    if (parsed.kind === 'wrong') {
      this.#fault(`no command line: ${line.slice(0, 40)}`);
      return 'ERROR';
    }
    for (const [index, command] of parsed.commands.entries()) {
      const result = await this.#run(command, index === parsed.commands.length - 1);
      if (result !== 'OK') return result;
    }
    return 'OK';
  }

  async #run(command: AtCommand, isLast: boolean): Promise<Final> {
    switch (command.kind) {
      case 'basic':
        return this.#basic(command.name, command.value);
      case 'register':
        return this.#register(command.register, command.value);
      case 'dial':
        return this.#dial(command.digits);
      case 'extended':
        if (!isLast && /^\+F(?:DT|DR|ET|KS?)$/.test(command.name)) {
          this.#fault(`${command.name} must be the last of its line`);
          return 'ERROR';
        }
        return this.#extended(command.name, command.action, command.value);
      default:
        return command satisfies never;
    }
  }

  async #basic(name: string, value: number): Promise<Final> {
    switch (name) {
      case 'A':
        return this.#answer();
      case 'E':
        this.#echo = value !== 0;
        return 'OK';
      case 'H':
        if (value === 0) this.#hangUp();
        return 'OK';
      case 'I':
        this.#report(this.profile.identity[value] ?? this.profile.model);
        return 'OK';
      case 'Q':
        this.#quiet = value === 1;
        return 'OK';
      case 'V':
        this.#verbose = value !== 0;
        return 'OK';
      case 'Z':
      case '&F':
        this.#hangUp();
        this.#reset();
        return 'OK';
      default:
        return 'OK';
    }
  }

  #reset(): void {
    this.#registers = new Map();
    this.#echo = true;
    this.#verbose = true;
    this.#quiet = false;
    this.#settings.reset();
    this.#settings.serviceClass = '0';
  }

  #register(register: number, value: number | undefined): Final {
    if (value === undefined) this.#report(String(this.#registerValue(register)).padStart(3, '0'));
    else if (value > 255) return 'ERROR';
    else this.#registers.set(register, value);
    return 'OK';
  }

  /** S0 rings to answer, S7 seconds to wait for the far side, S8 seconds of a comma. */
  #registerValue(register: number): number {
    return this.#registers.get(register) ?? { 7: 60, 8: 2 }[register] ?? 0;
  }

  async #extended(name: string, action: 'set' | 'read' | 'test' | 'run', value: string): Promise<Final> {
    switch (name) {
      case '+FDT':
        return this.#inSession(name, (session) => session.transmit());
      case '+FDR':
        return this.#inSession(name, (session) => session.receive());
      case '+FET': {
        const message = ({ 0: 'mps', 1: 'eom', 2: 'eop' } as Record<string, PostMessage>)[value];
        if (action === 'test') return this.#inform('(0-2)');
        if (this.#settings.faxClass !== '2' || !message) {
          this.#fault(`+FET=${value} means nothing here`);
          return 'ERROR';
        }
        return this.#inSession(name, (session) => session.post(message));
      }
      case '+FK':
      case '+FKS':
        this.#session?.kill();
        return 'OK';
      default: {
        const answer = this.#settings.run(name, action, value);
        if (answer.kind === 'error') return 'ERROR';
        for (const line of answer.lines) this.#report(line);
        return 'OK';
      }
    }
  }

  #inform(text: string): Final {
    this.#report(text);
    return 'OK';
  }

  async #inSession(name: string, step: (session: FaxSession) => Promise<Final>): Promise<Final> {
    const session = this.#session;
    if (!session) {
      this.#fault(`${name} without a fax call`);
      return 'ERROR';
    }
    this.#mode = { kind: 'action', abort: () => session.abort() };
    return step(session);
  }

  #hangUp(): void {
    this.#session?.hangUp();
    this.#session = undefined;
  }

  async #dial(text: string): Promise<Final> {
    const digits = text.replace(/^[TP]/i, '').replaceAll(/[-\s().;]/g, '');
    if (!/^[0-9*#A-D+,W@!]+$/i.test(digits) || !/\d/.test(digits)) {
      this.#fault(`cannot dial ${JSON.stringify(text)}`);
      return 'ERROR';
    }
    if (this.#session) {
      this.#fault('dialled in a call');
      return 'ERROR';
    }
    const abort = new AbortController();
    this.#startAction(abort);
    const pauses = { ',': this.#registerValue(8) * 1000, W: 1000, '@': 5000, '!': 500 } as Record<string, number>;
    for (const sign of digits.toUpperCase()) if (pauses[sign]) await this.#pace.wait(pauses[sign], abort.signal);
    const number = digits.replaceAll(/[,W@!]/gi, '');
    const outcome = await this.#line.dial(number, this.#registerValue(7) * 1000, abort.signal);
    if (abort.signal.aborted && outcome.kind === 'answered') outcome.end.hangUp();
    const result = await this.#dialled(outcome);
    this.#dialling = undefined;
    return result;
  }

  #startAction(abort: AbortController): void {
    this.#dialling = abort;
    this.#mode = {
      kind: 'action',
      abort: () => {
        abort.abort();
        this.#session?.abort();
      },
    };
  }

  async #dialled(outcome: DialOutcome): Promise<Final> {
    switch (outcome.kind) {
      case 'busy':
        return 'BUSY';
      case 'no-dial-tone':
        return 'NO DIALTONE';
      case 'no-answer':
        return this.profile.noAnswer;
      case 'unobtainable':
      case 'given-up':
        return 'NO CARRIER';
      case 'answered':
        if (this.#settings.serviceClass === '0') {
          this.#note('a data call to a fax machine');
          await this.#pace.wait(this.#registerValue(7) * 1000, outcome.end.lost);
          outcome.end.hangUp();
          return 'NO CARRIER';
        }
        this.#session = this.#newSession(outcome.end);
        return this.#session.dialled();
      default:
        return outcome satisfies never;
    }
  }

  async #answer(): Promise<Final> {
    if (this.#session) {
      this.#fault('ATA in a call');
      return 'ERROR';
    }
    const abort = new AbortController();
    this.#startAction(abort);
    const end = this.#line.answer() ?? (await this.#waitForCall(abort.signal));
    this.#rings = 0;
    if (!end) {
      this.#dialling = undefined;
      return 'NO CARRIER';
    }
    if (this.#settings.serviceClass === '0' && this.#settings.value('+FAA') !== '1') {
      this.#note('a fax call answered as a data call');
      await this.#pace.wait(this.#registerValue(7) * 1000, AbortSignal.any([end.lost, abort.signal]));
      end.hangUp();
      this.#dialling = undefined;
      return 'NO CARRIER';
    }
    this.#session = this.#newSession(end);
    const result = await this.#session.answered();
    this.#dialling = undefined;
    return result;
  }

  /** `ATA` without a ring: the modem sits off the hook and takes the next call. */
  async #waitForCall(signal: AbortSignal): Promise<ReturnType<PhoneLine['answer']>> {
    const rung = new AbortController();
    this.#onRing = () => rung.abort();
    await delay(this.#pace.clock, this.#registerValue(7) * 1000, AbortSignal.any([signal, rung.signal]));
    this.#onRing = undefined;
    return this.#line.answer();
  }

  #newSession(end: CircuitEnd): FaxSession {
    return new FaxSession(end, this.#pace, this.profile, this.#settings, this.#dteSide());
  }

  #dteSide(): DteSide {
    return {
      report: (text) => this.#report(text),
      beginTransmit: (faxClass) => this.#beginTransmit(faxClass),
      beginReceive: () => this.#beginReceive(),
      fault: (text) => this.#fault(text),
      note: (text) => this.#note(text),
    };
  }

  #beginTransmit(faxClass: '2' | '2.0'): PageFeed {
    const session = this.#session!;
    const feed = new PageFeed(
      faxClass,
      () => this.#pump(),
      (text) => this.#fault(text),
      () => {
        this.#mode = { kind: 'action', abort: () => session.abort() };
      },
    );
    const xonMs = faxClass === '2' ? this.profile.xonMs : 'none';
    const mode = { kind: 'transmit' as const, feed, awaitsXon: xonMs !== 'none' && xonMs < patientDteMs };
    this.#mode = mode;
    this.#report('CONNECT');
    if (xonMs !== 'none') {
      this.#pace.clock.timer(this.#pace.scaled(xonMs), () => {
        mode.awaitsXon = false;
        if (this.#mode === mode) this.#send(Uint8Array.of(XON));
      });
    }
    this.#pump();
    return feed;
  }

  #beginReceive(): PageSink {
    const session = this.#session!;
    const started = new AbortController();
    const cancelled = new AbortController();
    this.#cancelReceive = () => cancelled.abort();
    const waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    this.#mode = {
      kind: 'receive',
      onByte: (byte) => {
        if (byte === CAN) cancelled.abort();
        else if (byte === DC2 || byte === XON) {
          started.abort();
          for (const bytes of waiting.splice(0)) this.#send(bytes);
        } else if (byte !== XOFF)
          this.#fault(`byte ${byte.toString(16).padStart(2, '0')} sent while a page is received`);
      },
    };
    this.#report('CONNECT');
    this.#pump();
    return {
      cancelled: cancelled.signal,
      push: (bytes) => {
        if (started.signal.aborted) {
          this.#send(bytes);
          return (this.#cable?.backlogBytes() ?? 0) <= receiveLimit;
        }
        waiting.push(bytes);
        waitingBytes += bytes.length;
        return waitingBytes <= receiveLimit;
      },
      finish: async (ending) => {
        const ready = AbortSignal.any([started.signal, cancelled.signal]);
        await delay(this.#pace.clock, triggerGuardMs, ready);
        this.#mode = { kind: 'action', abort: () => session.abort() };
        this.#cancelReceive = undefined;
        this.#send(ending);
        return ready.aborted;
      },
    };
  }

  #ring(ring: Ring): void {
    if (this.#onRing) {
      this.#onRing();
      return;
    }
    if (this.#mode.kind !== 'command' || !this.#assembler.isEmpty) return;
    this.#rings = ring.count;
    this.#report('RING');
    const asked = this.#settings.value('+VCID') !== '0' || this.#settings.value('#CID') !== '0';
    if (ring.count === 1 && (asked || this.profile.callerId === 'always')) this.#tellCaller(ring);
    const autoAnswer = this.#registerValue(0);
    if (autoAnswer > 0 && this.#rings >= autoAnswer) {
      this.#mode = { kind: 'working' };
      void this.#work('ATA');
    }
  }

  #tellCaller({ from, fromName }: Ring): void {
    const now = new Date(this.#pace.clock.now()).toISOString();
    this.#report(`DATE = ${now.slice(5, 7)}${now.slice(8, 10)}`);
    this.#report(`TIME = ${now.slice(11, 13)}${now.slice(14, 16)}`);
    this.#report(`NMBR = ${from === '' ? 'P' : from}`);
    if (fromName !== '') this.#report(`NAME = ${fromName}`);
  }

  #final(result: Exclude<Final, 'silent'>): void {
    this.#report(result);
  }

  /** A line of the modem's own; final results turn into numbers with `V0` and into nothing with `Q1`. */
  #report(text: string): void {
    this.#log({ at: this.#pace.clock.now(), kind: 'dce', text });
    const number = numericResults[text];
    if (this.#quiet && number !== undefined) return;
    if (!this.#verbose && number !== undefined) this.#send(Buffer.from(`${number}\r`));
    else this.#send(Buffer.from(`\r\n${text}\r\n`, 'latin1'));
  }

  #send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.profile.chunkBytes) {
      this.#cable?.send(bytes.subarray(at, at + this.profile.chunkBytes));
    }
  }

  #note(text: string): void {
    this.#log({ at: this.#pace.clock.now(), kind: 'note', text });
  }

  #fault(text: string): void {
    this.#log({ at: this.#pace.clock.now(), kind: 'fault', text });
  }
}
