import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ConflictError, DatabaseError, SqliteWriter } from './sqlite.ts';

let folder: string;
let writer: SqliteWriter;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-sqlite-'));
  writer = new SqliteWriter();
});
after(async () => {
  await writer.close();
  await rm(folder, { recursive: true });
});

const schema = ['CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT'];

test('a write is seen by the reader when it resolves, and by the next opening', async () => {
  const path = join(folder, 'seen.db');
  const db = await writer.open(path, schema);
  const [made] = await db.write([{ sql: 'INSERT INTO t VALUES (?, ?) RETURNING n', params: ['a', 1] }]);
  assert.deepEqual(
    made?.rows.map((row) => row.n),
    [1],
  );
  assert.equal(db.get<{ n: number }>('SELECT n FROM t WHERE k = ?', 'a')?.n, 1);
  await db.close();
  const again = await writer.open(path, [...schema, 'ALTER TABLE t ADD COLUMN extra TEXT']);
  assert.deepEqual({ ...again.get('SELECT * FROM t')! }, { k: 'a', n: 1, extra: null });
  await again.close();
});

test('a former version goes on with a database that a newer one has added to, and the newer one with that', async () => {
  const path = join(folder, 'rollback.db');
  const newer = [
    ...schema,
    "ALTER TABLE t ADD COLUMN extra TEXT NOT NULL DEFAULT 'x'; CREATE TABLE more (a TEXT) STRICT",
  ];
  const insert = { sql: 'INSERT INTO t (k, n) VALUES (?, ?)' };
  for (const [at, migrations] of [schema, newer, schema, newer].entries()) {
    const db = await writer.open(
      path,
      migrations.map((sql) => sql.replace('(a)', '(a TEXT)')),
    );
    await db.write([{ ...insert, params: [`key ${at}`, at] }]);
    assert.equal(db.all('SELECT k FROM t').length, at + 1);
    await db.close();
  }
});

test('a migration that does more than add is refused: a former version could not go on', async () => {
  const path = join(folder, 'additive.db');
  for (const migration of [
    'DROP TABLE t',
    'ALTER TABLE t RENAME COLUMN n TO m',
    'CREATE TABLE x (a TEXT); DELETE FROM t',
  ])
    await assert.rejects(writer.open(path, [...schema, migration]), /more than add/);
});

test('transactions that wait together are committed together, and one that fails leaves its neighbours', async () => {
  const db = await writer.open(join(folder, 'group.db'), schema);
  const settled = await Promise.allSettled([
    db.write([{ sql: "INSERT INTO t VALUES ('x', 1)" }]),
    db.write([{ sql: "INSERT INTO t VALUES ('lost', 1)" }, { sql: "INSERT INTO t VALUES ('x', 2)" }]),
    db.write([
      { sql: "INSERT INTO t VALUES ('lost too', 1)" },
      { sql: "UPDATE t SET n = 3 WHERE k = 'none'", changes: 1 },
    ]),
    db.write([{ sql: "UPDATE t SET n = n + 1 WHERE k = 'x'", changes: 1 }]),
  ]);
  assert.deepEqual(
    settled.map((one) => one.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.ok((settled[1] as PromiseRejectedResult).reason instanceof DatabaseError);
  assert.ok((settled[2] as PromiseRejectedResult).reason instanceof ConflictError);
  assert.deepEqual(
    db.all('SELECT * FROM t').map((row) => ({ ...row })),
    [{ k: 'x', n: 2 }],
  );
  await db.close();
});

test('one database has one writer', async () => {
  const path = join(folder, 'one.db');
  const db = await writer.open(path, schema);
  await assert.rejects(writer.open(path, schema), /one writer/);
  await db.close();
});

test('where SQLite undoes the transaction of all, none of them is told that it was committed', async () => {
  const db = await writer.open(join(folder, 'undone.db'), schema);
  const settled = await Promise.allSettled([
    db.write([{ sql: "INSERT INTO t VALUES ('x', 1)" }]),
    db.write([{ sql: "INSERT OR ROLLBACK INTO t VALUES ('x', 2)" }]),
    db.write([{ sql: "INSERT INTO t VALUES ('y', 3)" }]),
  ]);
  const kept = db.all('SELECT k FROM t').map((row) => row.k);
  assert.deepEqual(
    settled.map((one, index) => one.status === 'fulfilled' && ['x', '', 'y'][index]).filter(Boolean),
    kept,
  );
  await db.write([{ sql: "INSERT INTO t VALUES ('z', 4)" }]);
  assert.equal(db.get('SELECT n FROM t WHERE k = ?', 'z')?.n, 4);
  await db.close();
});
