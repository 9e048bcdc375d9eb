import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { alice, type MailServers, openMailServers } from '../support/mail-servers.ts';
import { officeMail } from '../support/office-mail.ts';

/** imapflow, as a mail program of today would use the box. */

async function withClient(
  run: (client: ImapFlow, servers: MailServers, another: () => Promise<ImapFlow>) => Promise<void>,
  options: { readonly secure?: boolean; readonly doSTARTTLS?: boolean } = {},
  settings: Parameters<typeof openMailServers>[0] = {},
): Promise<void> {
  const servers = await openMailServers(settings);
  const clients: ImapFlow[] = [];
  const another = async (): Promise<ImapFlow> => {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: options.secure ? servers.ports.imaps : servers.ports.imap,
      secure: options.secure ?? false,
      ...(options.doSTARTTLS !== undefined && { doSTARTTLS: options.doSTARTTLS }),
      tls: { ca: servers.ca, servername: 'localhost' },
      auth: alice,
      logger: false,
    });
    await client.connect();
    clients.push(client);
    return client;
  };
  try {
    await run(await another(), servers, another);
    await Promise.all(clients.map((client) => client.logout()));
  } finally {
    for (const client of clients) client.close();
    await servers.close();
  }
}

async function fill(client: ImapFlow, folder = 'INBOX'): Promise<void> {
  for (const { text, flags, at } of officeMail) await client.append(folder, text, [...flags], new Date(at));
}

for (const [name, options] of [
  ['in clear text on loopback', { doSTARTTLS: false }],
  ['with STARTTLS', { doSTARTTLS: true }],
  ['with TLS', { secure: true }],
] as const) {
  test(`logs in ${name}`, () =>
    withClient(async (client) => {
      assert.equal(client.usable, true);
      await client.noop();
    }, options));
}

test('a wrong password is refused', async () => {
  const servers = await openMailServers();
  const auth = { ...alice, pass: 'wrong' };
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: servers.ports.imap,
    secure: false,
    auth,
    logger: false,
    tls: { rejectUnauthorized: false },
  });
  client.on('error', () => {});
  await assert.rejects(client.connect(), { authenticationFailed: true });
  await servers.close();
});

test('appends, lists, reads, flags, searches, copies, moves and expunges', () =>
  withClient(async (client) => {
    await fill(client);
    const opened = await client.mailboxOpen('INBOX');
    assert.equal(opened.exists, 3);
    assert.equal(opened.readOnly, false);
    const found = await client.fetchAll('1:*', {
      uid: true,
      flags: true,
      envelope: true,
      bodyStructure: true,
      size: true,
      internalDate: true,
      source: true,
    });
    for (const [index, { text, flags, at }] of officeMail.entries()) {
      const message = found[index]!;
      assert.equal(message.source?.toString(), text);
      assert.equal(message.size, Buffer.byteLength(text));
      assert.equal(Number(message.internalDate), at);
      assert.deepEqual(
        [...(message.flags ?? [])].filter((flag) => flag !== '\\Recent').toSorted(),
        [...flags].toSorted(),
      );
    }
    assert.equal(found[1]!.envelope?.subject, 'Grüße');
    assert.equal(found[1]!.envelope?.from?.[0]?.name, 'Zoë');
    assert.equal(found[1]!.bodyStructure?.childNodes?.[1]?.dispositionParameters?.filename, 'plan.pdf');
    assert.equal(found[2]!.bodyStructure?.childNodes?.[1]?.childNodes?.[0]?.type, 'multipart/alternative');

    const part = await client.download('2', '2');
    const chunks: Buffer[] = [];
    for await (const chunk of part.content!) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), '%PDF-1.4\n');

    assert.deepEqual(await client.search({ body: 'Straße' }), [2]);
    assert.deepEqual(await client.search({ or: [{ from: 'zoë' }, { subject: 'lunch' }] }), [1, 2]);
    assert.deepEqual(await client.search({ since: new Date('2026-01-06'), keyword: 'work' }, { uid: true }), [3]);

    await client.messageFlagsAdd('2', ['\\Seen', '$Todo']);
    assert.deepEqual(await client.search({ seen: false }), [3]);

    await client.mailboxCreate('Kunden.Müller');
    const copied = await client.messageCopy('1:2', 'Kunden.Müller');
    assert.deepEqual(copied && [...(copied.uidMap ?? [])], [
      [1, 1],
      [2, 2],
    ]);
    const moved = await client.messageMove('1', 'Kunden.Müller');
    assert.deepEqual(moved && [...(moved.uidMap ?? [])], [[1, 3]]);
    await client.messageDelete('2', { uid: true });
    assert.deepEqual(await client.search({ all: true }, { uid: true }), [3]);
    const status = await client.status('Kunden.Müller', { messages: true, unseen: true, uidNext: true });
    assert.deepEqual(status && [status.messages, status.unseen, status.uidNext], [3, 0, 4]);

    const folders = await client.list({ statusQuery: { messages: true } });
    const müller = folders.find(({ path }) => path === 'Kunden.Müller');
    assert.equal(müller?.status?.messages, 3);
    assert.equal(folders.find(({ specialUse }) => specialUse === '\\Sent')?.path, 'Sent');
    await client.mailboxRename('Kunden', 'Customers');
    await client.mailboxSubscribe('Customers.Müller');
    await client.mailboxOpen('Customers.Müller');
    await client.mailboxClose();
    await client.mailboxDelete('Customers.Müller');
  }));

