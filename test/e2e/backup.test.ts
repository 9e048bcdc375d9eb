import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { backupParts, notBackedUp } from '../../src/box-data.ts';
import { RunningBox, testConfig } from './running-box.ts';

/** Backup, wipe, restore: the real program, filled and read by imapflow and nodemailer. */

const alice = 'alice@office.test';
const bob = 'bob@office.test';
process.env.CASELLI_PASSPHRASE = 'the passphrase of these tests';

async function imap(context: TestContext, box: RunningBox, user: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: box.listeners['imap.imap']?.port ?? box.listeners.imap!.port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: box.accounts[user]! },
    logger: false,
  });
  client.on('error', () => {});
  context.after(() => client.close());
  await client.connect();
  return client;
}

interface Seen {
  readonly uidValidity: string;
  /** By UID: flags, date and the hash of the octets. */
  readonly messages: Readonly<Record<number, string>>;
}

/** All that a mail program can see of a mailbox. */
async function everything(client: ImapFlow): Promise<Record<string, Seen>> {
  const folders: Record<string, Seen> = {};
  for (const { path, flags } of await client.list()) {
    if (flags.has('\\Noselect')) continue;
    const { uidValidity } = await client.mailboxOpen(path, { readOnly: true });
    const messages: Record<number, string> = {};
    for await (const one of client.fetch('1:*', { uid: true, flags: true, internalDate: true, source: true })) {
      const flags = [...one.flags!].filter((flag) => flag !== '\\Recent').sort();
      const hash = createHash('sha256').update(one.source!).digest('hex');
      messages[one.uid] = `${flags.join(' ')} ${new Date(one.internalDate!).toISOString()} ${hash}`;
    }
    folders[path] = { uidValidity: String(uidValidity), messages };
  }
  return folders;
}

