import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { message, StoreBench, subjects, textOf } from './testing.ts';
import { type Folder, type FolderChanges, FolderGoneError } from './types.ts';

const alice = 'alice@office.test';
let bench: StoreBench;
beforeEach(async () => {
  bench = await StoreBench.make();
});
afterEach(() => bench.end());

/** The next change that a folder tells of. */
function nextChange(folder: Folder): Promise<FolderChanges> {
  return new Promise((resolve) => {
    const stop = folder.watch((changes) => {
      stop();
      resolve(changes);
    });
  });
}

test('a new mailbox has INBOX and the folders that mail programs look for', async () => {
  const mailbox = await bench.store.open(alice);
  const folders = await mailbox.folders();
  assert.deepEqual(
    folders.map(({ name, specialUse, subscribed }) => [name, specialUse, subscribed]),
    [
      ['INBOX', undefined, true],
      ['Drafts', '\\Drafts', true],
      ['Junk', '\\Junk', true],
      ['Sent', '\\Sent', true],
      ['Trash', '\\Trash', true],
    ],
  );
  mailbox.release();
});

test('a delivery is a file in new, LF on disk and CRLF when read, and is told', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('inbox'))!;
  const told = nextChange(inbox);
  const { uid } = await bench.store.deliver(alice, message('one'), { deliveryId: 'q1' });
  assert.deepEqual((await told).added, await inbox.list());
  const [name] = await readdir(bench.maildir(alice, 'new'));
  const file = await readFile(bench.maildir(alice, 'new', name!), 'utf8');
  assert.equal(file, message('one').replaceAll('\r\n', '\n'));
  assert.match(name!, new RegExp(`^\\d+\\.d_q1\\.box\\.office\\.test,S=${file.length},W=${message('one').length}$`));
  assert.equal(await textOf(await inbox.content(uid)), message('one'));
  assert.deepEqual(await readdir(bench.maildir(alice, 'tmp')), []);
  const status = await inbox.status();
  assert.deepEqual(
    [status.messages, status.unseen, status.recent, status.uidNext, status.sizeBytes],
    [1, 1, 1, uid + 1, message('one').length],
  );
  assert.deepEqual(
    bench.events.filter(({ name }) => name === 'store.delivered').map(({ fields }) => fields),
    [{ account: alice, folder: 'INBOX', uid, sizeBytes: message('one').length }],
  );
});

test('a delivery that comes again is the one that is there, wherever it was moved', async () => {
  const delivery = { deliveryId: 'two/☎', folder: 'Work.Orders' };
  const [first, same] = await Promise.all([
    bench.store.deliver(alice, message('x'), delivery),
    bench.store.deliver(alice, message('x'), delivery),
  ]);
  assert.deepEqual(first, same);
  const mailbox = await bench.store.open(alice);
  const moved = await (await mailbox.folder('Work.Orders'))!.move([first.uid], 'Trash');
  assert.ok(moved !== 'missing');
  assert.deepEqual(await bench.store.deliver(alice, message('x'), delivery), {
    uid: moved.uids[0]!.to,
  });
  await bench.reopen('crash');
  await rm(join(bench.folder, alice, 'index.db'));
  await bench.store.deliver(alice, message('x'), delivery);
  assert.deepEqual(await (await bench.store.open(alice)).usage(), {
    messages: 1,
    sizeBytes: message('x').length,
    quotaBytes: 0,
  });
});

test('flags: letters in the name, keywords in the index, letters of others kept', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  const { uid } = await inbox.append(message('one'), { flags: ['\\seen', '$forwarded', 'Work', '\\Recent', 'a b'] });
  assert.deepEqual((await inbox.get(uid))!.flags, ['$Forwarded', 'Work', '\\Seen']);
  const [name] = await readdir(bench.maildir(alice, 'cur'));
  assert.match(name!, /:2,PS$/);
  await rename(bench.maildir(alice, 'cur', name!), bench.maildir(alice, 'cur', `${name}a`));
  const before = (await inbox.status()).highestModSeq;
  const [now] = await inbox.setFlags([uid, 99], 'remove', ['\\SEEN', 'work']);
  assert.deepEqual(now!.flags, ['$Forwarded']);
  assert.ok(now!.modSeq > before);
  assert.equal((await inbox.status()).unseen, 1);
  assert.match((await readdir(bench.maildir(alice, 'cur')))[0]!, /:2,Pa$/);
  const [same] = await inbox.setFlags([uid], 'add', ['$Forwarded']);
  assert.equal(same!.modSeq, now!.modSeq);
  await inbox.setFlags([uid], 'replace', ['\\Deleted', 'constructor', '$MDNSent']);
  await bench.reopen('crash');
  const again = (await (await bench.store.open(alice)).folder('INBOX'))!;
  assert.deepEqual((await again.get(uid))!.flags, ['$MDNSent', '\\Deleted', 'constructor']);
  assert.equal((await again.status()).deleted, 1);
});

