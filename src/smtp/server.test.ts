import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../lib/manual-clock.ts';
import { type Entrance, SubmitError } from '../queue/types.ts';
import { type Door, openDoor, RawClient } from './test-door.ts';

async function withDoor(
  settings: Parameters<typeof openDoor>[0],
  work: (door: Door) => Promise<void>,
  parts?: Parameters<typeof openDoor>[1],
): Promise<void> {
  const door = await openDoor(settings, parts);
  try {
    await work(door);
  } finally {
    await door.close();
  }
}

async function greeted(door: Door): Promise<RawClient> {
  const client = RawClient.plain(door.ports.smtp);
  assert.match(await client.reply(), /^220 /);
  assert.match(await client.ask('HELO x.example'), /^250 /);
  return client;
}

const start = 'MAIL FROM:<c@mail.example>\r\nRCPT TO:<alice@office.test>\r\nDATA\r\n';

test('commands that come together are answered in their order, and the next message may follow at once (RFC 2920)', () =>
  withDoor({}, async (door) => {
    const client = await greeted(door);
    client.say(`${start}Subject: 1\r\n\r\none\r\n.\r\n${start}Subject: 2\r\n\r\ntwo\r\n.\r\nQUIT\r\n`);
    const codes = (await client.rest()).split('\n').map((reply) => reply.slice(0, 3));
    assert.deepEqual(codes, ['250', '250', '354', '250', '250', '250', '354', '250', '221']);
    assert.deepEqual(
      door.entrance.taken.map(({ content }) => content.toString().split('\r\n\r\n')[1]),
      ['one\r\n', 'two\r\n'],
    );
  }));

