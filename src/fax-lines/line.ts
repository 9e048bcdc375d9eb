import type { FaxLineConfig } from '../config/schema.ts';
import type { FaxJob, SentCall } from '../fax/call.ts';
import type { Crossing } from '../fax/crossing.ts';
import { type Clock, sleep, withTimeout } from '../lib/clock.ts';
import type { EventBus, LineState } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { type Caller, Modem } from '../modem/modem.ts';
import type { ModemPort } from '../modem/port.ts';
import { settingsOf } from '../modem/setup.ts';
import type { Waits } from '../modem/waits.ts';
import type { CallLog } from './call-log.ts';

export type OpenPort = (line: FaxLineConfig) => Promise<ModemPort>;

/** What every line is given. */
export interface LineParts {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  readonly log: CallLog;
  readonly openPort: OpenPort;
  /** Tries for one page in one call, and most pages of a call in. */
  readonly limits: () => { readonly pageAttempts: number; readonly maxPages: number };
  /** Told when a call in has left pages to be mailed. */
  readonly onReceived: () => void;
  readonly waits?: Partial<Waits>;
}

export interface LineStatus {
  readonly line: string;
  readonly state: LineState;
  /** Number called or calling. */
  readonly number: string;
  readonly page: number;
  readonly pages: number;
  /** What the modem calls itself and the class it is driven in. */
  readonly modem: string;
  readonly faxClass: string;
  /** Why it is at fault; empty otherwise. */
  readonly reason: string;
  readonly since: number;
}

/** Waits between attempts to wake a modem that is at fault, the last one again and again. */
const repairWaitsMs = [5_000, 10_000, 30_000, 60_000, 300_000];
/** A page that is not on disk by then is refused: the far side gives up about 9 s after its page (three times T4). */
const keepPageMs = 7_000;
/** Time that a call is given to end when the line is stopped; then the port is closed under it. */
const stopMs = 5_000;
/** Progress is told at most so often. */
const progressMs = 500;

interface Waiting {
  readonly job: FaxJob;
  readonly signal: AbortSignal;
  readonly settle: (result: SentCall | 'no-line' | Promise<never>) => void;
}

/**
 * One line: wakes its modem, listens, answers, sends when asked to. A modem that fails is woken again and again; calls
 * in go before calls out.
 */
export class Line {
  #config: FaxLineConfig;
  readonly #parts: LineParts;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #waiting: Waiting | undefined;
  #modem: Modem | undefined;
  #running: Promise<void> = Promise.resolve();
  #status: LineStatus;
  #crossing: (() => Crossing) | undefined;

  constructor(config: FaxLineConfig, parts: LineParts) {
    this.#config = config;
    this.#parts = parts;
    const off = { state: 'off', number: '', page: 0, pages: 0, modem: '', faxClass: '', reason: '' } as const;
    this.#status = { line: config.id, ...off, since: parts.clock.now() };
  }

  get config(): FaxLineConfig {
    return this.#config;
  }

  get status(): LineStatus {
    return this.#status;
  }

  /** Rests or goes on; a call under way ends in its own time. Of the settings nothing else may differ. */
  pause(paused: FaxLineConfig['paused']): void {
    if (paused === this.#config.paused) return;
    this.#config = { ...this.#config, paused };
    this.#parts.events.emit('line.paused', { line: this.#config.id, paused });
    // Listening is begun anew, with or without answering.
    if (this.#status.state === 'idle') this.#wake.abort();
  }

  /** The page on its way now, as far as it has come; undefined when none is. */
  crossing(): Crossing | undefined {
    return this.#crossing?.();
  }

  /** Would take a job at once. */
  get isFree(): boolean {
    return (
      this.config.send &&
      this.#config.paused === 'no' &&
      this.#status.state === 'idle' &&
      !this.#waiting &&
      !this.#stop.signal.aborted
    );
  }

  start(): void {
    if (!this.config.send && !this.config.receive) return;
    this.#running = this.#run().catch((error) => {
      this.#parts.events.emit('box.fault', { where: `fax line ${this.config.id}`, error: String(error) });
    });
  }