test('other programs: new mail, flags and removals are noticed while the folder is watched', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  const added = nextChange(inbox);
  await writeFile(bench.maildir(alice, 'tmp', '1700000000.M1P2.other'), 'Subject: procmail\n\nhello\n');
  await rename(
    bench.maildir(alice, 'tmp', '1700000000.M1P2.other'),
    bench.maildir(alice, 'new', '1700000000.M1P2.other'),
  );
  const [info] = (await added).added;
  assert.equal(info!.sizeBytes, 'Subject: procmail\r\n\r\nhello\r\n'.length);
  const content = (await inbox.content(info!.uid))!;
  const changed = nextChange(inbox);
  await rename(
    bench.maildir(alice, 'new', '1700000000.M1P2.other'),
    bench.maildir(alice, 'cur', '1700000000.M1P2.other:2,FS'),
  );
  assert.deepEqual((await changed).changed[0]!.flags, ['\\Flagged', '\\Seen']);
  assert.equal(await textOf(content, 9, 17), 'procmail');
  const expunged = nextChange(inbox);
  await unlink(bench.maildir(alice, 'cur', '1700000000.M1P2.other:2,FS'));
  assert.deepEqual((await expunged).expunged, [info!.uid]);
  assert.equal(await inbox.content(info!.uid), undefined);
});

test('a file that another program renames between look-up and reading is found again', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  const uids = [];
  for (const one of ['a', 'b', 'c']) uids.push((await inbox.append(message(one))).uid);
  const content = (await inbox.content(uids[1]!))!;
  for (const name of await readdir(bench.maildir(alice, 'cur')))
    await rename(bench.maildir(alice, 'cur', name), bench.maildir(alice, 'cur', `${name}S`));
  assert.equal(await textOf(content), message('b'));
  for (const name of await readdir(bench.maildir(alice, 'cur')))
    await rename(bench.maildir(alice, 'cur', name), bench.maildir(alice, 'cur', name.replace(/S$/, 'RS')));
  const copied = await inbox.copy(uids, 'Sent');
  assert.ok(copied !== 'missing' && copied.uids.length === 3);
  assert.deepEqual((await inbox.setFlags(uids, 'add', ['\\Flagged']))[0]!.flags, ['\\Answered', '\\Flagged', '\\Seen']);
  for (const name of await readdir(bench.maildir(alice, 'cur')))
    await rename(bench.maildir(alice, 'cur', name), bench.maildir(alice, 'cur', name.replace(/FRS$/, '')));
  assert.deepEqual(await inbox.expunge([uids[0]!]), [uids[0]]);
  assert.ok((await inbox.move(uids.slice(1), 'Trash')) !== 'missing');
  assert.deepEqual(await readdir(bench.maildir(alice, 'cur')), []);
  assert.equal((await inbox.status()).messages, 0);
});

test('copy and move keep flags, keywords and date; a reader that began finishes after expunge', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  const body = 'line\r\n'.repeat(60_000);
  const { uid } = await inbox.append(message('big', body), { flags: ['\\Seen', 'x'], internalDate: 1_600_000_000_000 });
  const copied = await inbox.copy([uid, 77], 'Archive');
  assert.equal(copied, 'missing');
  const sent = (await mailbox.folder('Sent'))!;
  assert.deepEqual(await inbox.copy([uid], 'Sent'), { uidValidity: sent.uidValidity, uids: [{ from: uid, to: 1 }] });
  assert.deepEqual({ ...(await sent.get(1)), modSeq: 0 }, { ...(await inbox.get(uid)), modSeq: 0, uid: 1 });
  const structure = await inbox.structure(uid);
  const trash = (await mailbox.folder('Trash'))!;
  const told = Promise.all([nextChange(inbox), nextChange(trash)]);
  assert.deepEqual(await inbox.move([uid], 'Trash'), { uidValidity: trash.uidValidity, uids: [{ from: uid, to: 1 }] });
  const [gone, come] = await told;
  assert.deepEqual([gone.expunged, come.added.length], [[uid], 1]);
  assert.deepEqual(await trash.structure(1), structure);
  assert.equal((await trash.get(1))!.internalDate, 1_600_000_000_000);
  const reading = (await trash.content(1))!.read()[Symbol.asyncIterator]();
  const first = await reading.next();
  assert.deepEqual(await trash.expunge([1, 1, 5]), [1]);
  let size = (first.value as Uint8Array).length;
  for (let next = await reading.next(); !next.done; next = await reading.next()) size += next.value.length;
  assert.equal(size, message('big', body).length);
  assert.equal(await inbox.move([1], 'None'), 'missing');
});