test('any message arrives as it was sent, however it is cut on its way', () =>
  withDoor({ maxConnectionsPerClient: 1000 }, async (door) => {
    const line = fc.string({ unit: fc.constantFrom('.', 'a', ' ', '\u00fc', '..'), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 10 }), fc.integer({ min: 1, max: 12 }), async (lines, size) => {
        const client = await greeted(door);
        const body = lines.map((one) => `${one}\r\n`).join('');
        const sent = Buffer.from(`${start}A: 1\r\n\r\n${body.replaceAll(/^\./gm, '..')}.\r\nQUIT\r\n`);
        for (let at = 0; at < sent.length; at += size) {
          client.say(sent.subarray(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await client.rest();
        const content = door.entrance.taken.at(-1)!.content.toString();
        assert.equal(content.slice(content.indexOf('A: 1\r\n\r\n') + 8), body);
      }),
      { numRuns: 20 },
    );
  }));

test('250 comes only after the queue has the message; what the queue refuses is said in its words', async () => {
  const answers: (Error | undefined)[] = [
    undefined,
    new SubmitError(false, '4.3.1', 'the disk is full'),
    new SubmitError(true, '5.3.4', 'too large for the queue'),
    new SubmitError(true, '5.6.0', 'no'),
    new SubmitError(false, '4.3.0', 'later'),
    new Error('secret detail'),
  ];
  const gate = Promise.withResolvers<void>();
  const entrance: Entrance = {
    async submit({ content }) {
      const answer = answers.shift();
      // The first reads all, the others refuse before they have read anything.
      if (answer) throw answer;
      for await (const _ of content as AsyncIterable<Uint8Array>);
      await gate.promise;
      return { id: 'm1', sizeBytes: 1 };
    },
  };
  await withDoor(
    {},
    async (door) => {
      const client = await greeted(door);
      client.say(`${start}A: 1\r\n\r\nbody\r\n.\r\n`);
      for (const code of ['250', '250', '354']) assert.equal((await client.reply()).slice(0, 3), code);
      let said = false;
      const last = client.reply().then((reply) => {
        said = true;
        return reply;
      });
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(said, false);
      gate.resolve();
      assert.equal(await last, '250 2.0.0 accepted as m1');
      const long = 'x'.repeat(70_000);
      const replies: string[] = [];
      while (answers.length > 0) {
        client.say(`${start}A: 1\r\n\r\n${long}\r\n.\r\n`);
        for (let n = 0; n < 3; n++) await client.reply();
        replies.push(await client.reply());
      }
      assert.deepEqual(replies, [
        '452 4.3.1 the disk is full',
        '552 5.3.4 too large for the queue',
        '554 5.6.0 no',
        '451 4.3.0 later',
        '451 4.3.0 cannot take the message now, try again later',
      ]);
      assert.ok(door.told.some((event) => event.startsWith('session.error') && event.includes('secret detail')));
      client.destroy();
    },
    { entrance },
  );
});

test('a client that goes away in the middle of its message leaves nothing behind', () =>
  withDoor({}, async (door) => {
    const client = await greeted(door);
    client.say(`${start}A: 1\r\n\r\nhalf a mess`);
    for (let n = 0; n < 3; n++) await client.reply();
    client.destroy();
    await until(() => door.told.some((event) => event.startsWith('session.closed')));
    assert.equal(door.entrance.taken.length, 0);
    assert.equal(
      door.told.some((event) => event.startsWith('session.error')),
      false,
    );
    await (await greeted(door)).ask('QUIT');
  }));

test('a message goes through in bounded memory, and a slow queue slows the client down', async () => {
  let open = (): void => {};
  const entrance: Entrance = {
    async submit({ content }) {
      let sizeBytes = 0;
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        sizeBytes += chunk.length;
        if (sizeBytes > 1_000_000 && sizeBytes - chunk.length <= 1_000_000)
          await new Promise<void>((resolve) => {
            open = resolve;
          });
      }
      return { id: 'm1', sizeBytes };
    },
  };
  await withDoor(
    {},
    async (door) => {
      const socket = connect(door.ports.smtp, '127.0.0.1');
      const megabyte = Buffer.from(`${'x'.repeat(1022)}\r\n`.repeat(1024));
      socket.write(`HELO x\r\n${start}A: 1\r\n\r\n`);
      let sent = 0;
      let stuck = 0;
      while (sent < 30) {
        sent++;
        if (socket.write(megabyte)) continue;
        const drained = once(socket, 'drain');
        if (socket.bytesWritten === stuck) open();
        stuck = socket.bytesWritten;
        const waited = await Promise.race([drained, turns(200).then(() => 'stuck')]);
        if (waited !== 'stuck') continue;
        assert.ok(sent < 30, 'the client was not held up');
        break;
      }
      open();
      for (; sent < 30; sent++) socket.write(megabyte);
      socket.end('.\r\nQUIT\r\n');
      let said = '';
      for await (const chunk of socket) said += chunk;
      assert.match(said, /250 2\.0\.0 accepted as m1/);
    },
    { entrance },
  );
});

test('a message far over the limit is not listened to until its end', () =>
  withDoor({ maxMessageSize: '10k' }, async (door) => {
    const socket = connect(door.ports.smtp, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`HELO x\r\n${start}`);
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk;
    });
    const line = Buffer.from(`${'x'.repeat(998)}\r\n`);
    for (let n = 0; n < 200 && !/552/.test(said); n++) {
      socket.write(line);
      await turns(5);
    }
    assert.match(said, /552 5\.3\.4 message is too big/);
    socket.destroy();
    assert.equal(door.entrance.taken.length, 0);
  }));

test('an endless line is cut off, in commands and in the header', () =>
  withDoor({}, async (door) => {
    const client = await greeted(door);
    for (let n = 0; n < 100; n++) client.say('A'.repeat(1024));
    assert.match(await client.rest(), /^421 4\.7\.0 line is too long/);
    const second = await greeted(door);
    second.say(start);
    for (let n = 0; n < 3; n++) await second.reply();
    second.say(`X: ${'y'.repeat(300_000)}\r\n.\r\n`);
    assert.match(await second.reply(), /^552 5\.3\.4 header is larger/);
    assert.match(await second.ask('NOOP'), /^250 /);
    second.destroy();
  }));

