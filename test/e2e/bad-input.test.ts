import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { sender, withInbox } from '../support/mail-program.ts';
import { assertGrowth, assertServes } from './bad-honest-client.ts';
import { type BadLine, imapLines, pop3Lines, smtpLines } from './bad-lines.ts';
import { RawClient, smtpReply } from './bad-talk.ts';
import { type Address, RunningBox } from './running-box.ts';

/**
 * Hostile and broken clients against the real program: each line, literal and connection gets its protocol's own answer,
 * the session goes on where it may, memory stays bounded, and all the while an honest client is served.
 */

const alice = 'alice@office.test';
const mebibyte = Buffer.alloc(2 ** 20, 'x');
/** How much the program may grow in one test; each sends at least twice that, and what V8 has not collected counts. */
const mostMiB = 96;
const plainPorts = ['smtp', 'submission', 'imap', 'pop3'] as const;
const tlsPorts = ['submissions', 'imaps', 'pop3s'] as const;

/** A box in which alice has one message, and which has served once: what it loads at first use is in memory. */
async function startBox(context: TestContext): Promise<RunningBox> {
  const box = await RunningBox.start(context);
  await sender(box, alice).sendMail({ from: alice, to: alice, subject: 'one', text: 'one' });
  await box.event('queue.delivered');
  await assertServes(box, 'at the start');
  return box;
}

async function smtpClient(port: Address, preamble: readonly string[] = [], from?: string): Promise<RawClient> {
  const client = new RawClient(port, from);
  await client.linesUntil(smtpReply);
  for (const line of preamble) assert.match((await client.ask(line, smtpReply)).at(-1)!, /^[23]/, line);
  return client;
}

/** Commands have the tag `t`. */
async function imapClient(box: RunningBox, preamble: readonly string[] = [], from?: string): Promise<RawClient> {
  const client = new RawClient(box.listeners.imap!, from);
  assert.match((await client.line())!, /^\* OK /);
  for (const line of preamble) assert.match((await client.ask(line, /^t /)).at(-1)!, /^t OK/, line);
  return client;
}

async function pop3Client(box: RunningBox, preamble: readonly string[] = []): Promise<RawClient> {
  const client = new RawClient(box.listeners.pop3!);
  assert.match((await client.line())!, /^\+OK /);
  for (const line of preamble) assert.match((await client.ask(line, /^/)).at(-1)!, /^\+OK/, line);
  return client;
}

async function assertWell(client: RawClient, noop: string, answer: RegExp): Promise<void> {
  assert.match((await client.ask(noop, answer)).at(-1) ?? 'nothing', answer);
}

// Lines

/** Lines for one session: after ten mistakes SMTP slows the client down. */
const smtpMistakes = 8;

const opened = ['EHLO x.example'];
const begun = [...opened, 'MAIL FROM:<a@mail.example>'];
const smtpPreambles: Readonly<Record<keyof typeof smtpLines, readonly string[]>> = {
  greeted: [],
  hello: opened,
  submission: opened,
  mail: begun,
  rcpt: [...begun, 'RCPT TO:<alice@office.test>'],
};

test('malformed SMTP lines are refused one by one, and the session goes on', async (context) => {
  const box = await startBox(context);
  for (const state of Object.keys(smtpLines) as (keyof typeof smtpLines)[]) {
    const port = box.listeners[state === 'submission' ? 'submission' : 'smtp']!;
    for (let at = 0; at < smtpLines[state].length; at += smtpMistakes)
      await badSmtpLines(port, smtpPreambles[state], smtpLines[state].slice(at, at + smtpMistakes));
    await assertServes(box, `after SMTP lines, ${state}`);
  }
});

async function badSmtpLines(port: Address, preamble: readonly string[], lines: readonly BadLine[]): Promise<void> {
  const client = await smtpClient(port, preamble);
  for (const [line, answer] of lines) {
    await client.send(`${line}\r\nNOOP\r\n`);
    const refusal = await client.linesUntil(smtpReply);
    assert.ok(refusal.at(-1)?.startsWith(answer), `${shown(line)}: ${answer}, not ${refusal}`);
    assert.match((await client.line()) ?? 'nothing', /^250 /, `NOOP after ${shown(line)}`);
  }
  client.vanish();
}