test('reading pieces of a message gives what reading the whole does', async () => {
  const mailbox = await bench.store.open(alice);
  const sent = (await mailbox.folder('Sent'))!;
  const text = message('pieces', Array.from({ length: 9000 }, (_, n) => `${n}`.repeat(n % 40)).join('\r\n'));
  const { uid } = await sent.append(text);
  const content = (await sent.content(uid))!;
  assert.equal(content.sizeBytes, text.length);
  for (const [start, end] of [
    [0, 10],
    [150_000, 200_001],
    [70_000, 70_001],
    [199_000, 9e9],
    [5, 5],
    [9, 3],
  ] as const)
    assert.equal(await textOf(content, start, end), text.slice(start, end));
});

test('folders: made, removed, renamed with those below, refused names', async () => {
  const mailbox = await bench.store.open(alice);
  assert.equal(await mailbox.create('Büro.Fälle.2026'), 'done');
  assert.equal(await mailbox.create('Büro.Fälle.2026'), 'exists');
  for (const bad of ['', '.', 'a..b', '.a', 'a.', 'a/b', '..', 'a\nb', 'x'.repeat(201), '\ud800', 'a.\u0085'])
    assert.equal(await mailbox.create(bad), 'invalid', JSON.stringify(bad));
  const folder = (await mailbox.folder('Büro.Fälle.2026'))!;
  const { uid } = await folder.append(message('kept'));
  const before = folder.uidValidity;
  assert.equal(await mailbox.rename('Büro', 'Büro.Neu'), 'invalid');
  assert.equal(await mailbox.rename('Büro', 'Sent'), 'exists');
  assert.equal(await mailbox.rename('Büro', 'Kanzlei'), 'done');
  assert.equal(await mailbox.rename('Büro', 'Kanzlei2'), 'missing');
  assert.equal(folder.name, 'Kanzlei.Fälle.2026');
  assert.equal(await textOf(await folder.content(uid)), message('kept'));
  const shown = (await mailbox.folders()).filter(({ name }) => name.startsWith('K'));
  assert.deepEqual(
    shown.map(({ name, hasChildren, selectable }) => [name, hasChildren, selectable]),
    [
      ['Kanzlei', true, false],
      ['Kanzlei.Fälle', true, false],
      ['Kanzlei.Fälle.2026', false, true],
    ],
  );
  await bench.reopen('crash');
  const again = await bench.store.open(alice);
  assert.deepEqual(await subjects(again, 'Kanzlei.Fälle.2026'), [[uid, 'kept']]);
  assert.equal((await again.folder('Kanzlei.Fälle.2026'))!.uidValidity, before);
  assert.equal(await again.remove('Kanzlei.Fälle.2026'), 'done');
  assert.equal(await again.remove('Kanzlei.Fälle.2026'), 'missing');
  assert.equal(await again.remove('INBOX'), 'invalid');
  assert.equal(await again.create('Kanzlei.Fälle.2026'), 'done');
  assert.ok((await again.folder('Kanzlei.Fälle.2026'))!.uidValidity > before);
  assert.deepEqual(
    (await readdir(join(bench.folder, alice))).filter((name) => name.includes('-0')),
    [],
  );
});

test('renaming INBOX moves its messages', async () => {
  const mailbox = await bench.store.open(alice);
  await bench.store.deliver(alice, message('one'), { deliveryId: '1' });
  assert.equal(await mailbox.rename('inbox', 'Old'), 'done');
  assert.deepEqual(await subjects(mailbox, 'Old'), [[1, 'one']]);
  assert.equal((await (await mailbox.folder('INBOX'))!.status()).uidNext, 2);
});

test('subscriptions stand in the file of Courier, whose other lines are kept', async () => {
  const mailbox = await bench.store.open(alice);
  await writeFile(bench.maildir(alice, 'courierimapsubscribed'), 'INBOX\nINBOX.Sent\n#shared.x\n');
  await mailbox.subscribe('Nirgends.Ö', true);
  await mailbox.subscribe('inbox', false);
  assert.deepEqual(await mailbox.subscriptions(), ['Nirgends.Ö', 'Sent']);
  assert.equal(
    await readFile(bench.maildir(alice, 'courierimapsubscribed'), 'utf8'),
    'INBOX.Nirgends.Ö\nINBOX.Sent\n#shared.x\n',
  );
});