test('a body of one endless line is taken', () =>
  withDoor({}, async (door) => {
    const client = await greeted(door);
    client.say(`${start}A: 1\r\n\r\n${'y'.repeat(2_000_000)}\r\n.\r\n`);
    for (let n = 0; n < 3; n++) await client.reply();
    assert.match(await client.reply(), /^250 /);
    assert.ok(door.entrance.taken[0]!.content.length > 2_000_000);
    client.destroy();
  }));

test('who is too many is told so, and may come again', () =>
  withDoor({ maxConnections: 3, maxConnectionsPerClient: 2 }, async (door) => {
    const [one, two] = [await greeted(door), await greeted(door)];
    const third = RawClient.plain(door.ports.smtp);
    assert.equal(await third.reply(), '421 4.7.0 too many connections from your address, try again later');
    assert.equal(await third.reply(), '(closed)');
    const overTls = RawClient.tls(door.ports.submissions, door.ca);
    assert.equal(await overTls.reply(), '(closed)');
    await one.ask('QUIT');
    await until(() => door.told.some((event) => event.startsWith('session.closed')));
    await (await greeted(door)).ask('QUIT');
    two.destroy();
  }));

test('who says nothing for too long is sent away', () =>
  withDoor(
    {},
    async (door) => {
      const silent = RawClient.plain(door.ports.smtp);
      assert.match(await silent.rest(), /421 4\.4\.2 nothing was heard for too long$/);
      await until(() => door.told.some((event) => /^session.closed.*nothing was heard/.test(event)));
    },
    { config: () => ({ ...settings(0), timeout: 20 }) },
  ));

test('mistake after mistake makes the server slow', async () => {
  const clock = new ManualClock();
  await withDoor(
    {},
    async (door) => {
      const client = await greeted(door);
      for (let n = 0; n < 10; n++) await client.ask('RCPT TO:<nobody@office.test>');
      client.say('NOOP\r\n');
      await until(() => clock.pending === 1);
      await clock.advance(1000);
      assert.match(await client.reply(), /^250 /);
      client.destroy();
    },
    { clock },
  );
});

test('at the end idle clients are told, a message under way is taken, and no more clients', async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const entrance: Entrance = {
    async submit({ content }) {
      entered.resolve();
      for await (const _ of content as AsyncIterable<Uint8Array>);
      await gate.promise;
      return { id: 'm1', sizeBytes: 1 };
    },
  };
  const door = await openDoor({}, { entrance });
  const [idle, busy] = [await greeted(door), await greeted(door)];
  busy.say(`${start}A: 1\r\n\r\nbody\r\n.\r\n`);
  await entered.promise;
  const closed = door.server.close(60_000);
  assert.equal(await idle.rest(), '421 4.3.2 going down, come again later');
  gate.resolve();
  assert.match(await busy.rest(), /250 2\.0\.0 accepted as m1/);
  await closed;
  assert.equal(await RawClient.plain(door.ports.smtp).reply(), '(closed)');
  await door.close();
});

test('TLS that is none, and clients that leave in the handshake, are only told of', () =>
  withDoor({}, async (door) => {
    for (const port of [door.ports.submissions, door.ports.smtp]) {
      const client = RawClient.plain(port);
      if (port === door.ports.smtp) {
        await client.reply();
        await client.ask('EHLO x');
        await client.ask('STARTTLS');
      }
      client.say(randomBytes(500));
      client.say('EHLO x\r\nMAIL FROM:<>\r\n');
      while ((await client.reply()) !== '(closed)');
      RawClient.plain(port).destroy();
    }
    const ok = RawClient.tls(door.ports.submissions, door.ca);
    assert.match(await ok.reply(), /^220 /);
    ok.destroy();
  }));

test('what is said before TLS begins is forgotten, also when it comes in one piece with STARTTLS (RFC 3207 \u00a76)', () =>
  withDoor({}, async (door) => {
    const client = RawClient.plain(door.ports.smtp);
    await client.reply();
    await client.ask('EHLO x');
    client.say('STARTTLS\r\nMAIL FROM:<evil@mail.example>\r\nRSET\r\n');
    assert.match(await client.reply(), /^220 /);
    await client.startTls(door.ca);
    assert.match(await client.ask('MAIL FROM:<c@mail.example>'), /^503 5\.5\.1 send HELO/);
    client.destroy();
  }));