test('malformed IMAP lines are answered BAD or NO with their tag, and the session goes on', async (context) => {
  const box = await startBox(context);
  const login = `t LOGIN ${alice} ${box.accounts[alice]}`;
  const preambles = { notAuthenticated: [], authenticated: [login], selected: [login, 't SELECT INBOX'] };
  for (const state of Object.keys(imapLines) as (keyof typeof imapLines)[]) {
    const client = await imapClient(box, preambles[state]);
    for (const [index, [line, answer]] of imapLines[state].entries()) {
      const lines = await client.ask(`${line}\r\nok${index} NOOP`, RegExp(`^ok${index} `));
      const answers = lines.filter((one) => !/^(\* (?!BAD)|\+ )/.test(one));
      assert.ok(answers.length === 2 && answers[0]!.startsWith(answer), `${shown(line)}: ${answer}, not ${lines}`);
      assert.match(answers[1]!, /^ok\d+ OK/, `NOOP after ${shown(line)}`);
    }
    client.vanish();
    await assertServes(box, `after IMAP lines, ${state}`);
  }
});

test('malformed POP3 lines are answered -ERR, and the session goes on', async (context) => {
  const box = await startBox(context);
  const preambles = { authorization: [], transaction: [`USER ${alice}`, `PASS ${box.accounts[alice]}`] };
  for (const state of Object.keys(pop3Lines) as (keyof typeof pop3Lines)[]) {
    const client = await pop3Client(box, preambles[state]);
    for (const [line, answer] of pop3Lines[state]) {
      const lines = (await client.ask(`${line}\r\nCAPA`, /^\.$/)).filter((one) => !one.startsWith('+ '));
      assert.ok(lines[0]?.startsWith(answer), `${shown(line)}: ${answer}, not ${lines[0]}`);
      assert.match(lines[1]!, /^\+OK /, `CAPA after ${shown(line)}`);
    }
    client.vanish();
    await assertServes(box, `after POP3 lines, ${state}`);
  }
});