test('recent belongs to who claims it first', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  await inbox.append(message('one'));
  assert.deepEqual(await inbox.recent(false), [1]);
  assert.deepEqual(await Promise.all([inbox.recent(true), inbox.recent(true)]), [[1], []]);
  await inbox.append(message('two'));
  await bench.reopen('crash');
  const again = (await (await bench.store.open(alice)).folder('INBOX'))!;
  assert.deepEqual(await again.recent(false), [2]);
});

test('the index is lost: after an orderly end UIDs stay, after a crash UIDVALIDITY grows', async () => {
  const open = async () => (await (await bench.store.open(alice)).folder('INBOX'))!;
  const first = await open();
  for (const one of ['a', 'b', 'c']) await first.append(message(one), { flags: ['\\Flagged'] });
  await first.expunge([1, 3]);
  await bench.reopen('close');
  assert.match(await readFile(bench.maildir(alice, 'courierimapuiddb'), 'utf8'), /^1 \d+ 4\n2 \d+\.\S+\n$/);
  for (const end of ['', '-wal', '-shm']) await rm(join(bench.folder, alice, `index.db${end}`), { force: true });
  const second = await open();
  assert.equal(second.uidValidity, first.uidValidity);
  assert.deepEqual(
    (await second.list()).map(({ uid, flags }) => [uid, flags]),
    [[2, ['\\Flagged']]],
  );
  assert.equal((await second.append(message('d'))).uid, 4);
  await bench.reopen('crash');
  await rm(join(bench.folder, alice, 'index.db-wal'));
  await writeFile(
    join(bench.folder, alice, 'index.db'),
    'no database at all, but long enough to have a header'.repeat(99),
  );
  const third = await open();
  assert.ok(third.uidValidity > second.uidValidity);
  assert.deepEqual(
    (await third.list()).map(({ uid }) => uid),
    [1, 2],
  );
  const told = bench.events.filter(({ name }) => name === 'store.recovered').at(-1)!;
  assert.deepEqual(told.fields, { account: alice, folder: 'INBOX', found: 2, lost: 0 });
});

test('a Courier Maildir moves in with its UIDs, and what Courier did meanwhile is taken over', async () => {
  const maildir = bench.maildir('bob@office.test');
  for (const part of ['cur', 'new', 'tmp', '.Sent/cur', '.Sent/new', '.Sent/tmp'])
    await mkdir(join(maildir, part), { recursive: true });
  await writeFile(join(maildir, 'cur/1600000001.M1P1.mail,S=20:2,RS'), 'Subject: first\n\n\n\n\n\n');
  await writeFile(join(maildir, 'new/1600000009.M1P1.mail,S=19'), 'Subject: third\n\n\n\n\n');
  await writeFile(join(maildir, 'cur/1600000002.M1P1.mail,S=17:2,'), 'Subject: second\n\n');
  const list = '1 1234567 11\n7 1600000001.M1P1.mail,S=20\n10 1600000002.M1P1.mail,S=17\n';
  await writeFile(join(maildir, 'courierimapuiddb'), list);
  const mailbox = await bench.store.open('bob@office.test');
  const inbox = (await mailbox.folder('INBOX'))!;
  assert.equal(inbox.uidValidity, 1234567);
  assert.deepEqual(await subjects(mailbox, 'INBOX'), [
    [7, 'first'],
    [10, 'second'],
    [11, 'third'],
  ]);
  assert.deepEqual(
    (await mailbox.folders()).map(({ name }) => name),
    ['INBOX', 'Sent'],
  );
  await bench.reopen('close');
  const kept = await readFile(join(maildir, 'courierimapuiddb'), 'utf8');
  assert.equal(kept, list.replace(' 11\n', ' 12\n').concat('11 1600000009.M1P1.mail,S=19\n'));
  await writeFile(join(maildir, 'new/1600000010.M1P1.mail'), 'Subject: fourth\n\n');
  await writeFile(
    join(maildir, 'courierimapuiddb'),
    kept.replace(' 12\n', ' 15\n').concat('13 1600000010.M1P1.mail\n'),
  );
  const again = await bench.store.open('bob@office.test');
  assert.deepEqual((await subjects(again, 'INBOX')).at(-1), [13, 'fourth']);
  assert.equal((await (await again.folder('INBOX'))!.append(message('x'))).uid, 15);
});

