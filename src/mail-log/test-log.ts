import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { EventBus, type EventFields } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { MailLog } from './mail-log.ts';

/** A log of mail for tests: time by hand, a folder of its own. */
export async function testLog(context: TestContext, clock = new ManualClock()) {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-mail-log-'));
  const writer = new SqliteWriter();
  const events = new EventBus(clock);
  const ids = idSource(clock);
  const world = { free: 1e12, config: { keep: 90 * 86_400_000, maxSize: 2e8, subjects: true } };
  const told: string[] = [];
  events.on(({ name }) => name.startsWith('mail-log.') && told.push(name));
  const path = join(folder, 'mail-log.db');
  const freeSpace = async () => world.free;
  const parts = { path, writer, clock, ids, events, config: () => world.config, freeSpace, minFreeSpace: () => 1e8 };
  let log = await MailLog.open(parts);
  context.after(async () => {
    await log.close();
    await writer.close();
    await rm(folder, { recursive: true });
  });
  return {
    clock,
    events,
    ids,
    world,
    told,
    path,
    writer,
    get log() {
      return log;
    },
    async reopen() {
      await log.close();
      log = await MailLog.open(parts);
    },
    /** A message that came in; what is not said is usual. */
    accept(fields: Partial<EventFields<'queue.accepted'>> = {}): string {
      const message = fields.message ?? ids();
      events.emit('queue.accepted', { ...usual, message, ...fields });
      return message;
    },
    end(
      how: 'queue.delivered' | 'queue.deferred' | 'queue.failed',
      fields: Partial<EventFields<'queue.delivered'> & EventFields<'queue.deferred'>> & { message: string },
    ): void {
      events.emit(how, { ...usualEnd, ...fields });
    },
  };
}

export const usual = {
  source: 'esmtp',
  reversePath: 'sender@away.example',
  recipients: ['alice@office.test'],
  sizeBytes: 1000,
  account: '',
  remote: '192.0.2.1',
  session: 's',
  tls: 'TLSv1.3, TLS_AES_256_GCM_SHA384',
  messageId: 'one@away.example',
  subject: 'An offer',
};

export const usualEnd = {
  source: 'esmtp',
  recipient: 'alice@office.test',
  agent: 'local',
  place: 'alice@office.test',
  attempt: 1,
  status: '2.0.0',
  text: 'The message is in the mailbox.',
  host: '',
  reply: '',
  action: 'delivered' as const,
  folder: 'INBOX',
  nextAttempt: 0,
};
