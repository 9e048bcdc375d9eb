import type { Config } from '../config/schema.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { EventBus, EventFields } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { ConflictError, type Statement } from '../lib/sqlite.ts';
import type { Route, Routing } from '../routing/types.ts';
import { destinationOf, type Resolution, resolveRecipient } from './expansion.ts';
import { draftTargets } from './intake.ts';
import { expandedStatement, type Ledger, rerouteStatement, settleStatements } from './ledger.ts';
import { isReportWanted, type Settlement, settle } from './outcome.ts';
import { type AgentName, insertRecipient, type MessageRecord, type RecipientRecord } from './records.ts';
import { expiryOf, startOf } from './schedule.ts';
import type { Spool } from './spool.ts';
import { routedEvent, tellOutcome } from './tell.ts';
import {
  type Deferred,
  type DeliveryAgent,
  type Failed,
  lastGeneration,
  type Outcome,
  type QueuedMessage,
  type RecipientResult,
} from './types.ts';

/**
 * Where a recipient leads now. Asked when a message is accepted and again before each attempt, so that a change of the
 * directory counts for mail that waits. The door has let the message in: permission is not asked again
 * (`acceptedAsker`).
 */
export type Router = (address: string, message: QueuedMessage, byAlias: boolean) => Routing;

export interface AttemptParts {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly ids: IdSource;
  readonly ledger: Ledger;
  readonly spool: Spool;
  readonly config: () => Config['queue'];
  readonly route: Router;
  readonly agents: Readonly<Record<AgentName, DeliveryAgent>>;
  /** False while the clock is only guessed: then nothing is given up for its age. Always true when it is left out. */
  readonly mayExpire?: () => boolean;
}

/** Longest wait between tries to write a result down, when the database refuses (disk full). */
const longestRecordWaitMs = 60_000;

type Sent = RecipientRecord & { readonly route: Route };

/** One message to one destination, once: route again, begin, let the agent deliver, write the results down. */
export class Attempt {
  readonly message: string;
  readonly agent: RecipientRecord['agent'];
  readonly destination: string;
  readonly rows: readonly RecipientRecord[];
  readonly #parts: AttemptParts;
  readonly #controller = new AbortController();
  #cancelled: string | undefined;
  #abandoned = false;

  constructor(rows: readonly RecipientRecord[], parts: AttemptParts) {
    this.rows = rows;
    const [first] = rows;
    ({ message: this.message, agent: this.agent, destination: this.destination } = first!);
    this.#parts = parts;
  }

  /** Tells the agent to stop. What was not delivered is tried again, or fails with the reason of a cancellation. */
  abort(reason: string, cancelled = false): void {
    if (cancelled) this.#cancelled = reason;
    this.#controller.abort(new Error(reason));
  }

