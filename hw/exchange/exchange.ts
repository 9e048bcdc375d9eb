import { randomBytes } from 'node:crypto';
import type { CallResult } from '../../src/fax/call.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { IdSource } from '../../src/lib/ids.ts';
import type { ModemPort } from '../../src/modem/port.ts';
import { Circuit, type CircuitEnd, type LineQuality } from '../line/circuit.ts';
import { Pace } from '../line/pace.ts';
import type { DialOutcome } from '../line/phone-line.ts';
import type { ModemLogEntry } from '../modem/dte-port.ts';
import { Modem, type ReplyOverride } from '../modem/modem.ts';
import { type ModemProfile, modemProfiles } from '../modem/profile.ts';
import { type Behaviour, BehaviourStack, describe } from './behaviour.ts';
import { connectSocket, listenTcp, type OpenCable, openPty, plugInProcess } from './cables.ts';
import { receiveFax, type StationPage, sendFax, speak } from './far-station.ts';
import { type ReceivedFax, StationRecords } from './records.ts';
import { ModemLine, type ModemSubscriber, type Station, type Subscriber } from './subscriber.ts';

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Where the far stations keep what they receive. */
  readonly folder: string;
  /** How many times faster than a real network: 1 is real time. */
  readonly speedFactor: number;
  readonly ids: IdSource;
  readonly random?: (count: number) => Uint8Array;
}

export interface SubscriberEntry {
  readonly number: string;
  readonly kind: Subscriber['kind'];
  /** Name of the station, or of the line. */
  readonly station: string;
  readonly behaviour: string;
  readonly state: Subscriber['state'];
}

/** A call through the exchange. */
export interface CallEntry {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly outcome: DialOutcome['kind'];
}

export interface DialIn {
  /** Number of a station, or any number for a machine that nobody else can call. */
  readonly from: string;
  readonly to: string;
  readonly pages: readonly StationPage[];
  readonly signal?: AbortSignal;
}

export interface DialInResult {
  readonly result: CallResult;
  readonly pagesConfirmed: number;
  /** Station id of the machine that answered. */
  readonly station: string;
  /** Class 2 hang-up code; 0 when the call ended as it should or never came about. */
  readonly code: number;
}

/** Dialling and switching. */
const dialMs = 2000;
/** The caller listens to a tone before it says what it heard. */
const toneMs = 2000;
/** Ring to ring. */
const ringMs = 6000;
/** A scaled ring, and a scaled wait for an answer, are not shorter: programs answer in real time. */
const ringFloorMs = 100;
const answerFloorMs = 3000;
/** How long a far station lets it ring. */
const stationPatienceMs = 60_000;
const callLimit = 1000;
const logLimit = 20_000;

interface LineState {
  readonly subscriber: ModemSubscriber;
  readonly modem: Modem;
  readonly log: ModemLogEntry[];
  readonly watchers: Set<(entry: ModemLogEntry) => void>;
}

/**
 * A simulated telephone exchange: numbers, the modems and far stations on them, and calls between any two. What a
 * station received outlives the program.
 */
export class Exchange {
  readonly #pace: Pace;
  readonly #random: (count: number) => Uint8Array;
  readonly #records: StationRecords;
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #lines = new Map<string, LineState>();
  readonly #calls: CallEntry[] = [];
  readonly #circuits = new Set<Circuit>();
  readonly #atWork = new Set<Promise<unknown>>();
  readonly #cables: OpenCable[] = [];

  constructor({ clock, folder, speedFactor, ids, random = randomBytes }: ExchangeOptions) {
    this.#pace = new Pace(clock, speedFactor);
    this.#random = random;
    this.#records = new StationRecords(folder, ids);
  }