test('hears in IDLE of a delivery, of flags and of an expunge', () =>
  withClient(async (client, { store }, another) => {
    await fill(client);
    await client.mailboxOpen('INBOX');
    const other = await another();
    await other.mailboxOpen('INBOX');
    const idle = client.idle();
    const exists = once(client, 'exists');
    await store.deliver(alice.user, 'Subject: new\r\n\r\nhello\r\n', { deliveryId: 'd1' });
    assert.equal((await exists)[0].count, 4);
    await other.noop();
    const flags = once(client, 'flags');
    await other.messageFlagsAdd('4', ['\\Flagged']);
    const [changed] = await flags;
    assert.equal(changed.seq, 4);
    assert.ok(changed.flags.has('\\Flagged'));
    const expunge = once(client, 'expunge');
    await other.messageDelete('2');
    assert.equal((await expunge)[0].seq, 2);
    await client.noop();
    await idle;
  }));

test('a full mailbox takes no more, says how full it is, and can be emptied through its trash', () =>
  withClient(
    async (client) => {
      const half = `Subject: half\r\n\r\n${'a'.repeat(8192)}`;
      await client.append('INBOX', half);
      const quota = await client.getQuota('INBOX');
      assert.ok(quota && 'storage' in quota && quota.storage);
      assert.deepEqual([quota.path, quota.storage.usage, quota.storage.limit], ['INBOX', 9 * 1024, 16 * 1024]);
      const refused = { responseStatus: 'NO', serverResponseCode: 'OVERQUOTA' };
      await assert.rejects(client.append('INBOX', half), refused);
      await client.mailboxOpen('INBOX');
      await assert.rejects(
        client.messageCopy('1', 'Trash').then((copied) => {
          if (!copied) throw Object.assign(new Error('refused'), refused);
        }),
        refused,
      );
      await client.messageMove('1', 'Trash');
      await client.mailboxOpen('Trash');
      await client.messageFlagsAdd('1', ['\\Deleted']);
      await client.messageDelete('1');
      await client.append('INBOX', half);
    },
    {},
    { quotaBytes: 16 * 1024 },
  ));

test('eight megabytes go in and come out as they were', () =>
  withClient(async (client) => {
    const line = `${'0123456789abcdef'.repeat(4)}\r\n`;
    const text = `Subject: big\r\n\r\n${line.repeat(Math.ceil((8 * 1024 * 1024) / line.length))}`;
    await client.append('INBOX', text);
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne('1', { source: true });
    const source = message ? message.source : undefined;
    assert.ok(source?.equals(Buffer.from(text)));
  }));

test('a server that stops says so', async () => {
  const servers = await openMailServers();
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: servers.ports.imap,
    secure: false,
    doSTARTTLS: false,
    auth: alice,
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen('INBOX');
  const closed = once(client, 'close');
  await servers.imap.close(1000);
  await closed;
  assert.ok(servers.told.some((line) => line.startsWith('session.closed') && line.includes('closing')));
  await servers.close();
});
