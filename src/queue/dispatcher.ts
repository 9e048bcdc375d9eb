import { sleep } from '../lib/clock.ts';
import { ConflictError } from '../lib/sqlite.ts';
import { Attempt, type AttemptParts } from './attempt.ts';
import { earliest, Pump } from './pump.ts';
import { agentNames, type RecipientRecord } from './records.ts';

export interface DispatcherParts extends AttemptParts {
  /** Faxes sent at one time. */
  readonly faxLines: () => number;
  /** An attempt at the message has ended. */
  readonly ended: (message: string) => void;
}

type Agent = RecipientRecord['agent'];

/** `none`: recipients that could not be routed and are asked about again. */
const agents: readonly Agent[] = [...agentNames, 'none'];
/** Wait after the database refused to begin a delivery. */
const troubleWaitMs = 5000;
/** Time that agents have to return after they were told to stop. */
const abortWaitMs = 5000;

/**
 * The scheduler: starts what is due as far as the limits allow. Holds in memory what runs, nothing of what waits; wakes
 * when something was submitted, an attempt ended, or the next one falls due.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #attempts = new Map<Attempt, Promise<void>>();
  /** Recipients that an attempt has. Until it has begun, the database still says `waiting`. */
  readonly #taken = new Set<string>();
  readonly #pump: Pump;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#pump = new Pump(
      parts.clock,
      () => this.#startDue(),
      (error) => parts.events.emit('box.fault', { where: 'queue: what is due', error: String(error) }),
    );
  }

  start(): void {
    this.#pump.start();
  }

  /** Something may be due. */
  poke(): void {
    this.#pump.poke();
  }

  /** How many attempts run or are about to be started. */
  get busy(): number {
    return this.#attempts.size + Number(this.#pump.planned);
  }

  isInFlight(message: string): boolean {
    return [...this.#attempts.keys()].some((attempt) => attempt.message === message);
  }

  /** Whether an attempt has the recipient, or is about to begin with it. */
  has(recipient: string): boolean {
    return this.#taken.has(recipient);
  }

  /** Begins no attempt at the recipient while `work` goes on. */
  async keep<Result>(recipient: string, work: () => Promise<Result>): Promise<Result> {
    this.#taken.add(recipient);
    try {
      return await work();
    } finally {
      this.#taken.delete(recipient);
      this.poke();
    }
  }

  /** Ends attempts at a message that was cancelled; what they did not deliver fails with `reason`. */
  cancel(message: string, reason: string): void {
    for (const attempt of this.#attempts.keys()) if (attempt.message === message) attempt.abort(reason, true);
  }

  /**
   * Starts nothing more; waits `graceMs` for what runs, then tells it to stop. What was cut short is tried again at the
   * next start and does not count as an attempt.
   */
  async stop(graceMs: number): Promise<void> {
    this.#pump.stop();
    if (await this.#idleWithin(graceMs)) return;
    for (const attempt of this.#attempts.keys()) attempt.abort('the queue is stopping');
    await this.#idleWithin(abortWaitMs);
    for (const attempt of this.#attempts.keys()) attempt.abandon();
  }

  async #idleWithin(ms: number): Promise<boolean> {
    if (this.#attempts.size === 0) return true;
    const waiting = new AbortController();
    const timeUp = sleep(this.#parts.clock, ms, waiting.signal).then(
      () => false,
      () => false,
    );
    const idle = await Promise.race([Promise.all(this.#attempts.values()).then(() => true), timeUp]);
    waiting.abort();
    return idle;
  }

  /** @returns when the next one falls due. */
  #startDue(): number | undefined {
    const { ledger, clock } = this.#parts;
    // One time for the whole round: what falls due between two looks would be past for the second and was not due for the first.
    const now = clock.now();
    for (const agent of agents) this.#fill(agent, now);
    return earliest(agents.map((agent) => ledger.nextDue(agent, now)));
  }

  #fill(agent: Agent, now: number): void {
    const { ledger, config, faxLines } = this.#parts;
    const { parallelLocal, parallelEsmtp, perDestination } = config();
    const most = { local: parallelLocal, esmtp: parallelEsmtp, fax: faxLines(), none: parallelLocal }[agent];
    // Two calls to one number would find each other busy.
    const mostEach = agent === 'fax' ? 1 : agent === 'none' ? most : perDestination;
    const busy = new Map<string, number>();
    let running = 0;
    const count = ({ destination }: { readonly destination: string }): void => {
      busy.set(destination, (busy.get(destination) ?? 0) + 1);
      running++;
    };
    for (const attempt of this.#attempts.keys()) if (attempt.agent === agent) count(attempt);
    while (running < most) {
      const saturated = [...busy].filter(([, n]) => n >= mostEach).map(([destination]) => destination);
      const limit = 2 * (most - running) + this.#taken.size;
      const rows = ledger.due(agent, now, saturated, limit);
      const before = running;
      for (const row of rows) {
        if (running >= most) return;
        if (this.#taken.has(row.id) || (busy.get(row.destination) ?? 0) >= mostEach) continue;
        this.#start(row);
        count(row);
      }
      if (running === before || rows.length < limit) return;
    }
  }

  /** Takes a due recipient and those that go with it. */
  #start(first: RecipientRecord): void {
    const { ledger, clock, config, events, ended } = this.#parts;
    const most = first.agent === 'fax' ? 1 : config().recipientsPerDelivery;
    const others = most > 1 ? ledger.together(first, clock.now(), most + this.#taken.size) : [];
    const rows = [first, ...others.filter(({ id }) => id !== first.id && !this.#taken.has(id))].slice(0, most);
    for (const { id } of rows) this.#taken.add(id);
    const attempt = new Attempt(rows, this.#parts);
    const work = attempt.run().catch(async (error: unknown) => {
      // One of them waits no more: the others are picked again.
      if (error instanceof ConflictError || !this.#pump.running) return;
      events.emit('box.fault', { where: `queue: attempt at ${first.message}`, error: String(error) });
      await sleep(clock, troubleWaitMs);
    });
    const done = work.then(() => {
      this.#attempts.delete(attempt);
      for (const { id } of rows) this.#taken.delete(id);
      ended(first.message);
      this.poke();
    });
    this.#attempts.set(attempt, done);
  }
}
