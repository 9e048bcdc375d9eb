import type { CallEnd, FaxJob, ReceivedCall, SentCall } from '../fax/call.ts';
import type { Clock } from '../lib/clock.ts';
import { breakOff } from './hang-up.ts';
import { ModemLink } from './link.ts';
import type { ModemPort } from './port.ts';
import { type PageSink, type ReceiveProgress, receiveCall } from './receive-call.ts';
import type { BitOrder } from './receive-page.ts';
import { type SendProgress, sendCall } from './send-call.ts';
import { type Fault, identify, insist, type KnownModem, type LineSettings, prepare, prepareToListen } from './setup.ts';
import { Transcript } from './transcript.ts';
import { callParameters } from './vector.ts';
import { defaultWaits, type Waits } from './waits.ts';

export interface ModemOptions {
  readonly port: ModemPort;
  readonly clock: Clock;
  readonly settings: LineSettings;
  /** Tries for one page in one call, in both directions. */
  readonly pageAttempts: number;
  readonly waits?: Partial<Waits>;
}

/** Who calls, as far as the line tells; empty where it does not. */
export interface Caller {
  readonly number: string;
  readonly name: string;
  /** Number that was called. */
  readonly called: string;
}

export type Heard =
  | { readonly kind: 'call'; readonly caller: Caller }
  /** The signal to stop listening came while nobody called. */
  | { readonly kind: 'woken' }
  | Fault;

/**
 * A class 2 or class 2.0 fax modem on a byte stream. One thing at a time: `init`, then `listen`, `send` and `answer` in
 * any order. Ends of calls are data; nothing here throws because of what a modem or a telephone line does.
 */
export class Modem {
  readonly #link: ModemLink;
  readonly #options: ModemOptions;
  readonly #transcript: Transcript;
  #known: KnownModem | undefined;
  #fault: Fault | undefined;
  /** Learned in earlier calls. */
  #bitOrder: BitOrder | undefined;
  #skipXon = false;

