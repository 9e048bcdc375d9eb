import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { alice, type MailServers, openMailServers } from '../support/mail-servers.ts';
import { officeMail } from '../support/office-mail.ts';
import { runProgram } from '../support/run-program.ts';

/** mbsync keeps a Maildir and the box the same, in both directions. */
test('mail, flags, new folders and deletions go both ways', async () => {
  const servers = await openMailServers();
  try {
    for (const [index, { text, flags }] of officeMail.entries()) {
      await servers.store.deliver(alice.user, text, { deliveryId: `d${index}`, flags });
    }
    const local = join(servers.folder, 'local');
    await mkdir(local);
    const sync = await prepare(servers, local);
    await sync();
    const files = await messages(local);
    assert.equal(files.size, 3);
    const texts = await Promise.all([...files.values()].map((path) => readFile(path, 'utf8')));
    // mbsync adds a field of its own to what it stores.
    const bare = texts.map((text) => text.replace(/^X-TUID: .*\n/m, '')).toSorted();
    assert.deepEqual(bare, officeMail.map(({ text }) => text.replaceAll('\r\n', '\n')).toSorted());

    const [lunch] = [...files].find(([, path]) => texts[[...files.values()].indexOf(path)]!.includes('Lunch'))!;
    await rename(join(local, 'cur', lunch), join(local, 'cur', lunch.replace(/:2,.*$/, ':2,FST')));
    for (const part of ['cur', 'new', 'tmp']) await mkdir(join(local, '.Archive', part), { recursive: true });
    await writeFile(join(local, '.Archive', 'new', '1.local'), 'Subject: from here\n\nup\n');
    await sync();

    const mailbox = await servers.store.open(alice.user);
    const subjects = (await (await mailbox.folder('INBOX'))!.list()).map((info) => info.uid);
    assert.deepEqual(subjects, [2, 3]);
    const archive = (await mailbox.folder('Archive'))!;
    assert.equal((await archive.list()).length, 1);
    const inbox = (await mailbox.folder('INBOX'))!;
    await inbox.setFlags([3], 'add', ['\\Answered']);
    await inbox.expunge([2]);
    mailbox.release();
    await sync();
    const left = [...(await messages(local)).keys()];
    assert.equal(left.length, 1);
    assert.match(left[0]!, /:2,FR$/);
  } finally {
    await servers.close();
  }
});

async function prepare(servers: MailServers, local: string): Promise<() => Promise<void>> {
  const ca = join(servers.folder, 'ca.pem');
  await writeFile(ca, servers.ca);
  const config = join(servers.folder, 'mbsyncrc');
  await writeFile(
    config,
    `IMAPStore box
Host localhost
Port ${servers.ports.imaps}
User ${alice.user}
Pass "${alice.pass}"
SSLType IMAPS
CertificateFile ${ca}

MaildirStore here
Inbox ${local}
SubFolders Maildir++

Channel all
Far :box:
Near :here:
Patterns *
Create Both
Expunge Both
SyncState *
`,
  );
  return async () => {
    const found = await runProgram('mbsync', ['-c', config, '-a'], { env: { HOME: servers.folder } });
    assert.equal(found.code, 0, found.stderr + found.stdout);
  };
}

async function messages(local: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const part of ['cur', 'new']) {
    for (const name of await readdir(join(local, part))) found.set(name, join(local, part, name));
  }
  return found;
}