function shown(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}… (${line.length})` : line);
}

test('there are a hundred malformed lines and more for each protocol', () => {
  for (const table of [smtpLines, imapLines, pop3Lines]) assert.ok(Object.values(table).flat().length > 100);
});

// Size

test('lines without end, oversize literals and floods of rubbish are refused in bounded memory', async (context) => {
  const box = await startBox(context);
  const login = `t LOGIN ${alice} ${box.accounts[alice]}`;

  await context.test('a line of 1 MB is refused; IMAP and POP3 go on, SMTP may end', async () => {
    const smtp = await smtpClient(box.listeners.smtp!, opened);
    await smtp.send(mebibyte);
    assert.match((await smtp.ask('', smtpReply)).at(-1)!, /^(421|500) .*line is too long/);
    const imap = await imapClient(box);
    await imap.send('t LOGIN ');
    await imap.send(mebibyte);
    assert.match((await imap.ask('', /^t /)).at(-1)!, /^t BAD /);
    await assertWell(imap, 't NOOP', /^t OK/);
    const pop3 = await pop3Client(box);
    await pop3.send(mebibyte);
    assert.match((await pop3.ask('', /^/)).at(-1)!, /^-ERR /);
    await assertWell(pop3, `USER ${alice}`, /^\+OK/);
    for (const client of [smtp, imap, pop3]) client.vanish();
  });

  await context.test('a line of 100 MB is not kept', () =>
    assertGrowth(box, mostMiB, async () => {
      const smtp = await smtpClient(box.listeners.smtp!, opened);
      await smtp.sendMany(mebibyte, 100);
      smtp.vanish();
      const imap = await imapClient(box);
      await imap.sendMany(mebibyte, 100);
      assert.match((await imap.ask('', /^\* BAD|^x+ BAD/)).at(-1)!, /BAD /);
      await assertWell(imap, 't NOOP', /^t OK/);
      const pop3 = await pop3Client(box);
      await pop3.sendMany(mebibyte, 100);
      assert.match((await pop3.ask('', /^/)).at(-1)!, /^-ERR /);
      await assertServes(box, 'after 300 MB in three lines');
    }),
  );

  await context.test('a literal that is too big: not asked for, or dropped as it comes', () =>
    assertGrowth(box, mostMiB, async () => {
      const client = await imapClient(box, [login]);
      for (const size of ['999999999', '999999999999999'])
        assert.match((await client.ask(`t APPEND INBOX {${size}}`, /^[t+] /)).at(-1)!, /^t NO \[TOOBIG\]/);
      await client.send('t APPEND INBOX {99999999+}\r\n');
      await client.sendMany(mebibyte.subarray(0, 999_999), 100);
      await client.send(mebibyte.subarray(0, 99_999_999 - 99_999_900));
      assert.match((await client.ask('', /^t /)).at(-1)!, /^t NO \[TOOBIG\]/);
      await assertWell(client, 't NOOP', /^t OK/);
      assert.match((await client.ask('t STATUS INBOX (MESSAGES)', /^t /)).join(), /MESSAGES 1\)/);
      const stranger = await imapClient(box);
      await stranger.send('t LOGIN {99999999+}\r\n');
      await stranger.sendMany(mebibyte.subarray(0, 999_999), 100);
      await stranger.send(mebibyte.subarray(0, 99_999_999 - 99_999_900));
      assert.match((await stranger.ask('', /^t /)).at(-1)!, /^t (NO|BAD) /);
      await assertWell(stranger, 't NOOP', /^t OK/);
      for (const one of [client, stranger]) one.vanish();
      await assertServes(box, 'after 200 MB in two literals');
    }),
  );

  await context.test('a message over the limit is refused with 552 or cut off, and not kept', () =>
    assertGrowth(box, mostMiB, async () => {
      const preamble = [...smtpPreambles.rcpt, 'DATA'];
      const client = await smtpClient(box.listeners.smtp!, preamble);
      const line = Buffer.from(`${'y'.repeat(998)}\r\n`);
      const block = Buffer.concat([Buffer.from('Subject: big\r\n\r\n'), ...Array<Buffer>(1049).fill(line)]);
      await client.sendMany(block, 60);
      assert.match((await client.ask('.', smtpReply)).at(-1)!, /^552 /);
      await assertWell(client, 'NOOP', /^250 /);
      const endless = await smtpClient(box.listeners.smtp!, preamble);
      await endless.sendMany(block, 150);
      assert.match((await endless.rest()).at(-1)!, /^552 /);
      client.vanish();
      await assertServes(box, 'after 200 MB in two messages');
    }),
  );

  await context.test('ten or twenty mistakes in a row end the session with a word', async () => {
    const farewells = { smtp: /^421 .*too many errors/, imap: /^\* BYE too many/, pop3: /^-ERR / };
    const ends = Object.entries(farewells).map(async ([name, farewell]) => {
      const client = new RawClient(box.listeners[name]!);
      await client.line();
      const lines = await client.ask('FROB\r\n'.repeat(25), /^$/);
      assert.ok(lines.length >= 10 && lines.length <= 21, `${name}: ${lines.length} answers`);
      assert.match(lines.at(-1)!, farewell);
      client.vanish();
    });
    await assertServes(box, 'in the midst of mistakes');
    await Promise.all(ends);
  });

  await context.test('a flood of rubbish, binary or text, is cut off', () =>
    assertGrowth(box, mostMiB, async () => {
      const binary = Buffer.from(Array.from({ length: 2 ** 16 }, (_, index) => (index * 7919) % 251));
      const text = Buffer.from('FROB FROB FROB\r\n'.repeat(4096));
      const floods = [binary, text].flatMap((block, kind) =>
        (['smtp', 'imap', 'pop3'] as const).map(async (name, index) => {
          const from = `127.0.3.${10 * kind + index + 1}`;
          const client = new RawClient(box.listeners[name]!, from);
          // The server leaves with octets unread, so that its last words may be lost on the way.
          await client.sendMany(block, 1000);
          client.vanish();
          const { session } = await box.event('session.opened', ({ remote }) => remote === from);
          const { reason } = await box.event('session.closed', (one) => one.session === session);
          assert.match(reason, /too many (errors|bad commands)|connection lost/, `${name}, ${kind}`);
        }),
      );
      await assertServes(box, 'in the midst of floods');
      await Promise.all(floods);
      await assertServes(box, 'after floods');
    }),
  );
});

// Connections

test('clients that come wrongly, leave early or stay silent harm nobody else', async (context) => {
  const box = await startBox(context);
  const login = `t LOGIN ${alice} ${box.accounts[alice]}`;

  await context.test('a TLS client on a plain port, and a plain client on a TLS port', async () => {
    for (const name of plainPorts) {
      const { address, port } = box.listeners[name]!;
      const socket = connectTls({ host: address, port, rejectUnauthorized: false });
      const [error] = await once(socket, 'error');
      assert.match(String(error), /wrong version|packet|ssl/i, name);
    }
    for (const name of tlsPorts) {
      const client = new RawClient(box.listeners[name]!);
      await client.send('EHLO x.example\r\nt NOOP\r\nUSER alice\r\n');
      assert.doesNotMatch((await client.rest()).join(), /250|OK/, name);
      client.vanish();
    }
    await assertServes(box, 'after the wrong kind of TLS');
  });

  await context.test('all said before the greeting, in one go or octet by octet', async () => {
    const talks = {
      smtp: ['EHLO x.example\r\nFROB\r\nNOOP\r\nQUIT\r\n', [/^220 /, /^250-/, /^500 /, /^250 /, /^221 /]],
      imap: ['t NOOP\r\nt FROB\r\nt LOGOUT\r\n', [/^\* OK/, /^t OK/, /^t BAD/, /^\* BYE/, /^t OK/]],
      pop3: ['CAPA\r\nFROB\r\nQUIT\r\n', [/^\+OK/, /^\+OK/, /^-ERR/, /^\+OK/]],
    } as const;
    for (const [name, [said, answers]] of Object.entries(talks))
      for (const pieces of [[said], [...said]]) {
        const client = new RawClient(box.listeners[name]!);
        for (const piece of pieces) await client.send(piece);
        const lines = await client.rest();
        let at = -1;
        for (const answer of answers) {
          at = lines.findIndex((line, index) => index > at && answer.test(line));
          assert.ok(at >= 0, `${name}: ${answer} in ${lines}`);
        }
        client.finish();
      }
  });

  await context.test('half closed: what was asked is answered; half a command counts for nothing', async () => {
    for (const [name, said, answer] of [
      ['smtp', 'NOOP\r\nNO', /^250 /m],
      ['imap', 't NOOP\r\nt2 NOO', /^t OK/m],
      ['pop3', 'CAPA\r\nQUI', /^\.$/m],
    ] as const) {
      const client = new RawClient(box.listeners[name]!);
      await client.send(said);
      client.finish();
      const lines = (await client.rest()).join('\n');
      assert.match(lines, answer);
      assert.doesNotMatch(lines, /t2|Good bye/);
    }
  });

  await context.test('gone in the middle of a message: nothing is accepted, nothing stored', async () => {
    const endOf = async (from: string): Promise<void> => {
      const { session } = await box.event('session.opened', ({ remote }) => remote === from);
      await box.event('session.closed', (one) => one.session === session);
    };
    const smtp = await smtpClient(box.listeners.smtp!, [...smtpPreambles.rcpt, 'DATA'], '127.0.0.11');
    await smtp.send('Subject: half\r\n\r\nhalf a mess');
    smtp.vanish();
    await endOf('127.0.0.11');
    const closing = await smtpClient(box.listeners.smtp!, [...smtpPreambles.rcpt, 'DATA'], '127.0.0.12');
    await closing.send('Subject: half\r\n\r\nhalf a message\r\n.\r');
    closing.finish();
    await endOf('127.0.0.12');
    const imap = await imapClient(box, [login], '127.0.0.13');
    await imap.send('t APPEND INBOX {100+}\r\nSubject: half\r\n\r\n');
    imap.vanish();
    await endOf('127.0.0.13');
    assert.deepEqual(await box.ask('queue', 'list'), []);
    const subjects = await withInbox(box, alice, async (client) => {
      const all = await client.fetchAll('1:*', { envelope: true });
      return all.map(({ envelope }) => envelope?.subject);
    });
    assert.deepEqual(subjects, ['one']);
  });

  await context.test('200 idle connections', () =>
    assertGrowth(box, mostMiB, async () => {
      const silent: Promise<RawClient>[] = [];
      for (let count = 0; count < 200; count++) {
        const name = (['smtp', 'imap', 'pop3', 'imaps'] as const)[count % 4]!;
        const client = new RawClient(box.listeners[name]!, `127.0.1.${1 + (count % 8)}`);
        // Nothing is said on a TLS port before the client has spoken.
        silent.push(name === 'imaps' ? Promise.resolve(client) : client.line().then(() => client));
      }
      const clients = await Promise.all(silent);
      await assertServes(box, 'beside 200 that say nothing');
      for (const client of clients) client.vanish();
    }),
  );

  await context.test('one address cannot take all places, and hears why', async () => {
    const from = '127.0.2.1';
    for (const [name, refusal] of [
      ['smtp', /^421 .*too many/i],
      ['imap', /^\* BYE .*too many/i],
      ['pop3', /^-ERR .*too many/i],
    ] as const) {
      const clients: RawClient[] = [];
      const greetings: string[] = [];
      for (let count = 0; count < 51; count++) {
        const client = new RawClient(box.listeners[name]!, from);
        clients.push(client);
        greetings.push((await client.line()) ?? 'nothing');
      }
      assert.equal(greetings.filter((line) => /^(220|\* OK|\+OK)/.test(line)).length, 50, name);
      assert.match(greetings.at(-1)!, refusal);
      await assertServes(box, `beside 50 on ${name}`);
      for (const client of clients) client.vanish();
    }
  });

  assert.deepEqual(
    box.events.filter(({ event }) => event === 'box.fault'),
    [],
  );
  assert.equal(box.otherOutput, '');
});