  /** Ends what is under way and lets go of the port. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the line is stopped'));
    this.#wake.abort();
    await withTimeout(this.#parts.clock, stopMs, 'end of the call', this.#running)
      .catch(() => this.#modem?.close())
      .catch((error) => this.#fault(error));
    await this.#running;
    this.#show('off');
  }

  /** Makes one call, when the line is free. `no-line`: it was not, or somebody called at that moment. */
  send(job: FaxJob, signal: AbortSignal): Promise<SentCall | 'no-line'> {
    if (!this.isFree) return Promise.resolve('no-line');
    return new Promise((resolve) => {
      this.#waiting = { job, signal, settle: resolve };
      this.#wake.abort();
    });
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      this.#show('starting');
      const opened = await this.#open().catch((error) => `This box failed at it: ${error}`);
      let reason: string;
      if (typeof opened === 'string') reason = opened;
      else {
        if (failures > 0) this.#parts.events.emit('line.well', { line: this.config.id });
        failures = 0;
        this.#modem = opened;
        reason = await this.#serve(opened).catch((error) => {
          this.#fault(error);
          return `This box failed at it: ${error}`;
        });
        await opened.close().catch((error) => this.#fault(error));
      }
      this.#refuseWaiting();
      if (this.#stop.signal.aborted) return;
      if (failures === 0) this.#parts.events.emit('line.fault', { line: this.config.id, reason });
      this.#show('fault', { reason });
      const waitMs = repairWaitsMs[Math.min(failures++, repairWaitsMs.length - 1)]!;
      await sleep(this.#parts.clock, waitMs, this.#stop.signal).catch(() => {});
    }
  }