  /** Adds a line with a modem. @throws Error when the number is taken. */
  addLine(
    number: string,
    options: { readonly profile?: ModemProfile; readonly name?: string; readonly behaviour?: Partial<Behaviour> } = {},
  ): void {
    const line = new ModemLine(number, (digits, waitMs, signal) => this.#dialFrom(number, digits, waitMs, signal));
    const log: ModemLogEntry[] = [];
    const watchers = new Set<(entry: ModemLogEntry) => void>();
    const modem = new Modem(line, options.profile ?? modemProfiles.plain, this.#pace, (entry) => {
      log.push(entry);
      if (log.length > logLimit) log.splice(0, log.length - logLimit);
      for (const watcher of watchers) watcher(entry);
    });
    const subscriber: ModemSubscriber = {
      kind: 'modem',
      number,
      name: options.name ?? '',
      behaviour: new BehaviourStack(options.behaviour),
      state: 'idle',
      line,
    };
    this.#add(subscriber);
    this.#lines.set(number, { subscriber, modem, log, watchers });
  }

  /** Adds a far station. @throws Error when the number is taken. */
  addStation(
    number: string,
    options: {
      readonly stationId?: string;
      readonly name?: string;
      readonly behaviour?: Partial<Behaviour>;
      readonly document?: readonly StationPage[];
    } = {},
  ): void {
    this.#add({
      kind: 'station',
      number,
      stationId: options.stationId ?? number,
      name: options.name ?? '',
      behaviour: new BehaviourStack(options.behaviour),
      document: options.document ?? [],
      state: 'idle',
    });
  }

  #add(subscriber: Subscriber): void {
    if (this.#subscribers.has(subscriber.number)) throw new Error(`${subscriber.number} has a subscriber already`);
    this.#subscribers.set(subscriber.number, subscriber);
  }

  /** Changes the behaviour of a number, on top of former changes. Returns the way to take it back. */
  override(number: string, change: Partial<Behaviour>, calls?: number): () => void {
    return this.#subscriber(number).behaviour.push(change, calls);
  }

  /** Lets `override` answer command lines in the place of the modem; newest first. */
  overrideReplies(number: string, override: ReplyOverride): () => void {
    return this.#line(number).modem.override(override);
  }

  /** The modem on a line, for a program in this process. Another program that had it loses it. */
  port(number: string): ModemPort {
    return plugInProcess(this.#line(number).modem, `exchange:${number}`);
  }

  /** Serves the modem on a TCP port; 0 takes any free one. */
  async listenTcp(number: string, at: { readonly host: string; readonly port: number }): Promise<{ port: number }> {
    const cable = await listenTcp(this.#line(number).modem, at);
    this.#cables.push(cable);
    return { port: cable.port };
  }

  /** Makes a pseudo-terminal with the modem behind it, linked from `linkPath`. Needs socat. */
  async openPty(number: string, linkPath: string): Promise<void> {
    this.#cables.push(await openPty(this.#line(number).modem, linkPath));
  }

  /** Plugs the modem into a serial line that is a Unix socket, such as an emulated machine's. */
  async connectSocket(number: string, path: string): Promise<void> {
    this.#cables.push(await connectSocket(this.#line(number).modem, path));
  }

  list(): SubscriberEntry[] {
    return [...this.#subscribers.values()].map((subscriber) => ({
      number: subscriber.number,
      kind: subscriber.kind,
      station: subscriber.name || (subscriber.kind === 'station' ? subscriber.stationId : ''),
      behaviour: subscriber.kind === 'station' ? describe(subscriber.behaviour.now) : 'modem',
      state: subscriber.state,
    }));
  }

  /** The last calls, oldest first. */
  calls(): readonly CallEntry[] {
    return this.#calls;
  }

  /** What the modem on a line and its program said to each other, page data counted. */
  transcript(number: string): readonly ModemLogEntry[] {
    return this.#line(number).log;
  }

  /** What the program on a line did that no modem's manual allows. */
  faults(number: string): string[] {
    return this.#line(number)
      .log.filter(({ kind }) => kind === 'fault')
      .map(({ text }) => text);
  }

  /** Resolves with the next line of the dialogue that `wanted` recognises. */
  next(number: string, wanted: (entry: ModemLogEntry) => boolean): Promise<ModemLogEntry> {
    const { watchers } = this.#line(number);
    return new Promise((resolve) => {
      const watcher = (entry: ModemLogEntry): void => {
        if (!wanted(entry)) return;
        watchers.delete(watcher);
        resolve(entry);
      };
      watchers.add(watcher);
    });
  }

  /** What a station received, oldest call first, also before a restart. */
  received(number: string): Promise<ReceivedFax[]> {
    this.#subscriber(number);
    return this.#records.list(number);
  }

  /** A far machine calls a number and sends. Aborting hangs it up. */
  async dialIn({ from, to, pages, signal = new AbortController().signal }: DialIn): Promise<DialInResult> {
    const caller = this.#subscribers.get(from);
    if (caller?.kind === 'modem') throw new Error(`${from} has a modem; a program must dial there`);
    if (caller && caller.state !== 'idle') return { result: 'busy', pagesConfirmed: 0, station: '', code: 0 };
    const behaviour = caller?.behaviour.forCall();
    if (caller) caller.state = 'engaged';
    try {
      const outcome = await this.#connect(from, caller?.name ?? '', to, stationPatienceMs, signal, behaviour?.quality);
      if (outcome.kind !== 'answered') {
        return { result: resultOf(outcome.kind), pagesConfirmed: 0, station: '', code: 0 };
      }
      const { end } = outcome;
      const hangUp = (): void => end.hangUp();
      signal.addEventListener('abort', hangUp, { once: true });
      const able = (behaviour ?? new BehaviourStack().now).able;
      const call = await this.#work(sendFax(end, this.#pace, caller?.stationId ?? from, able, pages));
      signal.removeEventListener('abort', hangUp);
      const result = signal.aborted ? 'aborted' : call.result;
      return { result, pagesConfirmed: call.pages, station: call.station, code: call.code };
    } finally {
      if (caller) caller.state = 'idle';
    }
  }

  /** Ends all calls, waits until the stations have written what they were writing, closes all cables. */
  async close(): Promise<void> {
    for (const circuit of this.#circuits) circuit.caller.hangUp();
    await Promise.allSettled(this.#atWork);
    await Promise.all(this.#cables.map((cable) => cable.close()));
    this.#cables.length = 0;
  }

  #subscriber(number: string): Subscriber {
    const subscriber = this.#subscribers.get(number);
    if (!subscriber) throw new Error(`the exchange has no number ${number}`);
    return subscriber;
  }

  #line(number: string): LineState {
    const line = this.#lines.get(number);
    if (!line) throw new Error(`the exchange has no modem on ${number}`);
    return line;
  }

  /** A modem dials. */
  async #dialFrom(from: string, to: string, waitMs: number, signal: AbortSignal): Promise<DialOutcome> {
    const { subscriber } = this.#line(from);
    if (subscriber.behaviour.now.answer === 'unobtainable') {
      await this.#pace.wait(dialMs, signal);
      return { kind: 'no-dial-tone' };
    }
    if (subscriber.state !== 'idle') return { kind: 'busy' };
    if (to === '') {
      await this.#pace.wait(toneMs, signal);
      return { kind: 'given-up' };
    }
    subscriber.state = 'engaged';
    const outcome = await this.#connect(from, subscriber.name, to, waitMs, signal);
    if (outcome.kind !== 'answered') subscriber.state = 'idle';
    else this.#freeAfter(outcome.end, subscriber);
    return outcome;
  }

  async #connect(
    from: string,
    fromName: string,
    to: string,
    waitMs: number,
    signal: AbortSignal,
    quality?: LineQuality,
  ): Promise<DialOutcome> {
    const at = this.#pace.clock.now();
    const outcome = await this.#switch(from, fromName, to, waitMs, signal, quality);
    this.#calls.push({ at, from, to, outcome: outcome.kind });
    if (this.#calls.length > callLimit) this.#calls.shift();
    return outcome;
  }

  async #switch(
    from: string,
    fromName: string,
    to: string,
    waitMs: number,
    signal: AbortSignal,
    quality: LineQuality | undefined,
  ): Promise<DialOutcome> {
    await this.#pace.wait(dialMs, signal);
    if (signal.aborted) return { kind: 'given-up' };
    const called = this.#subscribers.get(to);
    if (called && called.state !== 'idle') return this.#tone('busy', signal);
    const behaviour = called?.behaviour.forCall();
    if (!called || !behaviour || behaviour.answer === 'unobtainable') return this.#tone('unobtainable', signal);
    if (behaviour.answer === 'busy') return this.#tone('busy', signal);
    const circuit = new Circuit(this.#pace.clock, quality ?? behaviour.quality, this.#random);
    called.state = 'ringing';
    const ringing = { from, fromName, waitMs, signal, circuit };
    const taken =
      called.kind === 'modem'
        ? await this.#ringModem(called, behaviour, ringing)
        : await this.#ringStation(called, behaviour, ringing);
    if (!taken) {
      called.state = 'idle';
      return { kind: signal.aborted ? 'given-up' : 'no-answer' };
    }
    called.state = 'engaged';
    this.#circuits.add(circuit);
    this.#freeAfter(circuit.called, called);
    circuit.caller.lost.addEventListener('abort', () => this.#circuits.delete(circuit), { once: true });
    if (called.kind === 'station') void this.#work(this.#answer(called, behaviour, from, circuit.called));
    return { kind: 'answered', end: circuit.caller };
  }

  async #tone(kind: 'busy' | 'unobtainable', signal: AbortSignal): Promise<DialOutcome> {
    await this.#pace.wait(toneMs, signal);
    return { kind: signal.aborted ? 'given-up' : kind };
  }

  /** @returns whether the modem took the call. */
  async #ringModem({ line }: ModemSubscriber, { answer }: Behaviour, ringing: Ringing): Promise<boolean> {
    const { from, fromName, waitMs, signal, circuit } = ringing;
    const taken = new AbortController();
    const over = AbortSignal.any([signal, taken.signal]);
    line.offer(() => {
      taken.abort();
      return circuit.called;
    });
    const { clock } = this.#pace;
    const until = clock.now() + this.#pace.scaled(waitMs, answerFloorMs);
    for (let count = 1; !over.aborted && clock.now() < until; count++) {
      if (answer === 'fax') line.ring({ count, from, fromName });
      await this.#pace.wait(ringMs, over, ringFloorMs);
    }
    line.offer(undefined);
    return taken.signal.aborted;
  }

  /** @returns whether somebody or something answered. */
  async #ringStation(_station: Station, behaviour: Behaviour, { waitMs, signal }: Ringing): Promise<boolean> {
    const answersMs = behaviour.ringsBeforeAnswer * ringMs;
    const answers = behaviour.answer !== 'no-answer' && answersMs <= waitMs;
    await this.#pace.wait(answers ? answersMs : waitMs, signal);
    return answers && !signal.aborted;
  }

  async #answer(station: Station, behaviour: Behaviour, from: string, end: CircuitEnd): Promise<void> {
    try {
      if (behaviour.answer === 'fax') await this.#takeFax(station, behaviour, from, end);
      else if (behaviour.answer === 'voice') await speak(end, this.#pace);
    } finally {
      end.hangUp();
    }
  }

  async #takeFax(station: Station, behaviour: Behaviour, from: string, end: CircuitEnd): Promise<void> {
    const { number, stationId, document } = station;
    const record = this.#records.begin(number, { at: this.#pace.clock.now(), from });
    let result = 'interrupted';
    try {
      ({ result } = await receiveFax(end, this.#pace, stationId, behaviour, record, document));
    } finally {
      await record.end(result);
    }
    await this.#records.tidy(number);
  }

  #freeAfter(end: CircuitEnd, subscriber: Subscriber): void {
    const free = (): void => {
      subscriber.state = 'idle';
    };
    if (end.lost.aborted) free();
    else end.lost.addEventListener('abort', free, { once: true });
  }

  #work<T>(promise: Promise<T>): Promise<T> {
    this.#atWork.add(promise);
    const done = (): void => void this.#atWork.delete(promise);
    promise.then(done, done);
    return promise;
  }
}

interface Ringing {
  readonly from: string;
  readonly fromName: string;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly circuit: Circuit;
}

function resultOf(outcome: Exclude<DialOutcome['kind'], 'answered'>): CallResult {
  const results = {
    busy: 'busy',
    'no-answer': 'no-answer',
    unobtainable: 'refused',
    'no-dial-tone': 'no-dial-tone',
    'given-up': 'aborted',
  } as const;
  return results[outcome];
}

export function createExchange(options: ExchangeOptions): Exchange {
  return new Exchange(options);
}
