import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { alice, openMailServers } from '../support/mail-servers.ts';
import { officeMail } from '../support/office-mail.ts';
import { runProgram } from '../support/run-program.ts';

/** fetchmail empties a mailbox over POP3 and over IMAP, and leaves it alone with `keep`. */
for (const protocol of ['pop3', 'imap'] as const) {
  test(`fetches everything once over ${protocol}`, async () => {
    const servers = await openMailServers();
    try {
      for (const [index, { text }] of officeMail.entries()) {
        await servers.store.deliver(alice.user, text, { deliveryId: `d${index}` });
      }
      const home = servers.folder;
      const ca = join(home, 'ca.pem');
      await writeFile(ca, servers.ca);
      const fetch = async (keep: string): Promise<string> => {
        const spool = join(home, 'fetched');
        await writeFile(spool, '');
        const control = join(home, 'fetchmailrc');
        await writeFile(
          control,
          `poll localhost protocol ${protocol} service ${servers.ports[protocol]} uidl
user "${alice.user}" password "${alice.pass}" ${keep}
sslproto "TLS1.2+" sslcertck sslcertfile "${ca}"
mda "cat >>${spool}"
`.replace(' uidl', protocol === 'pop3' ? ' uidl' : ''),
        );
        await chmod(control, 0o600);
        const args = ['-f', control, '--nosyslog', '--pidfile', join(home, 'pid'), '-i', join(home, 'ids')];
        const found = await runProgram('fetchmail', [...args, '-v'], {
          env: { HOME: home, FETCHMAILHOME: home, USER: 'root', LOGNAME: 'root' },
        });
        // 1: there was no mail.
        assert.ok(found.code === 0 || found.code === 1, `${found.code} ${found.stderr} ${found.stdout}`);
        return readFile(spool, 'utf8');
      };
      const kept = await fetch('keep');
      for (const subject of ['Lunch', 'Fwd: report']) assert.match(kept, new RegExp(`^Subject: ${subject}\r?$`, 'm'));
      assert.equal(await fetch('keep'), '');
      await fetch('nokeep fetchall');
      const mailbox = await servers.store.open(alice.user);
      assert.equal((await (await mailbox.folder('INBOX'))!.status()).messages, 0);
      mailbox.release();
    } finally {
      await servers.close();
    }
  });
}
