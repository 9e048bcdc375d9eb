import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { type Door, openDoor, password } from './test-door.ts';

/** Judged by clients that others wrote. */
const run = promisify(execFile);
let door: Door;
let folder: string;
before(async () => {
  door = await openDoor();
  folder = await mkdtemp(join(tmpdir(), 'caselli-clients-'));
  await writeFile(join(folder, 'ca.pem'), door.ca);
});
after(async () => {
  await door.close();
  await rm(folder, { recursive: true });
});

test('nodemailer: STARTTLS, login, an attachment to a fax, delivery reports, pooled', async () => {
  const transport = createTransport({
    host: '127.0.0.1',
    port: door.ports.submission,
    requireTLS: true,
    tls: { ca: door.ca },
    pool: true,
    auth: { user: 'alice@office.test', pass: password },
  });
  const attachment = { filename: 'order.bin', content: Buffer.alloc(300_000, 7) };
  for (const to of ['5550199@fax', '"5550199"@fax-lowres-cover']) {
    const info = await transport.sendMail({
      from: 'alice@office.test',
      to,
      subject: 'B\u00fcro',
      text: '.\r\n..\r\nend',
      attachments: [attachment],
      dsn: { id: 'x y', return: 'headers', notify: ['success'], recipient: 'fax@office.test' },
    });
    assert.match(info.response, /^250 2\.0\.0 accepted as m\d+$/);
    const taken = door.entrance.taken.at(-1)!;
    assert.equal(taken.account, 'alice@office.test');
    assert.equal(taken.envelope.envelopeId, 'x y');
    assert.deepEqual(taken.envelope.recipients[0]?.notify, { success: true, failure: false, delay: false });
    assert.ok(taken.content.includes(attachment.content.toString('base64').slice(0, 76)));
    assert.ok(taken.content.includes('.\r\n..\r\nend'));
  }
  await assert.rejects(
    transport.sendMail({ from: 'bob@office.test', to: 'alice@office.test', text: 'x' }),
    /553 5\.7\.1/,
  );
  transport.close();
});

test('swaks: every way to log in, pipelined or not, and to a stranger the door stays shut', async () => {
  const from = ['--from', 'bob@office.test', '--ehlo', 'pc.office.test'];
  const login = ['--auth-user', 'bob', '--auth-password', password];
  const swaks = (...args: string[]) => run('swaks', ['--server', '127.0.0.1', ...from, ...args]);
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    const to = ['--to', 'dave@elsewhere.example', '--auth', mechanism, ...login];
    await swaks('--port', String(door.ports.submission), ...to);
    await swaks('--port', String(door.ports.smtp), '--pipeline', ...to);
  }
  assert.equal(door.entrance.taken.filter(({ account }) => account === 'bob@office.test').length, 4);
  const refused = await swaks('--port', String(door.ports.smtp), '--to', 'dave@elsewhere.example').catch(
    (error) => error,
  );
  assert.match(refused.stdout, /<\*\* 550 5\.7\.1/);
});

test('curl: a file over submissions, the certificate checked', async () => {
  const file = join(folder, 'mail.eml');
  await writeFile(file, 'From: alice@office.test\nSubject: from curl\n\nbare line feeds\n.\nafter the dot\n');
  await run('curl', [
    ...['--silent', '--show-error', '--cacert', join(folder, 'ca.pem'), '--upload-file', file],
    ...['--user', `alice@office.test:${password}`, '--mail-from', 'alice@office.test'],
    ...['--mail-rcpt', 'bob@office.test', `smtps://localhost:${door.ports.submissions}`],
  ]);
  const content = door.entrance.taken.at(-1)!.content.toString();
  assert.match(content, /\r\nbare line feeds\r\n\.\r\nafter the dot(\r\n)+$/);
  assert.equal(/[^\r]\n/.test(content), false);
});
