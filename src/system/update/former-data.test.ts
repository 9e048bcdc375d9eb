import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '../../lib/manual-clock.ts';
import { forgetFormerData, takeOverData } from './former-data.ts';

const clock = new ManualClock();

/** A data folder that 1.3.0 has used. */
async function data(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-data-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.json'), '{"name":"box.office.test"}');
  people(folder, 'alice');
  await takeOverData(folder, '1.3.0', clock);
  return folder;
}

function people(folder: string, ...add: readonly string[]): string[] {
  const db = new DatabaseSync(join(folder, 'directory.db'));
  db.exec('PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS people (name TEXT)');
  for (const name of add) db.prepare('INSERT INTO people VALUES (?)').run(name);
  const all = db.prepare('SELECT name FROM people').all();
  db.close();
  return all.map(({ name }) => String(name));
}

const read = (folder: string, name: string) => readFile(join(folder, name), 'utf8');

test('the same version again, and the first one, keep nothing', async (context) => {
  const folder = await data(context);
  assert.deepEqual(await takeOverData(folder, '1.3.0', clock), { newerVersion: undefined, restored: [] });
  assert.ok(!(await readdir(folder)).includes('before-update'));
});

test('before a newer version begins, settings and people are kept until it is confirmed', async (context) => {
  const folder = await data(context);
  assert.deepEqual(await takeOverData(folder, '1.4.0', clock), { newerVersion: undefined, restored: [] });
  people(folder, 'bob');
  await writeFile(join(folder, 'config.json'), '{"name":"new.office.test"}');
  assert.equal(await read(folder, 'before-update/config.json'), '{"name":"box.office.test"}');
  assert.deepEqual(people(join(folder, 'before-update')), ['alice']);
  await takeOverData(folder, '1.4.0', clock);
  assert.deepEqual(people(join(folder, 'before-update')), ['alice'], 'a second start keeps the first copy');
  await forgetFormerData(folder);
  assert.ok(!(await readdir(folder)).includes('before-update'));
  await forgetFormerData(folder);
});

test('rolled back, the former version keeps what it can read: nothing that was done meanwhile is lost', async (context) => {
  const folder = await data(context);
  await takeOverData(folder, '1.4.0', clock);
  people(folder, 'bob');
  await writeFile(join(folder, 'config.json'), '{"name":"new.office.test"}');
  assert.deepEqual(await takeOverData(folder, '1.3.0', clock), { newerVersion: '1.4.0', restored: [] });
  assert.deepEqual(people(folder), ['alice', 'bob']);
  assert.equal(await read(folder, 'config.json'), '{"name":"new.office.test"}');
  // And it is known at each further start that a newer version was here.
  assert.equal((await takeOverData(folder, '1.3.0', clock)).newerVersion, '1.4.0');
  assert.equal((await takeOverData(folder, '1.4.0', clock)).newerVersion, undefined);
});

test('rolled back, the former version takes back what it cannot read, and the other is kept beside it', async (context) => {
  const folder = await data(context);
  await takeOverData(folder, '1.4.0', clock);
  const unknown = '{"host":{"name":"new.office.test"}}';
  await writeFile(join(folder, 'config.json'), unknown);
  await writeFile(join(folder, 'directory.db'), 'no database at all, though it was one');
  const { restored } = await takeOverData(folder, '1.3.0', clock);
  assert.deepEqual(restored, ['config.json', 'directory.db']);
  assert.equal(await read(folder, 'config.json'), '{"name":"box.office.test"}');
  assert.deepEqual(people(folder), ['alice']);
  assert.equal(await read(folder, 'config.json.of-1.4.0'), unknown);
  assert.match(await read(folder, 'directory.db.of-1.4.0'), /^no database/);
});

test('without a copy of its own the former version goes on with what is there', async (context) => {
  const folder = await data(context);
  await takeOverData(folder, '1.4.0', clock);
  await forgetFormerData(folder);
  await writeFile(join(folder, 'config.json'), '{"unknown":1}');
  assert.deepEqual(await takeOverData(folder, '1.3.0', clock), { newerVersion: '1.4.0', restored: [] });
  assert.equal(await read(folder, 'config.json'), '{"unknown":1}');
  await takeOverData(folder, '1.4.0', clock);
  await takeOverData(folder, '1.2.0', clock);
  assert.equal(await read(folder, 'config.json'), '{"unknown":1}', 'the copy is of 1.3.0, not of 1.2.0');
});

test('a crash while the copy is made is made good at the next start', async (context) => {
  const folder = await data(context);
  await mkdir(join(folder, 'before-update.new'));
  await writeFile(join(folder, 'before-update.new/config.json'), 'half');
  await mkdir(join(folder, 'before-update'));
  await writeFile(join(folder, 'before-update/config.json'), 'of an update long ago');
  await takeOverData(folder, '1.4.0', clock);
  assert.equal(await read(folder, 'before-update/config.json'), '{"name":"box.office.test"}');
  assert.ok(!(await readdir(folder)).includes('before-update.new'));
});

test('an empty folder, a damaged memory and versions without numbers are no hindrance', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-data-'));
  context.after(() => rm(folder, { recursive: true }));
  await takeOverData(folder, '1.3.0', clock);
  await takeOverData(folder, '1.4.0', clock);
  await writeFile(join(folder, 'version.json'), '{');
  assert.deepEqual(await takeOverData(folder, 'dev', clock), { newerVersion: undefined, restored: [] });
  await takeOverData(folder, '1.4.0', clock);
});
