import { writeSync } from 'node:fs';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { MaildirStore } from './maildir-store.ts';
import { message } from './testing.ts';

/** For `crash.test.ts`: works without end until it is killed; each line it writes is a message that was acknowledged. */
const [folder, round] = process.argv.slice(2) as [string, string];
const alice = 'alice@office.test';
const store = new MaildirStore({
  folder,
  writer: new SqliteWriter(),
  clock: systemClock,
  ids: idSource(systemClock),
  events: new EventBus(systemClock),
  hostName: 'box',
});
const mailbox = await store.open(alice);
const inbox = (await mailbox.folder('INBOX'))!;

async function work(lane: number): Promise<never> {
  for (let n = 0; ; n++) {
    const subject = `${round}-${lane}-${n}`;
    const { uid } = await store.deliver(alice, message(subject), { deliveryId: subject });
    writeSync(1, `${subject}\n`);
    await inbox.setFlags([uid], 'add', ['\\Seen', 'busy']);
    if (n % 2 === 0) await inbox.move([uid], 'Trash');
  }
}

await Promise.all([work(1), work(2), work(3)]);
