import { isDeepStrictEqual } from 'node:util';
import type { Config, FaxLineConfig } from '../config/schema.ts';
import type { FaxJob, FaxSender, SentCall } from '../fax/call.ts';
import type { Crossing } from '../fax/crossing.ts';
import type { FaxArchive } from '../fax-archive/fax-archive.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { SqliteWriter } from '../lib/sqlite.ts';
import type { Waits } from '../modem/waits.ts';
import type { Entrance } from '../queue/types.ts';
import { CallLog } from './call-log.ts';
import type { PageToPng } from './fax-mail.ts';
import { Line, type LineStatus, type OpenPort } from './line.ts';
import { Reception } from './reception.ts';

export interface FaxLinesParts {
  /** The configuration as it is now. */
  readonly config: () => Config;
  /** `fax/` of the data directory; records, transcripts and received pages are kept there. */
  readonly folder: string;
  readonly writer: SqliteWriter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: (count: number) => Uint8Array;
  readonly events: EventBus;
  readonly entrance: Entrance;
  readonly openPort: OpenPort;
  readonly pageToPng: PageToPng;
  readonly archive: FaxArchive;
  /** Accounts that mail for an address reaches. */
  readonly accountsOf: (address: string) => readonly string[];
  /** Other waits of the modem driver than usual. */
  readonly waits?: Partial<Waits>;
}

/** The pool of lines: who sends, who receives. A job takes the first free line. */
export class FaxLines implements FaxSender {
  /** The calls that were, for panel and command line. */
  readonly calls: CallLog;
  readonly #parts: FaxLinesParts;
  readonly #reception: Reception;
  #lines: Line[] = [];
  /** Aborts when the lines are closed. */
  readonly #closing = new AbortController();
  #changing: Promise<void> = Promise.resolve();

  private constructor(parts: FaxLinesParts, calls: CallLog) {
    this.#parts = parts;
    this.calls = calls;
    this.#reception = new Reception({ ...parts, log: calls });
  }

  /** Opens the records. Received faxes that a crash kept from being mailed are mailed after `start`. */
  static async open(parts: FaxLinesParts): Promise<FaxLines> {
    return new FaxLines(parts, await CallLog.open(parts.writer, parts.folder, parts.clock.now()));
  }

  /** Starts all lines of the configuration; does not wait for their modems. */
  async start(): Promise<void> {
    this.#reception.start();
    await this.reconfigure();
  }

  /** Lines whose settings changed are stopped and started again; calls on other lines go on. */
  reconfigure(): Promise<void> {
    this.#changing = this.#changing.catch(() => {}).then(() => this.#apply(this.#parts.config().fax.lines));
    return this.#changing;
  }

  async send(job: FaxJob, signal: AbortSignal): Promise<SentCall | 'no-line'> {
    for (const line of this.#lines.filter(({ isFree }) => isFree)) {
      const call = await line.send(job, signal);
      if (call !== 'no-line') return call;
    }
    return 'no-line';
  }

  status(): readonly LineStatus[] {
    return this.#lines.map(({ status }) => status);
  }

  /** The page on its way on a line, as far as it has come; undefined when none is. */
  crossing(line: string): Crossing | undefined {
    return this.#lines.find(({ config }) => config.id === line)?.crossing();
  }

  /**
   * Lets go of a line's modem for as long as `work` takes, and begins again after it.
   * @returns undefined when there is no such line, `busy` when it is in a call
   */
  async without<T>(
    id: string,
    work: (line: FaxLineConfig, signal: AbortSignal) => Promise<T>,
  ): Promise<T | 'busy' | undefined> {
    const turn = this.#changing
      .catch(() => {})
      .then(async () => {
        const line = this.#lines.find(({ config }) => config.id === id);
        if (!line) return undefined;
        if (!['off', 'starting', 'idle', 'fault'].includes(line.status.state)) return 'busy' as const;
        await line.stop();
        try {
          return await work(line.config, this.#closing.signal);
        } finally {
          this.#lines = this.#lines.map((one) => (one === line ? this.#begin(line.config) : one));
        }
      });
    this.#changing = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  /** Mails a received fax of the archive to people, as at its arrival. @throws SubmitError */
  reroute(fax: string, recipients: readonly string[]): Promise<string> {
    return this.#reception.reroute(fax, recipients);
  }

  /** Ends calls and lets go of all ports; pages that were received are mailed now or at the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the box is stopping'));
    this.#changing = this.#changing.catch(() => {}).then(() => this.#apply([]));
    await this.#changing;
    await this.#reception.close();
    await this.calls.close();
  }

  async #apply(wanted: Config['fax']['lines']): Promise<void> {
    const before = this.#lines;
    const kept = (line: Line): boolean => wanted.some((one) => isSame(one, line.config));
    this.#lines = before.filter(kept);
    await Promise.all(before.filter((line) => !kept(line)).map((line) => line.stop()));
    this.#lines = wanted.map((one) => {
      const known = this.#lines.find((line) => isSame(one, line.config));
      known?.pause(one.paused);
      return known ?? this.#begin(one);
    });
  }

  #begin(one: FaxLineConfig): Line {
    const { clock, ids, events, openPort, waits, config } = this.#parts;
    const made = new Line(one, {
      clock,
      ids,
      events,
      log: this.calls,
      openPort,
      limits: () => config().fax,
      onReceived: () => this.#reception.wake(),
      ...(waits && { waits }),
    });
    made.start();
    return made;
  }
}

/** A line that only rests, or goes on, is the same line: its call is not ended for that. */
function isSame(one: FaxLineConfig, other: FaxLineConfig): boolean {
  return isDeepStrictEqual({ ...one, paused: 'no' }, { ...other, paused: 'no' });
}
