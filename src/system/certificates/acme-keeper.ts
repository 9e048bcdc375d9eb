import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isPublicName } from '../../config/public-name.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { writeDurable } from '../../lib/durable.ts';
import type { EventBus } from '../../lib/events.ts';
import type { Tls } from '../tls.ts';
import { makeAccountKey, type OrderCertificate, orderCertificate } from './acme-order.ts';
import type { CertificateFacts } from './pair.ts';

export interface AcmeKeeperParts {
  readonly tls: Pick<Tls, 'acme' | 'putAcme'>;
  /** `tls` of the data folder. */
  readonly folder: string;
  readonly settings: () => Config['system']['certificate']['acme'];
  /** Full name of the box. */
  readonly name: () => string;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly order?: OrderCertificate;
}

export interface AcmeStatus {
  /** `unsuited`: the box has no name of the internet. */
  readonly state: 'off' | 'unsuited' | 'working' | 'good' | 'failing' | 'waiting';
  /** What the last attempt failed with; empty when it did not. */
  readonly problem: string;
  /** ms; undefined when nothing is planned. */
  readonly nextAt: number | undefined;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Waits after failures, the last one again and again: authorities count failures, and lock out who hurries. */
const waits = [10 * minuteMs, 30 * minuteMs, 2 * hourMs, 6 * hourMs, 12 * hourMs, dayMs] as const;
/** When it fails for so long, the postmaster hears of it. */
const longMs = 2 * dayMs;
/** A first attempt leaves the servers time to begin. */
const firstMs = 5000;
/** Answers held at one time. */
const mostAnswers = 100;

const record = z.object({
  /** By directory: an account of one authority is none at another. */
  accounts: z.record(z.string(), z.string()).default({}),
  failures: z.int().default(0),
  failingSince: z.number().default(0),
  nextAt: z.number().default(0),
  problem: z.string().default(''),
  told: z.boolean().default(false),
});
type Record = z.infer<typeof record>;

/**
 * Gets a certificate by ACME and renews it when two thirds of its time have passed. What fails is tried again, later and
 * later; meanwhile the former one serves, or our own. The record outlives a restart, so that a box that starts often does not
 * wear out the patience of the authority.
 */
export class AcmeKeeper {
  readonly #parts: AcmeKeeperParts;
  readonly #answers = new Map<string, string>();
  #record: Record = record.parse({});
  #timer: Timer | undefined;
  #nextAt: number | undefined;
  #working: Promise<void> | undefined;
  #running = false;

  constructor(parts: AcmeKeeperParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#record = await this.#read();
    await this.#plan(firstMs);
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  /** Settings or name were changed: what failed before may go well now. */
  async changed(): Promise<void> {
    await this.#keep({ ...this.#record, failures: 0, nextAt: 0, problem: '' });
    await this.#plan(firstMs);
  }

  /** What is said under `/.well-known/acme-challenge/` (RFC 8555 §8.3). */
  answer(token: string): string | undefined {
    return this.#answers.get(token);
  }

  status(): AcmeStatus {
    const { enabled } = this.#parts.settings();
    const { problem } = this.#record;
    const state = !enabled
      ? 'off'
      : this.#names().length === 0
        ? 'unsuited'
        : this.#working !== undefined
          ? 'working'
          : problem !== ''
            ? 'failing'
            : this.#nextAt === undefined
              ? 'waiting'
              : 'good';
    return { state, problem: enabled ? problem : '', nextAt: enabled ? this.#nextAt : undefined };
  }

  /** Tries now, whatever was planned. Resolves when it is done, well or not: see `status`. */
  async tryNow(): Promise<void> {
    if (this.#names().length > 0) await this.#attempt();
  }

  /** Names of the order; none where nothing can be ordered. */
  #names(): readonly string[] {
    const { enabled, termsAgreed, names } = this.#parts.settings();
    if (!enabled || !termsAgreed) return [];
    const name = this.#parts.name();
    return isPublicName(name) ? [...new Set([name, ...names.filter(isPublicName)])] : [];
  }

  /** @param leastMs no attempt before that */
  async #plan(leastMs: number): Promise<void> {
    this.#timer?.cancel();
    this.#nextAt = undefined;
    if (!this.#running || this.#names().length === 0) return;
    const due = dueAt(await this.#parts.tls.acme(), this.#names());
    // Another turn may have planned meanwhile.
    this.#timer?.cancel();
    if (!this.#running) return;
    const now = this.#parts.clock.now();
    this.#nextAt = Math.max(due, this.#record.nextAt, now + leastMs);
    this.#timer = this.#parts.clock.timer(this.#nextAt - now, () => void this.#attempt());
  }

  #attempt(): Promise<void> {
    this.#working ??= this.#orderAndPlan();
    return this.#working;
  }

  async #orderAndPlan(): Promise<void> {
    try {
      await this.#order();
    } finally {
      this.#working = undefined;
      await this.#plan(firstMs);
    }
  }

  async #order(): Promise<void> {
    const { tls, settings, order = orderCertificate } = this.#parts;
    const { directory, email } = settings();
    const names = this.#names();
    try {
      const accountKey = this.#record.accounts[directory] ?? (await makeAccountKey());
      // Kept before it is used: an account without its key is lost.
      await this.#keep({ ...this.#record, accounts: { ...this.#record.accounts, [directory]: accountKey } });
      const pair = await order({
        directory,
        accountKey,
        email,
        names,
        put: (token, answer) => {
          if (this.#answers.size < mostAnswers) this.#answers.set(token, answer);
        },
        remove: (token) => this.#answers.delete(token),
      });
      await tls.putAcme(pair);
      await this.#keep({ ...record.parse({}), accounts: this.#record.accounts });
    } catch (error) {
      await this.#failed(error instanceof Error ? error.message : String(error));
    } finally {
      this.#answers.clear();
    }
  }

  async #failed(reason: string): Promise<void> {
    const { clock, events } = this.#parts;
    const now = clock.now();
    const failures = this.#record.failures + 1;
    const failingSince = this.#record.failingSince || now;
    const nextAt = now + waits[Math.min(failures, waits.length) - 1]!;
    const problem = reason.slice(0, 1000);
    const isLong = now - failingSince >= longMs && !this.#record.told;
    await this.#keep({ ...this.#record, failures, failingSince, nextAt, problem, told: this.#record.told || isLong });
    events.emit('certificate.failed', { reason: problem, nextAttempt: nextAt });
    if (isLong) events.emit('certificate.failing', { reason: problem, since: failingSince });
  }

  async #read(): Promise<Record> {
    try {
      return record.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    } catch {
      return record.parse({});
    }
  }

  async #keep(kept: Record): Promise<void> {
    this.#record = kept;
    await writeDurable(this.#file, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
  }

  get #file(): string {
    return join(this.#parts.folder, 'acme.json');
  }
}

/** When the next order is due; 0 for at once. */
function dueAt(held: CertificateFacts | undefined, names: readonly string[]): number {
  if (!held || names.some((name) => !held.names.includes(name))) return 0;
  return held.validFrom + (2 / 3) * (held.validUntil - held.validFrom);
}