  /** The database is about to be closed: nothing is written any more. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** @throws what the database throws when nothing was begun; a ConflictError means that a recipient waits no more. */
  async run(): Promise<void> {
    const { ledger } = this.#parts;
    const message = ledger.message(this.message);
    if (!message || (message.cancelled === undefined && !(await this.#hasFile(message)))) return;
    const sent = await this.#reroute(message);
    if (sent.length === 0 || this.#controller.signal.aborted) return;
    await ledger.begin(
      sent.map(({ id }) => id),
      this.#parts.clock.now(),
    );
    await this.#deliver(message, sent);
  }

  /** A row without its file is no accident of ours: said loudly, and kept for a person to look at. */
  async #hasFile({ id, sizeBytes }: MessageRecord): Promise<boolean> {
    const { spool, events, ledger } = this.#parts;
    const found = await spool.size(id);
    if (found === sizeBytes) return true;
    await ledger.hold(id);
    events.emit('box.fault', { where: `queue: ${id}`, error: missingFile(sizeBytes, found) });
    events.emit('queue.held', { message: id });
    return false;
  }

  /** Asks the router again; writes down what leads elsewhere now. @returns those that still go this way. */
  async #reroute(message: MessageRecord): Promise<Sent[]> {
    const { events } = this.#parts;
    const sent: Sent[] = [];
    const statements: Statement[] = [];
    const told: (() => void)[] = [];
    for (const row of this.rows) {
      const { resolution, routed } = this.#resolve(message, row);
      if (resolution.kind === 'send') {
        const { addressee, route } = resolution;
        const destination = destinationOf(route);
        if (routed && addressee.address !== row.address) told.push(() => events.emit('queue.routed', routed));
        if (route.agent === this.agent && destination === this.destination) {
          sent.push({ ...row, ...addressee, route });
          if (addressee === row || addressee.address === row.address) continue;
        }
        const expiresAt = expiryOf(startOf(message), route.agent, this.#parts.config());
        statements.push(rerouteStatement(row.id, addressee, route.agent, destination, expiresAt));
        continue;
      }
      const change = this.#settled(message, row, resolution.outcome, undefined);
      statements.push(...change.statements);
      told.push(change.tell);
      if (resolution.kind === 'expand') {
        if (routed) told.push(() => events.emit('queue.routed', routed));
        statements.push(expandedStatement(row));
        const { ids, clock, config } = this.#parts;
        const intake = { message, ids, now: clock.now(), config: config() };
        statements.push(...draftTargets(resolution.targets, intake).map((one) => insertRecipient(one)));
      }
    }
    if (statements.length > 0) await this.#write(statements);
    for (const tell of told) tell();
    return sent;
  }

  #resolve(
    message: MessageRecord,
    row: RecipientRecord,
  ): { readonly resolution: Resolution; readonly routed?: EventFields<'queue.routed'> | undefined } {
    const refused = (outcome: Failed | Deferred) => ({ resolution: { kind: 'refused', outcome } as const });
    if (message.cancelled !== undefined) return refused({ kind: 'failed', status: '5.0.0', text: message.cancelled });
    try {
      const routing = this.#parts.route(row.address, message, row.byAlias);
      return { resolution: resolveRecipient(row, routing), routed: routedEvent(message.id, row.address, routing) };
    } catch (error) {
      this.#parts.events.emit('box.fault', { where: `routing of ${row.address}`, error: String(error) });
      return refused({ kind: 'deferred', status: '4.3.0', text: 'The address could not be looked up.' });
    }
  }

  async #deliver(message: MessageRecord, sent: readonly Sent[]): Promise<void> {
    const { agents, events, spool, clock, ledger } = this.#parts;
    const agent = this.agent as AgentName;
    const { signal } = this.#controller;
    const { held: _, cancelled: __, ...queued } = message;
    const attempt = Math.max(...sent.map(({ attempts }) => attempts)) + 1;
    events.emit('queue.attempt', {
      message: message.id,
      recipients: sent.map(({ address }) => address),
      agent,
      attempt,
    });
    let results: readonly RecipientResult[] = [];
    let broken: Outcome = { kind: 'deferred', status: '4.3.0', text: 'The attempt ended without a result.' };
    try {
      const recipients = sent.map(({ id, address, notify, originalRecipient, route, attempts, resume }) => ({
        id,
        address,
        ...(notify ? { notify } : {}),
        ...(originalRecipient === undefined ? {} : { originalRecipient }),
        route,
        attempt: attempts + 1,
        ...(resume === undefined ? {} : { resume }),
      }));
      results = await agents[agent].deliver(
        { message: queued, recipients, content: () => spool.read(message.id) },
        signal,
      );
    } catch (error) {
      if (!signal.aborted) events.emit('box.fault', { where: `agent ${agent}, ${message.id}`, error: String(error) });
      broken = { ...broken, text: 'The attempt broke off for a reason inside this box.' };
    }
    // Where we were told to stop, what has no result did not happen.
    const cutShort = signal.aborted && this.#cancelled === undefined;
    const unfinished = cutShort ? sent.filter((row) => !results.some(({ recipient }) => recipient === row.id)) : [];
    const changes = sent.flatMap((row) => {
      if (unfinished.includes(row)) return [];
      const { outcome = broken } = results.find(({ recipient }) => recipient === row.id) ?? {};
      const resume = outcome.kind === 'deferred' ? outcome.resume : undefined;
      return this.#settled(message, row, this.#orCancelled(outcome), resume);
    });
    if (changes.length > 0) await this.#persist(() => this.#write(changes.flatMap(({ statements }) => statements)));
    for (const { tell } of changes) tell();
    const ids = unfinished.map(({ id }) => id);
    if (ids.length > 0) await this.#persist(() => ledger.giveBack(ids, clock.now()));
  }

  #orCancelled(outcome: Outcome): Outcome {
    if (this.#cancelled === undefined || outcome.kind === 'delivered') return outcome;
    const { kind: _, ...told } = outcome;
    return { ...told, kind: 'failed', status: '5.0.0', text: this.#cancelled };
  }

  /** What an outcome writes, and what is told once it is written. */
  #settled(
    message: MessageRecord,
    row: RecipientRecord,
    outcome: Outcome,
    resume: unknown,
  ): { readonly statements: Statement[]; readonly tell: () => void } {
    const { clock, config, mayExpire = () => true } = this.#parts;
    const now = clock.now();
    const expiresAt = mayExpire() ? row.expiresAt : Number.POSITIVE_INFINITY;
    const settlement = settle({ ...row, expiresAt, acceptedAt: startOf(message) }, outcome, now, config());
    const reported = !isReportWanted(message, row.notify, settlement.outcome);
    return {
      statements: settleStatements(row.id, settlement, reported, resume, now),
      tell: () => this.#tell(message, row, settlement),
    };
  }

  #tell(message: MessageRecord, row: RecipientRecord, settlement: Settlement): void {
    const { events } = this.#parts;
    const { outcome, attempts } = settlement;
    const { nextAt: nextAttempt = 0 } = { ...settlement } as { readonly nextAt?: number };
    tellOutcome(events, message, row, { outcome, attempts, nextAttempt });
    if (outcome.kind === 'failed' && message.generation >= lastGeneration)
      events.emit('dsn.dropped', { about: message.id, reason: 'A report about a report could not be delivered.' });
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    const { ledger, clock, spool, events } = this.#parts;
    if (!(await ledger.change(this.message, statements, clock.now()))) return;
    await spool.remove(this.message);
    events.emit('queue.done', { message: this.message });
  }

  /** What happened must not be forgotten, or it would be done again: tried until the database takes it. */
  async #persist(work: () => Promise<void>): Promise<void> {
    const { clock, events } = this.#parts;
    for (let waitMs = 1000; !this.#abandoned; waitMs = Math.min(2 * waitMs, longestRecordWaitMs)) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof ConflictError) throw error;
        events.emit('box.fault', { where: `queue: result of ${this.message}`, error: String(error) });
        await sleep(clock, waitMs);
      }
    }
  }
}

export function missingFile(wanted: number, found: number | undefined): string {
  const what = found === undefined ? 'is not there' : `has ${found} octets in place of ${wanted}`;
  return `the spool file ${what}; the message is held`;
}
