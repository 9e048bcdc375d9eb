import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { alice, type MailServers, openMailServers } from '../support/mail-servers.ts';
import { officeMail } from '../support/office-mail.ts';
import { runProgram } from '../support/run-program.ts';

/** curl reads mail over each of the four ports. */

async function withMail(
  run: (servers: MailServers, curl: (...args: string[]) => Promise<string>) => Promise<void>,
): Promise<void> {
  const servers = await openMailServers();
  try {
    for (const [index, { text, flags }] of officeMail.entries()) {
      await servers.store.deliver(alice.user, text, { deliveryId: `d${index}`, flags });
    }
    const ca = join(servers.folder, 'ca.pem');
    await writeFile(ca, servers.ca);
    await run(servers, async (...args) => {
      const found = await runProgram('curl', ['-sS', '--cacert', ca, '-u', `${alice.user}:${alice.pass}`, ...args]);
      assert.equal(found.code, 0, found.stderr);
      return found.stdout.toString();
    });
  } finally {
    await servers.close();
  }
}

test('imap, with STARTTLS and with TLS', () =>
  withMail(async ({ ports, folder }, curl) => {
    for (const [url, ...more] of [
      [`imap://127.0.0.1:${ports.imap}`],
      [`imap://localhost:${ports.imap}`, '--ssl-reqd'],
      [`imaps://localhost:${ports.imaps}`],
    ]) {
      assert.equal(await curl(...more, `${url}/INBOX;MAILINDEX=1`), officeMail[0]!.text);
      assert.equal(await curl(...more, `${url}/INBOX;UID=2;SECTION=1`), 'Die Stra=DFe ist lang.');
      assert.match(await curl(...more, url!), /^\* LIST \(\\HasNoChildren\) "\." INBOX\r$/m);
      assert.equal(await curl(...more, `${url}/INBOX?SUBJECT%20lunch`), '* SEARCH 1\r\n');
      assert.match(await curl(...more, '-X', 'STORE 3 +FLAGS (\\Answered)', `${url}/INBOX`), /\\Answered/);
    }
    const file = join(folder, 'upload.eml');
    await writeFile(file, officeMail[0]!.text);
    await curl('-T', file, `imap://127.0.0.1:${ports.imap}/Sent`);
    assert.equal(await curl(`imap://127.0.0.1:${ports.imap}/Sent;MAILINDEX=1`), officeMail[0]!.text);
  }));

test('pop3, with STLS and with TLS', () =>
  withMail(async ({ ports }, curl) => {
    for (const [url, ...more] of [
      [`pop3://127.0.0.1:${ports.pop3}`],
      [`pop3://localhost:${ports.pop3}`, '--ssl-reqd'],
      [`pop3s://localhost:${ports.pop3s}`],
      [`pop3://127.0.0.1:${ports.pop3}`, '--login-options', 'AUTH=PLAIN'],
    ]) {
      assert.equal(await curl(...more, `${url}/1`), officeMail[0]!.text);
      assert.match(await curl(...more, url!), /^1 196\r\n2 514\r\n3 378\r\n$/);
      assert.match(await curl(...more, '-X', 'UIDL', `${url}/`), /^1 \d+\.1\r\n/);
    }
    await curl('-X', 'DELE', `pop3://127.0.0.1:${ports.pop3}/2`, '-I');
    assert.match(await curl(`pop3://127.0.0.1:${ports.pop3}`), /^1 196\r\n2 378\r\n$/);
  }));

test('a wrong password is an answer that curl understands', () =>
  withMail(async ({ ports }) => {
    for (const url of [`imap://127.0.0.1:${ports.imap}`, `pop3://127.0.0.1:${ports.pop3}`]) {
      const found = await runProgram('curl', ['-sS', '-u', `${alice.user}:wrong`, url]);
      assert.equal(found.code, 67, found.stderr);
    }
  }));
