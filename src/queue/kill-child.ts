import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config/schema.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { Queue } from './queue.ts';
import { testRoute } from './test-queue.ts';
import type { DeliveryJob, RecipientResult } from './types.ts';

/**
 * A program for `kill.test.ts`: a queue that submits and delivers as fast as it can, and writes into `log` what the world
 * outside saw, until it is killed. With `finish` it submits nothing new and ends when nothing is left.
 */
const [folder = '', log = '', mode = ''] = process.argv.slice(2);
const say = (line: string): void => appendFileSync(log, `${line}\n`);
const read = readConfig({});
if (read.kind !== 'valid') throw new Error('the defaults are not valid');
const config = { ...read.config.queue, retrySchedule: [10] as [number], retryThen: [10] as [number] };
const ids = idSource(systemClock);
const events = new EventBus(systemClock);
events.on(({ name, fields }) => {
  if (name === 'box.fault') say(`fault ${JSON.stringify(fields)}`);
  if (name === 'queue.delivered' || name === 'queue.failed') say(`recorded ${fields.recipient}`);
});

async function deliver({ recipients, content }: DeliveryJob): Promise<RecipientResult[]> {
  let octets = 0;
  for await (const chunk of content()) octets += chunk.length;
  return recipients.map(({ id, address, attempt }) => {
    say(`begun ${address} ${octets}`);
    if (address.endsWith('@bad.example'))
      return { recipient: id, outcome: { kind: 'failed', status: '5.1.1', text: 'Unknown' } };
    if (address.endsWith('@slow.example') && attempt < 2)
      return { recipient: id, outcome: { kind: 'deferred', status: '4.4.1', text: 'Later', retryAfterMs: 1000 } };
    return { recipient: id, outcome: { kind: 'delivered', action: 'delivered', status: '2.0.0', text: 'Stored' } };
  });
}

const writer = new SqliteWriter();
const queue = await Queue.open({
  folder,
  writer,
  clock: systemClock,
  ids,
  events,
  config: () => config,
  route: (address) => testRoute(new Map(), address),
  agents: { local: { deliver }, fax: { deliver }, esmtp: { deliver } },
  faxLines: () => 2,
  reporter: {
    report: async ({ reportId, recipients }) =>
      say(`report ${reportId} ${recipients.map(({ address }) => address).join()}`),
  },
  freeSpace: async () => Number.POSITIVE_INFINITY,
});
queue.start();

if (mode === 'finish') {
  while (!queue.isIdle || queue.stats().messages > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await queue.close();
  await writer.close();
} else {
  const client = async (): Promise<void> => {
    for (;;) {
      const name = ids();
      const domains = ['office.test', 'x.example', 'slow.example', 'bad.example', 'fax'];
      const recipients = domains.map((domain) => ({ address: `${name}@${domain}` }));
      await queue.submit({
        source: 'esmtp',
        envelope: { reversePath: 's@away.example', recipients },
        content: name.repeat(200),
      });
      say(`accepted ${name}`);
    }
  };
  console.log(join(folder, 'ready'));
  await Promise.all(Array.from({ length: 8 }, client));
}