function letter(subject: string, body = 'hello'): string {
  return `From: <carol@example.net>\r\nTo: <${alice}>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;
}

/** A mailbox with folders, flags, keywords, gaps in its UIDs, and dates of long ago. */
async function fill(client: ImapFlow): Promise<void> {
  await client.mailboxCreate('Projects');
  await client.mailboxCreate('Projects.Ærø');
  const flagSets = [[], ['\\Seen'], ['\\Flagged', '$Forwarded'], ['\\Answered', '\\Seen', 'Important'], ['\\Draft']];
  for (let n = 0; n < 20; n++) {
    const folder = ['INBOX', 'Projects', 'Projects.Ærø', 'Sent'][n % 4]!;
    await client.append(folder, letter(`mail ${n}`, 'x'.repeat(n * 997)), flagSets[n % 5], new Date(1.6e12 + n * 1e9));
  }
  await client.mailboxOpen('INBOX');
  await client.messageDelete('2', { uid: true });
  await client.messageMove('3', 'Projects', { uid: true });
}

/** Mail that goes on coming while something else is done, accepted ones told. */
function traffic(box: RunningBox): { readonly accepted: string[]; stop(): Promise<void> } {
  const accepted: string[] = [];
  const { port } = box.listeners['smtp.smtp'] ?? box.listeners.smtp!;
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true, pool: true });
  let done = false;
  const sending = (async () => {
    for (let n = 0; !done; n++) {
      const subject = `traffic ${n}`;
      await transport.sendMail({ envelope: { from: 'carol@example.net', to: bob }, raw: letter(subject) });
      accepted.push(subject);
    }
  })();
  return {
    accepted,
    stop: async () => {
      done = true;
      await sending;
      transport.close();
    },
  };
}

async function subjects(client: ImapFlow, folder = 'INBOX'): Promise<string[]> {
  await client.mailboxOpen(folder, { readOnly: true });
  const found = await client.fetchAll('1:*', { envelope: true });
  return found.map(({ envelope }) => envelope?.subject ?? '');
}

async function temporary(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-backup-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function well(box: RunningBox, ...words: readonly string[]): Promise<string> {
  const { code, out, error } = await box.caselli(...words);
  assert.equal(code, 0, `caselli ${words.join(' ')}: ${error}${out}`);
  return out;
}

/** Data of the box, without its present life. */
async function wipe(box: RunningBox): Promise<void> {
  for (const name of await readdir(box.data)) await rm(join(box.data, name), { recursive: true });
}

test('a box restored from a backup taken under traffic is the box that it was', async (context) => {
  const box = await RunningBox.start(context, testConfig({ queue: { warnTime: '3h' } }));
  const place = await temporary(context);
  const client = await imap(context, box, alice);
  await fill(client);
  const before = await everything(client);
  assert.ok(Object.keys(before).length >= 7 && before.INBOX);
  await client.logout();
  const config = await box.ask('config', 'show');
  const mail = traffic(box);
  while (mail.accepted.length < 20) await Promise.race([new Promise(setImmediate), box.ended]);
  const acceptedBefore = [...mail.accepted];
  const made = await box.ask<{ tally: Record<string, number> }>('system', 'backup', '--out', join(place, 'all.age'));
  await mail.stop();
  assert.equal(made.tally.accounts, 2);
  const verified = await box.ask<{ tally: object; box: string }>('system', 'backup', 'verify', join(place, 'all.age'));
  assert.deepEqual(verified.tally, made.tally);
  assert.equal(verified.box, 'box.office.test');

  await box.kill('SIGKILL');
  await wipe(box);
  assert.match(await well(box, 'system', 'restore', join(place, 'all.age')), /The data is restored/);
  await box.start();
  const again = await imap(context, box, alice);
  assert.deepEqual(await everything(again), before, 'octets, flags, dates, UIDs and UIDVALIDITY');
  const { uid } = (await again.append('INBOX', letter('later'))) as { uid: number };
  assert.ok(uid > 1_000_000, `UIDs that the former box gave after the backup are not given again: ${uid}`);
  assert.deepEqual(await box.ask('config', 'show'), config);
  // What was in the queue is on its way still.
  const queued = await box.ask<{ held: boolean }[]>('queue', 'list');
  assert.ok(
    queued.every(({ held }) => !held),
    'mail to mailboxes is not put on hold',
  );
  const reader = await imap(context, box, bob);
  for (;;) {
    const there = await subjects(reader);
    const missing = acceptedBefore.filter((subject) => !there.includes(subject));
    assert.equal(new Set(there).size, there.length, 'nothing is there twice');
    if (missing.length === 0) break;
    assert.ok(
      (await box.ask<unknown[]>('queue', 'list')).length > 0,
      `accepted before the backup and lost: ${missing}`,
    );
  }
});

test('what would leave a restored box is on hold, and goes when it is released', async (context) => {
  const smarthost = { host: '127.0.0.1', port: 9, security: 'none' } as const;
  const box = await RunningBox.start(context, testConfig({ outbound: { smarthost } }));
  const place = await temporary(context);
  await box.caselliWith(letter('out'), 'sendmail', '-f', alice, 'dave@example.org');
  await box.event('queue.deferred');
  await well(box, 'system', 'backup', '--out', join(place, 'all.age'));
  assert.match(await well(box, 'system', 'restore', join(place, 'all.age')), /1 message of the queue on hold/);
  await box.kill('SIGTERM');
  await box.start();
  assert.equal((await box.event('backup.restored')).held, 1);
  const [message] = await box.ask<{ id: string; held: boolean }[]>('queue', 'list');
  assert.equal(message?.held, true);
  await well(box, 'queue', 'release', message!.id);
  await box.event('queue.attempt', (fields) => fields.message === message!.id);
  await well(box, 'system', 'restore', '--release-queue', join(place, 'all.age'));
  await box.kill('SIGTERM');
  await box.start();
  const [released] = await box.ask<{ held: boolean }[]>('queue', 'list');
  assert.equal(released?.held, false);
});

test('a backup that is wrong changes nothing, and says in words what is wrong', async (context) => {
  const box = await RunningBox.start(context);
  const place = await temporary(context);
  const file = join(place, 'all.age');
  await well(box, 'system', 'backup', '--out', file);
  const refused = async (path: string, code: number, words: RegExp, passphrase = ''): Promise<void> => {
    await writeFile(join(place, 'phrase'), `${passphrase || process.env.CASELLI_PASSPHRASE}\n`);
    for (const verb of [['backup', 'verify'], ['restore'], ['restore', '--mailbox', alice]]) {
      const result = await box.caselli('system', ...verb, path, '--passphrase-file', join(place, 'phrase'));
      assert.match(result.error, words);
      assert.equal(result.code, code);
      assert.doesNotMatch(result.error, /\n.*\n/, 'one sentence, no stack');
    }
    assert.deepEqual(await readdir(join(box.data, 'restore')), []);
  };
  await refused(file, 77, /passphrase is not the one/, 'another one, and wrong');
  const { size } = await stat(file);
  await cp(file, join(place, 'cut.age'));
  await truncate(join(place, 'cut.age'), Math.floor(size / 2));
  await refused(join(place, 'cut.age'), 65, /damaged or was cut off/);
  const bytes = await readFile(file);
  bytes[size - 5_000]! ^= 1;
  await writeFile(join(place, 'bit.age'), bytes);
  await refused(join(place, 'bit.age'), 65, /damaged or was cut off/);
  await refused(join(box.data, 'config.json'), 65, /no backup of a Caselli box/);
  const other = await box.caselli('system', 'restore', join(place, 'nothing'));
  assert.match(other.error, /there is no file/);
});

test('one mailbox: missing messages come back with flags and dates, while the box runs', async (context) => {
  const box = await RunningBox.start(context);
  const place = await temporary(context);
  const file = join(place, 'all.age');
  const client = await imap(context, box, alice);
  await fill(client);
  const before = await everything(client);
  await well(box, 'system', 'backup', '--out', file);
  await client.mailboxOpen('Projects');
  await client.messageDelete('1:*', { uid: true });
  await client.mailboxOpen('INBOX');
  await client.messageDelete('1', { uid: true });
  const lost = before.INBOX!.messages[1];
  const contents = (seen: Seen | undefined) => Object.values(seen?.messages ?? {}).toSorted();

  const put = await box.ask<{ restored: number; present: number }>(
    'system',
    'restore',
    '--mailbox',
    alice,
    '--folder',
    'Projects',
    file,
  );
  assert.equal(put.restored, contents(before.Projects).length);
  assert.deepEqual(contents((await everything(client))['Restored.Projects']), contents(before.Projects));
  const inPlace = await box.ask<{ restored: number }>('system', 'restore', '--mailbox', alice, '--in-place', file);
  assert.equal(inPlace.restored, put.restored + 1);
  const now = await everything(client);
  for (const folder of Object.keys(before)) assert.deepEqual(contents(now[folder]), contents(before[folder]), folder);
  assert.ok(contents(now.INBOX).includes(lost!));
  const again = await box.ask<{ restored: number }>('system', 'restore', '--mailbox', alice, '--in-place', file);
  assert.equal(again.restored, 0, 'a second time there is nothing to do');
  const nobody = await box.caselli('system', 'restore', '--mailbox', 'nobody@office.test', file);
  assert.equal(nobody.code, 67);
});

test('settings and people alone: mail stays as it is', async (context) => {
  const box = await RunningBox.start(context);
  const place = await temporary(context);
  await well(box, 'system', 'backup', '--config', '--out', join(place, 'config.age'));
  await well(box, 'config', 'set', 'smtp.greeting', 'changed');
  await well(box, 'user', 'add', 'eve@office.test');
  const client = await imap(context, box, alice);
  await client.append('INBOX', letter('since the backup'));
  await well(box, 'system', 'restore', join(place, 'config.age'));
  assert.match(await well(box, 'system', 'restore', '--cancel'), /given up/);
  await box.kill('SIGTERM');
  await box.start();
  assert.equal(await box.ask('config', 'get', 'smtp.greeting'), 'changed', 'given up');
  await well(box, 'system', 'restore', join(place, 'config.age'));
  await box.kill('SIGTERM');
  await box.start();
  assert.equal(await box.ask('config', 'get', 'smtp.greeting'), '');
  assert.equal((await box.ask<unknown[]>('user', 'list')).length, 2);
  assert.deepEqual(await subjects(await imap(context, box, alice)), ['since the backup']);
});

test('every file of a box is in a backup, or named as left out', async (context) => {
  const box = await RunningBox.start(context);
  await box.caselliWith(letter('x'), 'sendmail', '-f', bob, alice);
  await box.event('queue.done');
  const known = new Set([...backupParts.map(({ path }) => path), ...notBackedUp]);
  const names = (await readdir(box.data)).map((name) => name.replace(/-(?:wal|shm|journal)$/, ''));
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  );
});

test('a support bundle holds findings, settings and log, and no secret', async (context) => {
  const secrets = ['smarthost-p4ssword', 'a long passphrase of backups', 'sftp-p4ssword'];
  const box = await RunningBox.start(
    context,
    testConfig({
      outbound: { smarthost: { host: 'mail.example.org', user: 'box', password: secrets[0]! } },
      system: { backup: { passphrase: secrets[1]!, sftp: { password: secrets[2]! } } },
    }),
  );
  const place = await temporary(context);
  await box.caselliWith(letter('private words', 'the content of a mail'), 'sendmail', '-f', bob, alice);
  await box.event('queue.done');
  const { files } = await box.ask<{ files: string[] }>('system', 'support', '--out', join(place, 'support.tgz'));
  for (const name of ['doctor.json', 'config.json', 'versions.json', 'queue.json', 'lines.json', 'recent-events.log'])
    assert.ok(files.includes(name), name);
  const { execFileSync } = await import('node:child_process');
  const text = execFileSync('tar', ['-xzOf', join(place, 'support.tgz')], { encoding: 'utf8' });
  assert.match(text, /queue\.accepted/);
  assert.match(text, /"host": "mail\.example\.org"/);
  const forbidden = [...secrets, ...Object.values(box.accounts), 'private words', 'the content of a mail'];
  assert.deepEqual(
    forbidden.filter((secret) => text.includes(secret)),
    [],
  );
});