  /** The modem, awake, or the reason why there is none. */
  async #open(): Promise<Modem | string> {
    const { clock, openPort, limits, waits } = this.#parts;
    let port: ModemPort;
    try {
      port = await openPort(this.config);
    } catch (error) {
      return `The port ${this.config.port} cannot be opened: ${(error as Error).message}`;
    }
    const settings = settingsOf(this.config);
    const { pageAttempts } = limits();
    const modem = new Modem({ port, clock, settings, pageAttempts, ...(waits && { waits }) });
    const closing = (): void => void modem.close();
    this.#stop.signal.addEventListener('abort', closing, { once: true });
    const fault = await modem.init();
    this.#stop.signal.removeEventListener('abort', closing);
    if (!fault) return modem;
    await modem.close();
    return fault.reason;
  }

  /** Listens, answers and sends until the modem fails or the line is stopped; returns the reason. */
  async #serve(modem: Modem): Promise<string> {
    for (;;) {
      this.#wake = new AbortController();
      this.#show('idle', { modem: modem.identity, faxClass: modem.faxClass });
      if (this.#stop.signal.aborted) return 'stopped';
      modem.takeTranscript();
      const heard = await modem.listen({
        rings: this.#answers ? this.config.answerAfterRings : Number.POSITIVE_INFINITY,
        wake: this.#wake.signal,
        onRing: (count) => this.#ring(count),
      });
      if (heard.kind === 'fault') return heard.reason;
      if (heard.kind === 'call') await this.#receive(modem, heard.caller);
      else if (this.#waiting && !this.#stop.signal.aborted) await this.#dial(modem, this.#waiting);
    }
  }

  get #answers(): boolean {
    return this.#config.receive && this.#config.paused !== 'all';
  }

  #ring(count: number): void {
    this.#show(count > 0 ? 'ringing' : 'idle');
    if (count > 0) this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    this.#waiting?.settle('no-line');
    this.#waiting = undefined;
  }

  async #dial(modem: Modem, { job, signal, settle }: Waiting): Promise<void> {
    const { clock, events, log, ids } = this.#parts;
    const { number, message } = job;
    const id = ids();
    const line = this.config.id;
    this.#waiting = { job, signal, settle: () => {} };
    try {
      const start = { id, line, direction: 'out', number, message, startedAt: clock.now() } as const;
      await log.begin({ ...start, callerName: '', calledNumber: '', fax: job.id });
      events.emit('call.started', { call: id, line, direction: 'out', number, message });
      this.#show('dialling', { number, page: job.firstPage + 1, pages: job.pages.length });
      const tell = this.#progress(id, 'out', job.pages.length);
      const call = await modem.send(job, AbortSignal.any([signal, this.#stop.signal]), (progress) => {
        if (progress.phase === 'sending') tell(progress);
      });
      if (call === 'ringing') {
        const text = 'Somebody called on this line at that moment; nothing was dialled.';
        const end = { result: 'aborted', text, pagesConfirmed: 0, station: '', durationMs: 0 } as const;
        await log.endSent(id, { ...end, startedAt: start.startedAt }, modem.takeTranscript());
        this.#emitEnd(id, 'out', number, { ...end, startedAt: start.startedAt });
        settle('no-line');
        return;
      }
      await log.endSent(id, call, modem.takeTranscript()).catch((error) => this.#fault(error));
      this.#emitEnd(id, 'out', number, call);
      settle(call);
    } catch (error) {
      settle(Promise.reject(error));
    } finally {
      this.#waiting = undefined;
    }
  }

  async #receive(modem: Modem, caller: Caller): Promise<void> {
    const { clock, events, log, ids, limits } = this.#parts;
    const id = ids();
    const line = this.config.id;
    const { number } = caller;
    const start = { id, line, direction: 'in', number, message: '', startedAt: clock.now() } as const;
    try {
      await log.begin({ ...start, callerName: caller.name, calledNumber: caller.called, fax: id });
    } catch (error) {
      // What cannot be recorded is not answered: the caller's machine tries again.
      this.#fault(error);
      return;
    }
    events.emit('call.started', { call: id, line, direction: 'in', number, message: '' });
    this.#show('receiving', { number, page: 1 });
    const { maxPages } = limits();
    const tell = this.#progress(id, 'in', 0);
    const call = await modem.answer(
      caller,
      async (page) => {
        if (page.page > maxPages) throw new Error(`more than ${maxPages} pages`);
        await withTimeout(clock, keepPageMs, 'disk', log.keepPage(id, page));
      },
      this.#stop.signal,
      tell,
    );
    const record = await log.endReceived(id, call, modem.takeTranscript()).catch((error) => this.#fault(error));
    this.#emitEnd(id, 'in', number, call);
    if (record?.mail === 'wanted') this.#parts.onReceived();
  }

  /** Shows a page on its way, on the line and as events, not too often. */
  #progress(
    call: string,
    direction: 'in' | 'out',
    pages: number,
  ): (progress: {
    readonly page: number;
    readonly bytes: number;
    readonly bitRate: number;
    readonly crossing?: () => Crossing;
  }) => void {
    const { clock, events } = this.#parts;
    let lastPage = 0;
    let lastAt = 0;
    return ({ page, bytes, bitRate, crossing }) => {
      this.#crossing = crossing;
      if (page !== lastPage) this.#show(direction === 'out' ? 'sending' : 'receiving', { page });
      else if (clock.now() - lastAt < progressMs) return;
      lastPage = page;
      lastAt = clock.now();
      events.emit('call.page', { call, line: this.config.id, direction, page, pages, bitRate, bytes });
    };
  }

  #emitEnd(call: string, direction: 'in' | 'out', number: string, end: Omit<SentCall, 'parameters'>): void {
    const { result, text, station, durationMs, pagesConfirmed: pages } = end;
    const fields = { call, line: this.config.id, direction, number, station, pages, result, text, durationMs };
    this.#parts.events.emit('call.ended', fields);
  }

  #fault(error: unknown): undefined {
    this.#parts.events.emit('box.fault', { where: `fax line ${this.config.id}`, error: String(error) });
    return undefined;
  }

  #show(state: LineState, change: Partial<LineStatus> = {}): void {
    const rest = state === 'sending' || state === 'receiving' ? {} : { number: '', page: 0, pages: 0 };
    if (state !== 'sending' && state !== 'receiving') this.#crossing = undefined;
    const since = state === this.#status.state ? this.#status.since : this.#parts.clock.now();
    this.#status = { ...this.#status, ...rest, reason: '', ...change, state, since };
    const { line, number, page, pages } = this.#status;
    this.#parts.events.emit('line.state', { line, state, number, page, pages });
  }
}
