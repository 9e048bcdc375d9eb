import { writeFile } from 'node:fs/promises';
import { message, StoreBench } from './testing.ts';

/** Measures the store: `node src/store/store.bench.ts [MESSAGES]` prints a line for each thing done. */
const messages = Number(process.argv[2] ?? 50_000);
const deliveries = 2000;
const bench = await StoreBench.make();

async function measure<T>(what: string, work: () => Promise<T>, count?: number): Promise<T> {
  const start = performance.now();
  const result = await work();
  const ms = performance.now() - start;
  const rate = count === undefined ? '' : `, ${Math.round((count / ms) * 1000)}/s`;
  process.stdout.write(`${what}: ${ms.toFixed(1)} ms${rate}\n`);
  return result;
}

async function deliverAll(lanes: number, account: (lane: number) => string): Promise<void> {
  let next = 0;
  const body = 'x'.repeat(70).concat('\r\n').repeat(55);
  const lane = async (_: unknown, index: number): Promise<void> => {
    while (next < deliveries) {
      const deliveryId = `${lanes}-${next++}`;
      await bench.store.deliver(account(index), message(deliveryId, body), { deliveryId });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

await measure('deliver 4 KB, one after the other', () => deliverAll(1, () => 'one@x'), deliveries);
await measure('deliver 4 KB, ten at a time, one mailbox', () => deliverAll(10, () => 'ten@x'), deliveries);
await measure('deliver 4 KB, ten at a time, ten mailboxes', () => deliverAll(10, (lane) => `${lane}@x`), deliveries);

(await bench.store.open('big@x')).release();
await bench.reopen('close');
for (let n = 0; n < messages; n++) {
  const name = `${1_700_000_000 + n}.M1P1.host,S=19:2,${n % 3 === 0 ? '' : 'S'}`;
  await writeFile(bench.maildir('big@x', 'cur', name), 'Subject: x\n\nhello\n');
}
const mailbox = await measure(`open with ${messages} new files`, () => bench.store.open('big@x'), messages);
const inbox = (await mailbox.folder('INBOX'))!;
await measure('list', () => inbox.list());
await measure('list again', () => inbox.list());
await measure('status', () => inbox.status());
await measure('status again', () => inbox.status());
await measure('append', () => inbox.append(message('x')));
await measure('status after a change', () => inbox.status());
const uids = (await inbox.list()).slice(0, messages / 5).map(({ uid }) => uid);
await measure('setFlags', () => inbox.setFlags(uids, 'add', ['\\Flagged', 'keyword']), uids.length);
await measure('copy', () => inbox.copy(uids, 'Sent'), uids.length);
await measure('move', () => inbox.move(uids, 'Trash'), uids.length);
const trash = (await mailbox.folder('Trash'))!;
await measure('expunge', async () => trash.expunge((await trash.list()).map(({ uid }) => uid)), uids.length);
await measure('close', () => bench.reopen('close'));
await measure('open again', () => bench.store.open('big@x'));
process.stdout.write(`${Math.round(process.memoryUsage.rss() / 1e6)} MB resident\n`);
await bench.end();