test('every session gives its place back, whichever way it used TLS, and failed at it', () =>
  withDoor({ maxConnections: 2, maxConnectionsPerClient: 2 }, async (door) => {
    const ended = (count: number) => () =>
      door.told.filter((event) => event.startsWith('session.closed')).length === count;
    for (let n = 0; n < 3; n++) {
      const client = RawClient.plain(door.ports.smtp);
      assert.match(await client.reply(), /^220 /);
      await client.ask('EHLO x');
      await client.ask('STARTTLS');
      await client.startTls(door.ca);
      await client.ask('QUIT');
      await until(ended(3 * n + 1));
      const garbled = RawClient.plain(door.ports.smtp);
      assert.match(await garbled.reply(), /^220 /);
      await garbled.ask('EHLO x');
      await garbled.ask('STARTTLS');
      garbled.say('EHLO again\r\n');
      while ((await garbled.reply()) !== '(closed)');
      await until(ended(3 * n + 2));
      const implicit = RawClient.tls(door.ports.submissions, door.ca);
      assert.match(await implicit.reply(), /^220 /);
      await implicit.ask('QUIT');
      await until(ended(3 * n + 3));
      const none = RawClient.plain(door.ports.submissions);
      none.say('EHLO x\r\n');
      assert.equal((await none.reply()).startsWith('220'), false);
      none.destroy();
      await turns(20);
    }
  }));

test('garbage of every kind gets replies or the end, and the server goes on', () =>
  withDoor({ maxConnectionsPerClient: 1000 }, async (door) => {
    const words = [
      'MAIL FROM:<',
      'RCPT TO:<',
      '>',
      'EHLO ',
      'DATA',
      'AUTH PLAIN ',
      'AUTH LOGIN',
      '\r\n',
      '\n',
      '\0',
      '.',
      'QUIT',
      ' SIZE=',
      '=',
      '\x80\xff',
      'BDAT 5',
      'A'.repeat(600),
      'RSET',
      'STARTTLSX',
      'x@y.example',
      'VRFY ',
      '"',
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...words), { maxLength: 40 }), async (parts) => {
        const client = RawClient.plain(door.ports.smtp);
        client.say(Buffer.from(`${parts.join('')}\r\n.\r\nQUIT\r\n`, 'latin1'));
        const replies = (await client.rest()).split('\n').filter((line) => line !== '');
        for (const reply of replies) assert.match(reply, /^[2345]\d\d[ -]?/);
        for (const reply of replies.filter((line) => /^[45]/.test(line)))
          assert.match(reply, /^([45])\d\d \1\.\d+\.\d+ |^501 syntax: (EHLO|HELO)|^501 Bad hostname/i);
      }),
      { numRuns: 150 },
    );
    for (let n = 0; n < 20; n++) {
      const client = RawClient.plain(door.ports.smtp);
      client.say(randomBytes(5000));
      client.say('\r\n.\r\nQUIT\r\nQUIT\r\n');
      await client.rest();
    }
    await (await greeted(door)).ask('QUIT');
    assert.deepEqual(
      door.told.filter((event) => event.startsWith('box.fault')),
      [],
    );
  }));

test('a port that is taken is an error, and no other port stays open', async () => {
  const door = await openDoor();
  await assert.rejects(openDoor({}, { config: () => settings(door.ports.submission) }), /EADDRINUSE/);
  await door.close();
});

/** The configuration as it is read, with limits that the schema would not allow. */
function settings(submissionPort: number) {
  const listener = (port: number) => ({ enabled: true, address: '127.0.0.1', port });
  return {
    smtp: listener(0),
    submission: listener(submissionPort),
    submissions: listener(0),
    maxConnections: 10,
    maxConnectionsPerClient: 10,
    maxMessageSize: 1000,
    maxRecipients: 10,
    timeout: 60_000,
    requireTlsForLogin: true,
    relayNetworks: [],
    faxNetworks: [],
    greeting: '',
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function until(true_: () => boolean): Promise<void> {
  while (!true_()) await new Promise((resolve) => setImmediate(resolve));
}
