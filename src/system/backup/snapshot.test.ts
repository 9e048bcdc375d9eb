import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { SqliteWriter } from '../../lib/sqlite.ts';
import type { BackupPart } from './parts.ts';
import { takeSnapshot, walk } from './snapshot.ts';

interface Place {
  readonly data: string;
  readonly copy: string;
  /** What works on the data is ended before it is removed. */
  end: () => Promise<void>;
}

async function place(context: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-snapshot-'));
  await mkdir(join(folder, 'data'));
  const made: Place = { data: join(folder, 'data'), copy: join(folder, 'copy'), end: async () => {} };
  context.after(async () => {
    await made.end();
    await rm(folder, { recursive: true });
  });
  return made;
}

const mail: BackupPart = { path: 'mail', kind: 'folder', config: false, databases: ['index.db'], leaveOut: /^tmp$/ };

async function paths(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, kind } of walk(folder)) found.push(kind === 'folder' ? `${path}/` : path);
  return found;
}

test('copies files, folders and databases, and leaves out what passes', async (context) => {
  const { data, copy } = await place(context);
  for (const folder of ['mail/a@x/Maildir/cur', 'mail/a@x/Maildir/tmp', 'mail/empty']) {
    await mkdir(join(data, folder), { recursive: true });
  }
  await writeFile(join(data, 'mail/a@x/Maildir/cur/1.a:2,S'), 'one');
  await writeFile(join(data, 'mail/a@x/Maildir/tmp/2.b'), 'half');
  await writeFile(join(data, '.config.json.1.2.new'), 'half');
  await writeFile(join(data, 'config.json'), '{}');
  const db = new DatabaseSync(join(data, 'mail/a@x/index.db'));
  db.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES ('in the log still')");
  const parts: BackupPart[] = [
    mail,
    { path: 'config.json', kind: 'file', config: true },
    { path: 'other.db', kind: 'sqlite', config: true },
  ];
  const snapshot = await takeSnapshot(data, copy, parts);
  db.close();
  assert.deepEqual(
    snapshot.parts.map(({ present }) => present),
    [true, true, false],
  );
  assert.deepEqual(await paths(copy), [
    'config.json',
    'mail/',
    'mail/a@x/',
    'mail/a@x/Maildir/',
    'mail/a@x/Maildir/cur/',
    'mail/a@x/Maildir/cur/1.a:2,S',
    'mail/a@x/Maildir/tmp/',
    'mail/a@x/index.db',
    'mail/empty/',
  ]);
  assert.equal(snapshot.files, 3);
  const copied = new DatabaseSync(join(copy, 'mail/a@x/index.db'), { readOnly: true });
  assert.equal(copied.prepare('SELECT x FROM t').get()?.x, 'in the log still');
  copied.close();
  await rm(join(data, 'mail/a@x/Maildir/cur/1.a:2,S'));
  assert.equal(
    await readFile(join(copy, 'mail/a@x/Maildir/cur/1.a:2,S'), 'utf8'),
    'one',
    'what is removed later is kept',
  );
});

test('a file that grows is copied as it is then; others are linked', async (context) => {
  const { data, copy } = await place(context);
  await mkdir(join(data, 'audit'));
  await writeFile(join(data, 'audit/1.log'), 'one\n');
  await writeFile(join(data, 'audit/made'), 'one');
  await takeSnapshot(data, copy, [{ path: 'audit', kind: 'folder', config: false, growing: /\.log$/ }]);
  await writeFile(join(data, 'audit/1.log'), 'two\n', { flag: 'a' });
  assert.equal(await readFile(join(copy, 'audit/1.log'), 'utf8'), 'one\n');
  assert.equal((await lstat(join(copy, 'audit/made'))).ino, (await lstat(join(data, 'audit/made'))).ino);
});

test('while files move between folders and change their names, each one is there exactly once', async (context) => {
  const here = await place(context);
  const { data, copy } = here;
  const top = join(data, 'mail/a@x');
  const folders = ['cur', '.B/cur', '.C/cur'];
  for (const folder of folders) await mkdir(join(top, 'Maildir', folder), { recursive: true });
  const names = Array.from({ length: 200 }, (_, at) => ({ at, path: join('Maildir/cur', `${at}.m:2,`) }));
  for (const { path } of names) await writeFile(join(top, path), path);
  const inodes = new Set(await Promise.all(names.map(async ({ path }) => (await lstat(join(top, path))).ino)));
  new DatabaseSync(join(top, 'index.db')).close();
  let done = false;
  let moves = 0;
  const moving = (async () => {
    for (; !done; moves++) {
      const one = names[(moves * 7) % names.length]!;
      const next = join('Maildir', folders[moves % 3]!, `${one.at}.m:2,${moves % 2 ? 'S' : ''}`);
      await rename(join(top, one.path), join(top, next));
      one.path = next;
    }
  })();
  here.end = async () => {
    done = true;
    await moving;
  };
  for (let round = 0; round < 5; round++) {
    await takeSnapshot(data, join(copy, String(round)), [mail]);
    const found: number[] = [];
    for (const path of await paths(join(copy, String(round)))) {
      if (path.includes('.m:2,')) found.push((await lstat(join(copy, String(round), path))).ino);
    }
    assert.equal(new Set(found).size, found.length, 'no file twice');
    assert.deepEqual(new Set(found), inodes);
  }
  assert.ok(moves > 100, `only ${moves} moves: the test tested nothing`);
});

test('a database that is written to all the time is copied whole', async (context) => {
  const here = await place(context);
  const { data, copy } = here;
  const writer = new SqliteWriter();
  const db = await writer.open(join(data, 'queue.db'), ['CREATE TABLE t (a, b)']);
  let [done, last] = [false, 0];
  const writing = (async () => {
    for (; !done; last++) {
      await db.write([
        { sql: 'INSERT INTO t VALUES (?, NULL)', params: [last] },
        { sql: 'UPDATE t SET b = a WHERE b IS NULL' },
      ]);
    }
  })();
  here.end = async () => {
    done = true;
    await writing;
    await db.close();
    await writer.close();
  };
  for (let round = 0; round < 5; round++) {
    const before = last;
    const folder = join(copy, String(round));
    await takeSnapshot(data, folder, [{ path: 'queue.db', kind: 'sqlite', config: true }]);
    assert.deepEqual(await readdir(folder), ['queue.db']);
    const copied = new DatabaseSync(join(folder, 'queue.db'), { readOnly: true });
    assert.equal(copied.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    const row = copied.prepare('SELECT count(*) AS n, count(b) AS whole FROM t').get()!;
    assert.equal(row.n, row.whole, 'no half transaction');
    assert.ok(Number(row.n) >= before, 'all that was committed before');
    copied.close();
  }
});
