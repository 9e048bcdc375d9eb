import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config/schema.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { Queue } from './queue.ts';
import type { DeliveryJob } from './types.ts';

/**
 * How many messages a second the queue takes, and takes and delivers: `node src/queue/queue.bench.ts [messages] [in flight]
 * [octets] [folder]`. The folder should lie on the disk that is asked about; by default it is the one for temporary files.
 */
const [count = 5000, inFlight = 50, sizeBytes = 4096] = process.argv.slice(2, 5).map(Number);
const folder = await mkdtemp(join(process.argv[5] ?? tmpdir(), 'caselli-bench-'));
const config = readConfig({});
if (config.kind !== 'valid') throw new Error('the defaults are not valid');
const writer = new SqliteWriter();
const deliver = async ({ recipients }: DeliveryJob) =>
  recipients.map(({ id }) => ({
    recipient: id,
    outcome: { kind: 'delivered', action: 'delivered', status: '2.0.0', text: 'Stored' } as const,
  }));
const queue = await Queue.open({
  folder,
  writer,
  clock: systemClock,
  ids: idSource(systemClock),
  events: new EventBus(systemClock),
  config: () => config.config.queue,
  route: (address) => ({
    kind: 'routed',
    recipients: [{ address, route: { agent: 'local', account: address } }],
    alias: false,
  }),
  agents: { local: { deliver }, fax: { deliver }, esmtp: { deliver } },
  faxLines: () => 1,
  reporter: { report: async () => {} },
  freeSpace: async () => Number.POSITIVE_INFINITY,
});

const content = Buffer.alloc(sizeBytes, 'Kilroy was here. 0123456789 0123456789 0123456789 0123456789\r\n');

async function submitAll(): Promise<number> {
  const started = performance.now();
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const recipients = [{ address: `user${next++ % 20}@office.test` }];
      await queue.submit({ source: 'esmtp', envelope: { reversePath: 'sender@away.example', recipients }, content });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return performance.now() - started;
}

async function drained(): Promise<void> {
  while (!queue.isIdle) await new Promise((resolve) => setTimeout(resolve, 5));
}

function say(what: string, ms: number): void {
  console.log(`${what}: ${Math.round((count / ms) * 1000)}/s (${count} of ${sizeBytes} octets, ${inFlight} in flight)`);
}

say('submitted', await submitAll());
let started = performance.now();
queue.start();
await drained();
say('delivered', performance.now() - started);
started = performance.now();
await submitAll();
await drained();
say('submitted and delivered', performance.now() - started);
console.log(`memory: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB resident`);
await queue.close();
await writer.close();
await rm(folder, { recursive: true });