test('folders that other programs make, fill and remove', async () => {
  const mailbox = await bench.store.open(alice);
  for (const part of ['cur', 'new', 'tmp']) await mkdir(bench.maildir(alice, '.Lists.Ä', part), { recursive: true });
  await writeFile(bench.maildir(alice, '.Lists.Ä', 'new', 'x'), 'Subject: there\n\n');
  await mkdir(bench.maildir(alice, '.no..folder', 'cur'), { recursive: true });
  assert.deepEqual(await subjects(mailbox, 'Lists.Ä'), [[1, 'there']]);
  const folder = (await mailbox.folder('Lists.Ä'))!;
  await rm(bench.maildir(alice, '.Lists.Ä'), { recursive: true });
  await assert.rejects(folder.status(), FolderGoneError);
  assert.equal(await mailbox.folder('Lists.Ä'), undefined);
  await assert.rejects(folder.append(message('x')), FolderGoneError);
  assert.deepEqual(await mailbox.usage(), { messages: 0, sizeBytes: 0, quotaBytes: 0 });
});

test('mailboxes nobody uses are closed after a while, or when there are too many', async () => {
  await bench.store.close();
  bench.store = bench.make({ idleLimit: 2, idleMs: 1000 });
  const accounts = ['a@x', 'b@x', 'c@x', 'd/%e@x'];
  for (const account of accounts) await bench.store.deliver(account, message('x'), { deliveryId: 'same' });
  for (const account of accounts) {
    const mailbox = await bench.store.open(account);
    assert.deepEqual(await subjects(mailbox, 'INBOX'), [[1, 'x']]);
    mailbox.release();
    mailbox.release();
  }
  assert.ok((await readdir(bench.folder)).includes('d%2f%25e@x'));
  await bench.clock.advance(2000);
  await bench.store.close();
  assert.equal(bench.clock.pending, 0);
  await assert.rejects(bench.store.open('a@x'), /closed/);
});

test('removing an account ends its openings', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  await bench.store.remove(alice);
  assert.deepEqual(await readdir(bench.folder), []);
  await assert.rejects(inbox.append(message('x')));
  await bench.store.remove('nobody@office.test');
  assert.deepEqual(await (await bench.store.open(alice)).usage(), { messages: 0, sizeBytes: 0, quotaBytes: 0 });
});

test('a message that cannot be read to its end is not stored', async () => {
  const mailbox = await bench.store.open(alice);
  const inbox = (await mailbox.folder('INBOX'))!;
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('Subject: half\r\n');
    throw new Error('connection lost');
  }
  await assert.rejects(inbox.append(broken()), /connection lost/);
  assert.deepEqual(await readdir(bench.maildir(alice, 'tmp')), []);
  assert.equal((await inbox.status()).messages, 0);
});

test('files in tmp that nobody ended are removed after 36 hours', async () => {
  (await bench.store.open(alice)).release();
  await bench.reopen('close');
  const old = new Date(bench.clock.now() - 37 * 3600 * 1000);
  await writeFile(bench.maildir(alice, 'tmp', 'old'), 'x');
  await utimes(bench.maildir(alice, 'tmp', 'old'), old, old);
  await writeFile(bench.maildir(alice, 'tmp', 'young'), 'x');
  await bench.store.open(alice);
  assert.deepEqual(await readdir(bench.maildir(alice, 'tmp')), ['young']);
});

test('a message with the name of one that is in the target keeps both when moved', async () => {
  const mailbox = await bench.store.open(alice);
  await writeFile(bench.maildir(alice, 'cur', '1.a.b:2,S'), 'Subject: one\n\n');
  await copyFile(bench.maildir(alice, 'cur', '1.a.b:2,S'), bench.maildir(alice, '.Sent', 'cur', '1.a.b:2,S'));
  await (await mailbox.folder('Sent'))!.status();
  const inbox = (await mailbox.folder('INBOX'))!;
  await inbox.move([1], 'Sent');
  assert.deepEqual(await subjects(mailbox, 'Sent'), [
    [1, 'one'],
    [2, 'one'],
  ]);
  await inbox.append(message('self'));
  assert.deepEqual(await inbox.move([2], 'INBOX'), { uidValidity: inbox.uidValidity, uids: [{ from: 2, to: 3 }] });
  assert.deepEqual(await subjects(mailbox, 'INBOX'), [[3, 'self']]);
});
