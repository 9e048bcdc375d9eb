import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withInbox } from '../support/mail-program.ts';
import { assertGrowth, assertServes, retrieved } from './bad-honest-client.ts';
import { type BadMessage, badMessages } from './bad-messages.ts';
import { octets, RawClient, smtpReply } from './bad-talk.ts';
import { RunningBox } from './running-box.ts';

/**
 * Messages that are broken inside, against the real program: none is refused for it, none is lost or changed, and each
 * can be read. What is beyond a named limit is refused at the door, in words.
 */

const alice = 'alice@office.test';
/** Longest answer to ENVELOPE and BODYSTRUCTURE, whatever is in a message. */
const mostAnswerOctets = 256 * 1024;
const mostMiB = 128;

test('messages that are broken inside arrive and can be read', async (context) => {
  const box = await RunningBox.start(context);
  await assertServes(box, 'at the start');
  const arrived: BadMessage[] = [];

  await context.test('taken over SMTP, or refused by a limit that the reply names', () =>
    assertGrowth(box, mostMiB, async () => {
      const client = new RawClient(box.listeners.smtp!);
      await client.linesUntil(smtpReply);
      await client.ask('EHLO mail.example', smtpReply);
      for (const message of badMessages) {
        const reply = await offer(client, message);
        if (message.refusal) {
          assert.match(reply, message.refusal, message.name);
          continue;
        }
        const id = /^250 .*accepted as (\w+)/.exec(reply)?.[1];
        assert.ok(id, `${message.name}: ${reply}`);
        await box.event('queue.delivered', (one) => one.message === id);
        arrived.push(message);
      }
      client.vanish();
      await assertServes(box, 'after broken messages');
    }),
  );

  await context.test('described over IMAP, in bounded answers', () =>
    assertGrowth(box, mostMiB, async () => {
      const client = await inboxReader(box);
      for (const [index, { name }] of arrived.entries()) {
        const lines = await client.ask(`t FETCH ${index + 1} (ENVELOPE BODYSTRUCTURE BODY RFC822.SIZE)`, /^t /);
        assert.match(lines.at(-1)!, /^t OK/, name);
        assert.match(lines.join('\n'), /^\* \d+ FETCH \(.*ENVELOPE \(.*BODYSTRUCTURE \(.*BODY \(/s, name);
        assert.ok(lines.join().length < mostAnswerOctets, `${name}: ${lines.join().length} octets`);
      }
      for (const question of [
        'FETCH 1:* (BODY.PEEK[1] BODY.PEEK[1.1.1.1.1.1.1.1] BODY.PEEK[1000] BODY.PEEK[TEXT]<0.10>)',
        'FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Subject Cc)] BODY.PEEK[1.MIME] BODY.PEEK[1.HEADER])',
        'SEARCH TEXT needle BODY haystack SUBJECT hay SENTSINCE 1-Jan-2020 LARGER 1',
        'SEARCH OR OR CC needle HEADER X-A needle BODY needle',
      ])
        assert.match((await client.ask(`t ${question}`, /^t /)).at(-1)!, /^t OK/, question);
      client.vanish();
      await assertServes(box, 'after broken messages were described');
    }),
  );

  await context.test('understood by imapflow, and the same octets over IMAP, POP3 and at the door', () =>
    withInbox(box, alice, async (client) => {
      for (const [index, message] of arrived.entries()) {
        const number = index + 1;
        const wanted = { envelope: true, bodyStructure: true, source: true };
        const [read, pop3] = await Promise.all([client.fetchOne(`${number}`, wanted), retrieved(box, alice, number)]);
        if (!read) assert.fail(message.name);
        assert.ok(read.envelope && read.bodyStructure && read.source!.equals(pop3), message.name);
        const kept = withRightLineEnds(message.kept ?? message.content);
        assert.ok(pop3.subarray(-kept.length || pop3.length).equals(kept), message.name);
      }
    }),
  );

  await context.test('appended over IMAP, octet for octet', () =>
    assertGrowth(box, mostMiB, async () => {
      const client = await inboxReader(box);
      assert.match((await client.ask('t CREATE Odd', /^t /)).at(-1)!, /^t OK/);
      const appended = badMessages.filter(({ content }) => content.length > 0);
      for (const { name, content } of appended) {
        await client.send(`t APPEND Odd {${content.length}+}\r\n`);
        await client.send(content);
        assert.match((await client.ask('', /^t /)).at(-1)!, /^t OK \[APPENDUID/, name);
      }
      client.vanish();
      await withInbox(box, alice, async (reader) => {
        await reader.mailboxOpen('Odd');
        for (const [index, { name, content }] of appended.entries()) {
          const read = await reader.fetchOne(`${index + 1}`, { source: true, bodyStructure: true });
          const same = octets(content.toString('latin1').replaceAll(/\r?\n/g, '\r\n'));
          if (!read) assert.fail(name);
          assert.ok(read.bodyStructure && read.source!.equals(same), name);
        }
      });
      await assertServes(box, 'after broken messages were appended');
    }),
  );

  assert.deepEqual(
    box.events.filter(({ level }) => level === 'error'),
    [],
  );
  assert.equal(box.otherOutput, '');
});

/** Sends a message to alice. @returns the last line of the answer to it. */
async function offer(client: RawClient, { name, content }: BadMessage): Promise<string> {
  for (const line of ['MAIL FROM:<a@mail.example> BODY=8BITMIME', 'RCPT TO:<alice@office.test>', 'DATA'])
    assert.match((await client.ask(line, smtpReply)).at(-1)!, /^[23]/, name);
  await client.send(content.toString('latin1').replaceAll(/(?<=^|\r\n)\./g, '..'));
  return (await client.ask('.', smtpReply)).at(-1)!;
}

/** RFC 5321 §2.3.8: an LF alone is sent on as CRLF; a CR alone, and NUL, as a space. */
function withRightLineEnds(content: Buffer): Buffer {
  return octets(content.toString('latin1').replaceAll(/\r?\n|[\r\0]/g, (end) => (end.endsWith('\n') ? '\r\n' : ' ')));
}

/** Says its commands with the tag `t`. */
async function inboxReader(box: RunningBox): Promise<RawClient> {
  const client = new RawClient(box.listeners.imap!);
  await client.line();
  for (const line of [`t LOGIN ${alice} ${box.accounts[alice]}`, 't SELECT INBOX'])
    assert.match((await client.ask(line, /^t /)).at(-1)!, /^t OK/);
  return client;
}
