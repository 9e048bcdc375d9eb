import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { alice, openMailServers } from '../support/mail-servers.ts';
import { officeMail } from '../support/office-mail.ts';
import { runProgram } from '../support/run-program.ts';

/** mutt opens INBOX, limits, flags, saves into a new folder, deletes and leaves, driven by commands in its configuration. `script` gives it a terminal. */
test('mutt works a mailbox', async () => {
  const servers = await openMailServers();
  try {
    for (const [index, { text }] of officeMail.entries()) {
      await servers.store.deliver(alice.user, text, { deliveryId: `d${index}` });
    }
    const home = servers.folder;
    await writeFile(join(home, 'ca.pem'), servers.ca);
    const url = `imaps://localhost:${servers.ports.imaps}`;
    const rc = join(home, 'muttrc');
    await writeFile(
      rc,
      `set folder="${url}/" spoolfile="${url}/INBOX" imap_user="${alice.user}" imap_pass="${alice.pass}"
set ssl_starttls=yes certificate_file="${home}/ca.pem" ssl_verify_dates=no
set delete=yes confirmappend=no confirmcreate=no quit=yes sort=mailbox-order move=no wait_key=no sleep_time=0
set imap_check_subscribed=no mark_old=no resolve=no print=yes print_command="cat > ${home}/printed"
push "<jump>2<enter><flag-message><print-message><jump>1<enter><save-message>=Kept<enter><jump>3<enter><delete-message><quit>"
`,
    );
    const found = await runProgram('script', ['-qec', `mutt -n -F ${rc}`, '/dev/null'], {
      env: { HOME: home, TERM: 'dumb' },
    });
    assert.equal(found.code, 0, found.stderr + found.stdout.toString());
    assert.match(await readFile(join(home, 'printed'), 'utf8'), /Die Straße ist lang\./);
    const mailbox = await servers.store.open(alice.user);
    const inbox = await (await mailbox.folder('INBOX'))!.list();
    assert.deepEqual(
      inbox.map(({ uid, flags }) => [uid, flags]),
      [[2, ['\\Flagged']]],
    );
    assert.equal((await (await mailbox.folder('Kept'))!.list()).length, 1);
    mailbox.release();
  } finally {
    await servers.close();
  }
});
