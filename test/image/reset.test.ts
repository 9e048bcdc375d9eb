import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupList } from '../../src/admin/backup-admin.ts';
import { alice, bob } from '../e2e/crash-ledger.ts';
import { OfficeBox, readyMs } from './office-box.ts';

/** A backup to a stick, a factory reset, and the backup restored: the same office. */

const passphrase = 'a long walk to the post office';
const letters = 6;

interface Mailbox {
  readonly uidValidity: string;
  readonly messages: readonly { readonly uid: number; readonly flags: readonly string[]; readonly source: string }[];
}

async function mailbox(box: OfficeBox, user: string, folder: string): Promise<Mailbox> {
  const client = await box.imap(user);
  const { uidValidity } = await client.mailboxOpen(folder, { readOnly: true });
  const messages: Mailbox['messages'][number][] = [];
  for await (const { uid, flags, source } of client.fetch('1:*', { uid: true, flags: true, source: true }))
    messages.push({ uid, flags: [...flags!].toSorted(), source: source!.toString('latin1') });
  await client.logout();
  return { uidValidity: String(uidValidity), messages };
}

async function fill(box: OfficeBox): Promise<void> {
  for (const user of [alice, bob]) {
    const client = await box.imap(user);
    await client.mailboxCreate('Archive');
    for (let number = 1; number <= letters; number++) {
      const source = `From: <writer@far.example>\r\nTo: <${user}>\r\nSubject: ${number}\r\n\r\n${'line\r\n'.repeat(number * 50)}`;
      await client.append(
        number % 2 === 0 ? 'INBOX' : 'Archive',
        Buffer.from(source),
        number % 3 === 0 ? ['\\Seen', '\\Flagged'] : [],
      );
    }
    await client.mailboxOpen('INBOX');
    await client.messageDelete('1');
    await client.logout();
  }
}

test('backup to a stick, factory reset, restore: the same mailboxes, accounts and settings', async (context) => {
  const box = await OfficeBox.start(context, { stick: { label: 'BACKUPS', sizeMiB: 128, files: [] } });
  const { machine } = box;
  await box.moveIn();
  await box.caselli("config set smtp.greeting 'Good morning'");
  await fill(box);
  const places = [alice, bob].flatMap((user) => ['INBOX', 'Archive'].map((folder) => [user, folder] as const));
  const before = await Promise.all(places.map(([user, folder]) => mailbox(box, user, folder)));
  const settings = await box.caselli('config show');
  const users = await box.caselli('user list');
  await machine.shell(`CASELLI_PASSPHRASE='${passphrase}' caselli system backup --to usb`, readyMs);
  const [stored] = (await box.json<BackupList>('system backup list --to usb')).stored;
  assert.ok(stored);
  context.diagnostic(`${stored.name}: ${stored.sizeBytes} bytes`);

  await box.caselli('system factory-reset --yes');
  await machine.until(
    'the data is made anew',
    readyMs,
    async () => (await box.json<unknown[]>('user list')).length === 0,
  );
  await machine.ready(readyMs);
  await machine.shell(`CASELLI_PASSPHRASE='${passphrase}' caselli system restore '${stored.name}' --from usb`, readyMs);
  // The program ends itself and starts again with the restored data.
  await machine.until('the restored box is up', readyMs, async () => (await box.caselli('user list')) === users);
  await machine.ready(readyMs);
  // Asked as root while the program was away, the command has written as the program's user.
  const foreign = "find /data -mindepth 1 ! -user 900 ! -path '/data/lost+found*' ! -path /data/random-seed";
  assert.equal(await machine.shell(foreign), '');
  assert.equal(await box.caselli('config show'), settings);
  for (const [index, [user, folder]] of places.entries())
    assert.deepEqual(await mailbox(box, user, folder), before[index], `${user} ${folder}`);
});
