import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type EventBus, eventKinds } from '../lib/events.ts';

/** Gauges that are asked for at each scrape. */
export interface MetricSources {
  readonly queued: () => Promise<{ readonly messages: number; readonly recipients: number }>;
  readonly linesAtFault: () => Promise<number>;
  readonly diskFreeBytes: () => Promise<number>;
}

/** Metrics in the Prometheus text form, fed by the event list; every event name is a label of `caselli_events_total`. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #stop: () => void;

  constructor(events: EventBus, sources: MetricSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const counted = new Counter({
      name: 'caselli_events_total',
      help: 'Events by name.',
      labelNames: ['event'],
      registers,
    });
    for (const event of Object.keys(eventKinds)) counted.inc({ event }, 0);
    const delivered = new Counter({
      name: 'caselli_deliveries_total',
      help: 'Finished delivery attempts by agent and outcome.',
      labelNames: ['agent', 'outcome'],
      registers,
    });
    const calls = new Counter({
      name: 'caselli_fax_calls_total',
      help: 'Fax calls by line, direction and result.',
      labelNames: ['line', 'direction', 'result'],
      registers,
    });
    const pages = new Counter({
      name: 'caselli_fax_pages_total',
      help: 'Fax pages that crossed, by direction.',
      labelNames: ['direction'],
      registers,
    });
    const seconds = new Histogram({
      name: 'caselli_fax_call_seconds',
      help: 'Duration of fax calls.',
      buckets: [5, 15, 30, 60, 120, 300, 600, 1800],
      registers,
    });
    gauge(registers, 'caselli_queue_messages', 'Messages in the queue.', async () => (await sources.queued()).messages);
    gauge(
      registers,
      'caselli_queue_recipients',
      'Recipients that wait.',
      async () => (await sources.queued()).recipients,
    );
    gauge(registers, 'caselli_fax_lines_at_fault', 'Fax lines whose modem does not answer.', sources.linesAtFault);
    gauge(registers, 'caselli_disk_free_bytes', 'Free space for data.', sources.diskFreeBytes);
    this.#stop = events.on(({ name, fields }) => {
      counted.inc({ event: name });
      if (name === 'queue.delivered' || name === 'queue.deferred' || name === 'queue.failed') {
        delivered.inc({ agent: fields.agent, outcome: name.slice('queue.'.length) });
      } else if (name === 'call.ended') {
        calls.inc({ line: fields.line, direction: fields.direction, result: fields.result });
        pages.inc({ direction: fields.direction }, fields.pages);
        seconds.observe(fields.durationMs / 1000);
      }
    });
  }

  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    this.#stop();
    this.#registry.clear();
  }
}

function gauge(registers: Registry[], name: string, help: string, value: () => Promise<number>): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      this.set(await value());
    },
  });
}
