import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { MaildirStore } from './maildir-store.ts';
import { countMessages, leaveRoomForUids } from './restored.ts';

const account = 'alice@office.test';

test('restored messages keep their UIDs, and none that was ever given is given again', async (context) => {
  const place = await mkdtemp(join(tmpdir(), 'caselli-restored-'));
  const clock = new ManualClock();
  const writer = new SqliteWriter();
  context.after(async () => {
    await writer.close();
    await rm(place, { recursive: true });
  });
  const openStore = (folder: string) =>
    new MaildirStore({ folder, writer, clock, ids: idSource(clock), events: new EventBus(clock), hostName: 'box' });
  const fill = async (
    folder: string,
    count: number,
  ): Promise<{ uids: number[]; uidValidity: number; modSeq: number }> => {
    const store = openStore(folder);
    const mailbox = await store.open(account);
    const inbox = (await mailbox.folder('INBOX'))!;
    for (let n = 0; n < count; n++) await inbox.append(`Subject: ${n}\r\n\r\n`);
    const uids = (await inbox.list()).map(({ uid }) => uid);
    const { uidValidity, highestModSeq: modSeq } = await inbox.status();
    mailbox.release();
    await store.close();
    return { uids, uidValidity, modSeq };
  };
  const [first, copy] = [join(place, 'mail'), join(place, 'copy')];
  const before = await fill(first, 3);
  await cp(first, copy, { recursive: true });
  const lost = await fill(first, 5);
  assert.deepEqual([...(await countMessages(copy))], [[account, 3]]);
  await leaveRoomForUids(copy, writer);
  const after = await fill(copy, 1);
  assert.deepEqual(after.uids.slice(0, 3), before.uids);
  assert.equal(after.uidValidity, before.uidValidity);
  assert.ok(after.uids[3]! > lost.uids.at(-1)!);
  assert.ok(after.modSeq > lost.modSeq);
  for (let again = 0; again < 3; again++) await leaveRoomForUids(copy, writer);
  assert.deepEqual((await fill(copy, 0)).uids, after.uids);
  assert.deepEqual([...(await countMessages(join(place, 'nowhere')))], []);
});
