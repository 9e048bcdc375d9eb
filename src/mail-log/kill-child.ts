import { readConfig } from '../config/schema.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { MailLog } from './mail-log.ts';
import { usual, usualEnd } from './test-log.ts';

/** A program for `kill.test.ts`: writes the log as fast as it can, and says what is written, until it is killed. */
const [path = ''] = process.argv.slice(2);
const read = readConfig({});
if (read.kind !== 'valid') throw new Error('the defaults are not valid');
const ids = idSource(systemClock);
const events = new EventBus(systemClock);
const log = await MailLog.open({
  path,
  writer: new SqliteWriter(),
  clock: systemClock,
  ids,
  events,
  config: () => read.config.mailLog,
  freeSpace: async () => Number.POSITIVE_INFINITY,
  minFreeSpace: () => 0,
});
for (;;) {
  for (let n = 0; n < 200; n++) {
    const message = ids();
    events.emit('queue.accepted', { ...usual, message, reversePath: `sender${n % 17}@away.example` });
    events.emit('queue.delivered', { ...usualEnd, message });
  }
  await log.flush();
  process.stdout.write(`${log.today().accepted}\n`);
}
