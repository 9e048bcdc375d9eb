import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../config/schema.ts';
import type { BoxEvent } from '../lib/events.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import type { EnvelopeRecipient, Source } from '../mail/envelope.ts';
import type { Routing } from '../routing/types.ts';
import { Queue, type QueueParts } from './queue.ts';
import type { DeliveryJob, JobRecipient, Outcome, RecipientResult, Report, Submission } from './types.ts';

/** A queue for tests: time by hand, agents and reporter by script. */

export const delivered: Outcome = { kind: 'delivered', action: 'delivered', status: '2.0.0', text: 'Stored' };
export const deferred: Outcome = { kind: 'deferred', status: '4.4.1', text: 'Nobody answers' };
export const failed: Outcome = { kind: 'failed', status: '5.1.1', text: 'Unknown there' };
export const noOptions = { lowResolution: false, ignoreUnknown: false, coverOnly: false };

/** `x@fax` is a fax, `x@office.test` is local, `list@…` an alias of what `TestQueue.aliases` says, the rest goes out. */
export function testRoute(aliases: ReadonlyMap<string, readonly string[]>, address: string, byAlias = false): Routing {
  const targets = byAlias ? undefined : aliases.get(address);
  const recipients = (targets ?? [address]).map((one) => {
    const [name = '', domain = ''] = one.split('@');
    if (domain === 'fax') return { address: one, route: { agent: 'fax', number: name, options: noOptions } as const };
    if (domain === 'office.test')
      return { address: one, route: { agent: 'local', account: one.toLowerCase() } as const };
    return { address: one, route: { agent: 'esmtp', domain } as const };
  });
  if (address.startsWith('nobody@'))
    return { kind: 'refused', code: 550, status: '5.1.1', text: 'There is no such mailbox' };
  if (address.startsWith('later@')) return { kind: 'refused', code: 450, status: '4.3.5', text: 'Not now' };
  return { kind: 'routed', recipients, alias: targets !== undefined };
}

export interface Delivery {
  readonly at: number;
  readonly job: DeliveryJob;
  readonly addresses: string;
}

export type Answer = (
  recipient: JobRecipient,
  job: DeliveryJob,
  signal: AbortSignal,
) => Outcome | undefined | Promise<Outcome | undefined>;

export class TestQueue {
  readonly clock: ManualClock;
  readonly events: EventBus;
  readonly happened: BoxEvent[] = [];
  readonly aliases = new Map<string, readonly string[]>();
  readonly deliveries: Delivery[] = [];
  readonly reports: Report[] = [];
  /** What agents answer; by default everything is delivered. */
  answer: Answer = () => delivered;
  report: (report: Report) => Promise<void> = async () => {};
  config: Config['queue'];
  fax = 1;
  free = 1e12;
  mayExpire = true;
  queue!: Queue;
  #writer: SqliteWriter;
  readonly folder: string;
  readonly parts: QueueParts;

  constructor(folder: string, writer: SqliteWriter, clock = new ManualClock()) {
    this.folder = folder;
    this.clock = clock;
    this.#writer = writer;
    this.events = new EventBus(clock);
    this.events.on((event) => this.happened.push(event));
    const config = readConfig({});
    if (config.kind !== 'valid') throw new Error('the defaults are not valid');
    this.config = config.config.queue;
    const agent = { deliver: (job: DeliveryJob, signal: AbortSignal) => this.#deliver(job, signal) };
    this.parts = {
      folder,
      writer,
      clock,
      ids: idSource(clock),
      events: this.events,
      config: () => this.config,
      route: (address, _, byAlias) => testRoute(this.aliases, address, byAlias),
      agents: { local: agent, fax: agent, esmtp: agent },
      faxLines: () => this.fax,
      reporter: {
        report: async (report) => {
          await this.report(report);
          this.reports.push(report);
        },
      },
      freeSpace: async () => this.free,
      mayExpire: () => this.mayExpire,
    };
  }

  /** A queue in a folder of its own, opened and started. */
  static async start(): Promise<TestQueue> {
    const box = new TestQueue(await mkdtemp(join(tmpdir(), 'caselli-queue-')), new SqliteWriter());
    await box.open();
    return box;
  }

  async open(): Promise<void> {
    this.queue = await Queue.open(this.parts);
    this.queue.start();
  }

  /** Ends all and removes the folder. */
  async end(): Promise<void> {
    await this.queue.close();
    await this.#writer.close();
    await rm(this.folder, { recursive: true });
  }

  async #deliver(job: DeliveryJob, signal: AbortSignal): Promise<RecipientResult[]> {
    this.deliveries.push({ at: this.clock.now(), job, addresses: job.recipients.map(({ address }) => address).join() });
    const results = await Promise.all(
      job.recipients.map(async (recipient) => ({
        recipient: recipient.id,
        outcome: await this.answer(recipient, job, signal),
      })),
    );
    return results.filter((one): one is RecipientResult => one.outcome !== undefined);
  }

  submit(
    to: string | readonly (string | EnvelopeRecipient)[],
    more: Partial<Submission> & { from?: string; source?: Source } = {},
  ) {
    const { from = 'sender@away.example', ...rest } = more;
    const recipients = [to].flat().map((one) => (typeof one === 'string' ? { address: one } : one));
    const submission: Submission = {
      source: 'esmtp',
      content: 'Subject: x\r\n\r\nhello\r\n',
      envelope: { reversePath: from, recipients },
      ...rest,
    };
    return this.queue.submit(submission);
  }

  /** Until nothing moves any more without time going on. */
  async idle(): Promise<void> {
    while (!this.queue.isIdle) await turn();
  }

  /** Until `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await turn();
  }

  /** Lets time pass in steps, everything coming to rest in each. */
  async pass(ms: number, stepMs = 60_000): Promise<void> {
    await this.idle();
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left));
      await this.idle();
    }
  }

  names(name: BoxEvent['name']): BoxEvent[] {
    return this.happened.filter((event) => event.name === name);
  }

  /** `address outcome-kind` of all that was reported. */
  get told(): string[] {
    return this.reports.flatMap(({ recipients }) =>
      recipients.map(({ address, outcome }) => `${address} ${outcome.kind}`),
    );
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