  constructor(options: ModemOptions) {
    this.#options = options;
    this.#transcript = new Transcript(options.clock);
    this.#link = new ModemLink({
      port: options.port,
      clock: options.clock,
      waits: { ...defaultWaits, ...options.waits },
      transcript: this.#transcript,
    });
  }

  /** What the modem called itself; empty before `init`. */
  get identity(): string {
    return this.#known?.identity ?? '';
  }

  get faxClass(): string {
    return this.#known?.dialect.faxClass ?? '';
  }

  /** What was said since the last time, as text. */
  takeTranscript(): string {
    return this.#transcript.take();
  }

  /** Finds out what the modem is and makes it ready to listen. */
  async init(): Promise<Fault | undefined> {
    const found = await identify(this.#link, this.#options.settings);
    if (found.kind === 'fault') return found;
    this.#known = found.modem;
    this.#bitOrder = found.modem.profile.rightBitOrder ? 'lsb-first' : found.modem.dialect.receivedBits;
    return prepareToListen(this.#link, found.modem, this.#options.settings);
  }

  /**
   * Waits for a call. `onRing` is told of each ring, with 0 when the caller gave up. While it rings the wake signal is
   * not heard: a call that comes in goes first.
   * @param rings rings after which the call is to be answered; caller id comes between the first and the second.
   */
  async listen(options: { rings: number; wake: AbortSignal; onRing?: (count: number) => void }): Promise<Heard> {
    const link = this.#link;
    if (this.#fault) return this.#fault;
    let rings = 0;
    let caller: Caller = { number: '', name: '', called: '' };
    let heard = false;
    const ring = (): boolean => {
      heard = true;
      rings++;
      options.onRing?.(rings);
      return rings >= options.rings;
    };
    if (this.#takeRing() && ring()) return { kind: 'call', caller };
    for (;;) {
      link.signal = heard ? undefined : options.wake;
      const event = await link.read(heard ? link.waits.ringGap : link.waits.health);
      switch (event.kind) {
        case 'ring':
          this.#takeRing();
          if (!ring()) break;
          link.signal = undefined;
          return { kind: 'call', caller };
        case 'caller':
          heard = true;
          caller = { ...caller, [event.field]: event.value };
          break;
        case 'silence':
          if (!heard && !(await this.#isWell())) return { kind: 'fault', reason: 'The modem stopped answering.' };
          if (heard) options.onRing?.(0);
          heard = false;
          rings = 0;
          caller = { number: '', name: '', called: '' };
          // It may have rung while the modem was asked how it is.
          if (!this.#takeRing() || !ring()) break;
          return { kind: 'call', caller };
        case 'aborted':
          link.signal = undefined;
          return { kind: 'woken' };
        case 'closed':
          return { kind: 'fault', reason: 'The modem was disconnected.' };
        default:
      }
    }
  }

  /** Makes one call. `ringing`: somebody calls us; nothing was dialled. */
  async send(
    job: FaxJob,
    signal: AbortSignal,
    onProgress: (progress: SendProgress) => void = () => {},
  ): Promise<SentCall | 'ringing'> {
    const startedAt = this.#options.clock.now();
    const modem = this.#known!;
    const link = this.#link;
    this.#transcript.remark(`call to ${job.number}`);
    link.startReports();
    const fault = await prepare(link, modem, this.#options.settings);
    if (fault) {
      this.#fault = fault;
      return { ...localEnd(fault), pagesConfirmed: 0, station: '', startedAt, durationMs: this.#since(startedAt) };
    }
    if (link.reports.rang) return 'ringing';
    link.signal = signal;
    const context = { modem, pageAttempts: this.#options.pageAttempts, onProgress, skipXon: this.#skipXon };
    const sent = await sendCall(link, context, job);
    link.signal = undefined;
    this.#skipXon ||= sent.sawNoXon;
    const { station } = link.reports;
    const durationMs = this.#since(startedAt);
    await this.#rest(modem, sent.breakOffFrom);
    return {
      ...sent.end,
      pagesConfirmed: sent.confirmed,
      station,
      ...(sent.agreed && { parameters: callParameters(sent.agreed) }),
      startedAt,
      durationMs,
    };
  }

  /** Answers the call that `listen` told of. Each page is confirmed to the far side after `sink` has resolved. */
  async answer(
    caller: Caller,
    sink: PageSink,
    signal: AbortSignal,
    onProgress: (progress: ReceiveProgress) => void = () => {},
  ): Promise<ReceivedCall> {
    const startedAt = this.#options.clock.now();
    const modem = this.#known!;
    const link = this.#link;
    this.#transcript.remark(`call from ${caller.number || 'unknown'}`);
    link.signal = signal;
    const received = await receiveCall(link, {
      modem,
      sink,
      pageAttempts: this.#options.pageAttempts,
      onProgress,
      bitOrder: this.#bitOrder!,
    });
    link.signal = undefined;
    this.#bitOrder = received.bitOrder;
    const { station } = link.reports;
    const durationMs = this.#since(startedAt);
    await this.#rest(modem, received.breakOffFrom);
    return {
      ...received.end,
      pagesConfirmed: received.confirmed,
      station,
      callerNumber: caller.number,
      callerName: caller.name,
      calledNumber: caller.called,
      ...(received.agreed && { parameters: callParameters(received.agreed) }),
      startedAt,
      durationMs,
    };
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  /** Back on the hook and ready to listen, whatever the call left behind. */
  async #rest(modem: KnownModem, breakOffFrom: Parameters<typeof breakOff>[2] | undefined): Promise<void> {
    const link = this.#link;
    if (breakOffFrom !== undefined && !(await breakOff(link, modem, breakOffFrom))) {
      this.#fault = { kind: 'fault', reason: 'The modem cannot be brought to hang up.' };
      return;
    }
    link.startReports();
    await insist(link, '+FCLASS=0');
    this.#fault = await prepareToListen(link, modem, this.#options.settings);
  }

  async #isWell(): Promise<boolean> {
    this.#link.signal = undefined;
    return (await insist(this.#link, '')) === 'ok';
  }

  /** Whether a ring was read by something else than `listen`; it is told once. */
  #takeRing(): boolean {
    const { rang } = this.#link.reports;
    this.#link.startReports();
    return rang;
  }

  #since(startedAt: number): number {
    return this.#options.clock.now() - startedAt;
  }
}

function localEnd(fault: Fault): CallEnd {
  return { result: 'local', text: fault.reason };
}
