import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { archiveOf } from './archive.ts';
import type { BackupErrorKind } from './backup-error.ts';
import { formatVersion, type Manifest } from './manifest.ts';
import type { BackupPart } from './parts.ts';
import { type NewEntry, tarOf } from './tar.ts';
import { unpack } from './unpack.ts';

const parts: readonly BackupPart[] = [
  { path: 'mail', kind: 'folder', config: false, databases: ['index.db'] },
  { path: 'config.json', kind: 'file', config: true },
];
const manifest: Manifest = {
  format: formatVersion,
  program: '1.2.3',
  at: '2026-11-22T02:15:30.000Z',
  what: 'all',
  box: { name: 'box.office.test', board: '' },
  parts: parts.map(({ path }) => ({ path, present: true })),
  files: 0,
  bytes: 0,
};

async function place(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-unpack-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function filled(folder: string): Promise<string> {
  const copy = join(folder, 'copy');
  await mkdir(join(copy, 'mail/ärger@x/Maildir/.Entwürfe/cur'), { recursive: true });
  await writeFile(
    join(copy, 'mail/ärger@x/Maildir/.Entwürfe/cur', `17.${'x'.repeat(180)}:2,S`),
    Buffer.alloc(200_000, 7),
  );
  await writeFile(join(copy, 'mail/ärger@x/index.db'), 'not really');
  await writeFile(join(copy, 'config.json'), '{}', { mode: 0o600 });
  return copy;
}

const archived = (copy: string): AsyncIterable<Uint8Array> => archiveOf(copy, manifest, { accounts: 1 }, () => {});

async function treeOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtime } = await stat(path);
    const what = entry.isFile() ? `${mode & 0o777} ${mtime.getTime()} ${await readFile(path, 'latin1')}` : 'folder';
    found[path.slice(folder.length)] = what;
  }
  return found;
}

test('gives back what was there; tar reads it too', async (context) => {
  const folder = await place(context);
  const copy = await filled(folder);
  const before = await treeOf(copy);
  const { summary, databases } = await unpack(archived(copy), { folder: join(folder, 'out'), parts, program: '1.2.3' });
  const whole = (tree: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(tree).map(([path, text]) => [path, text.replace(/^(\d+) (\d+)\d{3} /, '$1 $2 ')]),
    );
  assert.deepEqual(whole(await treeOf(join(folder, 'out'))), whole(before));
  assert.deepEqual(databases, ['mail/ärger@x/index.db']);
  assert.deepEqual(summary.tally, { accounts: 1 });
  await writeFile(join(folder, 'a.tar'), archived(copy));
  const listed = execFileSync('tar', ['-tf', join(folder, 'a.tar'), '--quoting-style=literal'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  assert.equal(listed[0], 'manifest.json');
  assert.equal(listed.at(-1), 'summary.json');
  assert.ok(listed.includes(`data/mail/ärger@x/Maildir/.Entwürfe/cur/17.${'x'.repeat(180)}:2,S`));
});

test('for counting, names are enough', async (context) => {
  const folder = await place(context);
  const copy = await filled(folder);
  const take = (path: string) => (path.endsWith('.json') ? 'whole' : path.endsWith('.db') ? 'skip' : 'name');
  await unpack(archived(copy), { folder: join(folder, 'out'), parts, program: '1.2.3', take });
  const tree = Object.entries(await treeOf(join(folder, 'out'))).filter(([, text]) => text !== 'folder');
  assert.deepEqual(
    tree.map(([path, text]) => [path.slice(0, 12), text.split(' ')[2]]).toSorted(),
    [
      ['/config.json', '{}'],
      ['/mail/ärger@', ''],
    ].toSorted(),
  );
});

/** An archive written by somebody else. */
async function* made(entries: readonly NewEntry[], document: object = manifest): AsyncGenerator<NewEntry> {
  const text = Buffer.from(JSON.stringify(document));
  yield { header: { name: 'manifest.json', size: text.length }, content: [text] };
  yield* entries;
}
const file = (name: string, text = 'x'): NewEntry => ({
  header: { name, size: text.length },
  content: [Buffer.from(text)],
});
const summary = (digest: string): NewEntry =>
  file('summary.json', JSON.stringify({ files: 1, bytes: 1, digest, tally: {} }));

const wrong: readonly [string, BackupErrorKind, () => AsyncIterable<NewEntry>][] = [
  ['a path that leads out', 'foreign', () => made([file('data/mail/../../evil')])],
  ['a path from the root', 'foreign', () => made([file('/etc/evil')])],
  ['a file beside the data', 'foreign', () => made([file('evil')])],
  ['a part that no box has', 'foreign', () => made([file('data/lock')])],
  [
    'a link',
    'foreign',
    () => made([{ header: { name: 'data/mail/l', type: 'symlink', linkname: '/etc/passwd', size: 0 } }]),
  ],
  ['a file twice', 'damaged', () => made([file('data/mail/a'), file('data/mail/a')])],
  ['no end', 'damaged', () => made([file('data/mail/a')])],
  ['other content than was written', 'damaged', () => made([file('data/mail/a'), summary('0'.repeat(64))])],
  ['an end that cannot be read', 'damaged', () => made([file('summary.json', '{')])],
  ['no manifest', 'foreign', () => tarOnly([file('data/mail/a')])],
  ['a manifest that is none', 'foreign', () => made([], { hello: 'world' })],
  ['a newer format', 'newer', () => made([], { format: formatVersion + 1, anything: true })],
  ['a newer program', 'newer', () => made([], { ...manifest, program: '1.3.0' })],
  ['a part of another version', 'newer', () => made([], { ...manifest, parts: [{ path: 'calendar', present: true }] })],
];

async function* tarOnly(entries: readonly NewEntry[]): AsyncGenerator<NewEntry> {
  yield* entries;
}

for (const [what, kind, entries] of wrong) {
  test(`${what}: refused, and nothing outside of its place is written`, async (context) => {
    const folder = await place(context);
    const out = join(folder, 'deep', 'out');
    await assert.rejects(unpack(tarOf(entries()), { folder: out, parts, program: '1.2.3' }), {
      name: 'BackupError',
      kind,
    });
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name !== 'deep'),
      [],
    );
    assert.deepEqual(
      (await readdir(join(folder, 'deep')).catch(() => [])).filter((name) => name !== 'out'),
      [],
    );
  });
}

test('what is no archive at all is said to be none', async (context) => {
  const folder = await place(context);
  const noise = async function* () {
    yield Buffer.alloc(5000, 'noise');
  };
  await assert.rejects(unpack(noise(), { folder: join(folder, 'out'), parts, program: '1.2.3' }), { kind: 'foreign' });
});
