import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { message, StoreBench, subjects } from './testing.ts';

/** Another program's Maildir, Python's `mailbox`, reads what the store wrote, and writes what the store reads. */
const program = `
import json, mailbox, sys
box = mailbox.Maildir(sys.argv[1], create=False)
seen = []
for name in ['', *box.list_folders()]:
    folder = box.get_folder(name) if name else box
    for key, message in folder.items():
        seen.append([name, message['Subject'], message.get_subdir(), message.get_flags(), folder.get_bytes(key).decode()])
        if message['Subject'] == 'flag me':
            message.set_flags('FS')
            message.set_subdir('cur')
            folder[key] = message
added = mailbox.MaildirMessage('Subject: from python\\n\\nhello\\n')
added.set_subdir('cur')
added.set_flags('RS')
box.get_folder('Sent').add(added)
box.add_folder('Py.Ü').add('Subject: in a new folder\\n\\nhello\\n')
print(json.dumps(sorted(seen)))
`;

test("Python's mailbox reads and writes the same Maildir", async () => {
  const alice = 'alice@office.test';
  const bench = await StoreBench.make();
  try {
    const mailbox = await bench.store.open(alice);
    await bench.store.deliver(alice, message('new one'), { deliveryId: '1' });
    const inbox = (await mailbox.folder('INBOX'))!;
    const { uid } = await inbox.append(message('flag me'), { flags: ['\\Draft', 'kept'] });
    await mailbox.create('Büro.Alt');
    await (await mailbox.folder('Büro.Alt'))!.append(message('deep'), { flags: ['\\Answered', '$Forwarded'] });
    const run = promisify(execFile);
    const { stdout } = await run('python3', ['-c', program, bench.maildir(alice)]).catch((error) => {
      throw new Error(`this test needs python3 (Debian package python3): ${error.message}`);
    });
    const bytes = (subject: string): string => message(subject).replaceAll('\r\n', '\n');
    assert.deepEqual(JSON.parse(stdout), [
      ['', 'flag me', 'cur', 'D', bytes('flag me')],
      ['', 'new one', 'new', '', bytes('new one')],
      ['Büro.Alt', 'deep', 'cur', 'PR', bytes('deep')],
    ]);
    assert.deepEqual(
      (await (await mailbox.folder('INBOX'))!.list()).map(({ uid, flags }) => [uid, flags]),
      [
        [1, []],
        [uid, ['\\Flagged', '\\Seen', 'kept']],
      ],
    );
    assert.deepEqual(await subjects(mailbox, 'Sent'), [[1, 'from python']]);
    assert.deepEqual((await (await mailbox.folder('Sent'))!.get(1))!.flags, ['\\Answered', '\\Seen']);
    assert.deepEqual(await subjects(mailbox, 'Py.Ü'), [[1, 'in a new folder']]);
  } finally {
    await bench.end();
  }
});
