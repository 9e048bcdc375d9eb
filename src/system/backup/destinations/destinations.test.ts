import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { readConfig } from '../../../config/schema.ts';
import type { Privileged } from '../../privileged/operations.ts';
import { type BackupSettings, backupName, type Destination, outdated, readBackupName } from './destination.ts';
import { folderDestination } from './folder.ts';
import { inParts, partBytes, withS3 } from './s3.ts';
import { withSftp } from './sftp.ts';
import { credentials, openTestStore } from './test-s3-server.ts';
import { login, openTestSftp } from './test-sftp-server.ts';
import { chooseStick, withUsb } from './usb.ts';

function settings(): BackupSettings {
  const reading = readConfig({});
  assert.equal(reading.kind, 'valid');
  return (reading as Extract<typeof reading, { kind: 'valid' }>).config.system.backup;
}

async function temporary(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-destination-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** A place for backups, and what is really in it. */
interface Place {
  use<T>(work: (destination: Destination) => Promise<T>): Promise<T>;
  names(): Promise<string[]>;
  /** The connection, if there is one, breaks now. */
  break(): void;
}

const places: Record<string, (context: TestContext) => Promise<Place>> = {
  folder: async (context) => {
    const folder = join(await temporary(context), 'new', 'caselli');
    const destination = folderDestination(folder, 'The USB stick');
    return { use: (work) => work(destination), names: () => readdir(folder), break: () => {} };
  },
  SFTP: async (context) => {
    const folder = await temporary(context);
    const server = await openTestSftp(folder);
    context.after(() => server.close());
    const { port, hostKey } = server;
    const sftp = { ...settings().sftp, host: '127.0.0.1', port, hostKey, ...login, folder: 'new/caselli' };
    return {
      use: (work) => withSftp(sftp, work),
      names: () => readdir(join(folder, 'new/caselli')),
      break: () => server.breakAll(),
    };
  },
  S3: async (context) => {
    const store = await openTestStore();
    context.after(() => store.close());
    const s3 = { ...settings().s3, ...credentials, endpoint: store.endpoint, prefix: 'boxes/' };
    return {
      use: (work) => withS3(s3, work),
      names: async () => [
        ...[...store.objects.keys()].map((key) => key.replace(/^boxes\//, '')),
        ...[...store.uploads.values()].map(({ key }) => `${key.replace(/^boxes\//, '')}.part`),
      ],
      break: () => {
        store.refuse = () => ({ status: 500, code: 'InternalError' });
        setImmediate(() => {
          store.refuse = () => undefined;
        });
      },
    };
  },
};

const nameAt = (minute: number, box = 'box.office.test') =>
  backupName({ box, at: Date.UTC(2026, 10, 22, 2, minute), what: 'all' });

async function* once(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

for (const [kind, open] of Object.entries(places)) {
  test(`${kind}: keeps, lists, gives back and removes`, async (context) => {
    const place = await open(context);
    const content = [randomBytes(9_000_000), randomBytes(3_000_001), Buffer.from('end')];
    await place.use(async (destination) => {
      assert.deepEqual(await destination.list(), []);
      await destination.put(nameAt(1), once(...content), 12_000_004);
      for (const minute of [2, 3]) await destination.put(nameAt(minute), once(Buffer.from(`b${minute}`)), 2);
    });
    await place.use(async (destination) => {
      const listed = (await destination.list()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(listed, [
        { name: nameAt(1), sizeBytes: 12_000_004 },
        { name: nameAt(2), sizeBytes: 2 },
        { name: nameAt(3), sizeBytes: 2 },
      ]);
      assert.deepEqual(await bytesOf(destination.read(nameAt(1))), Buffer.concat(content));
      await destination.remove(nameAt(2));
    });
    assert.deepEqual((await place.names()).toSorted(), [nameAt(1), nameAt(3)]);
  });

  test(`${kind}: what was cut off never looks like a backup, and is removed by the next one of the same box`, async (context) => {
    const place = await open(context);
    const broken = async function* (lineToo: boolean) {
      yield randomBytes(9_000_000);
      if (lineToo) place.break();
      throw new Error('the box was switched off');
    };
    for (const lineToo of [false, true]) {
      await assert.rejects(place.use((destination) => destination.put(nameAt(1), broken(lineToo), 12_000_000)));
      assert.deepEqual(await place.use((destination) => destination.list()), []);
    }
    const names = await place.names();
    assert.ok(names.every((name) => name.endsWith('.part')));
    await place.use((destination) => destination.put(nameAt(5), once(Buffer.from('whole')), 5));
    assert.deepEqual(await place.names(), [nameAt(5)]);
  });
}

test('S3: wrong keys and a bucket that is not there are said in words', async (context) => {
  const store = await openTestStore();
  context.after(() => store.close());
  const s3 = { ...settings().s3, ...credentials, endpoint: store.endpoint };
  const list = (change: object) => withS3({ ...s3, ...change }, (destination) => destination.list());
  await assert.rejects(list({ secretKey: 'wrong' }), { kind: 'destination', message: /does not take this access key/ });
  await assert.rejects(list({ bucket: 'nowhere' }), { kind: 'destination', message: /no bucket "nowhere"/ });
  await assert.rejects(list({ endpoint: '' }), { kind: 'settings' });
});

test('SFTP: a server that is not known, or another than before, gets nothing', async (context) => {
  const folder = await temporary(context);
  const server = await openTestSftp(folder);
  context.after(() => server.close());
  const sftp = { ...settings().sftp, host: '127.0.0.1', port: server.port, ...login };
  const list = (change: object) => withSftp({ ...sftp, ...change }, (destination) => destination.list());
  await assert.rejects(list({}), ({ kind, message }) => kind === 'settings' && message.includes(server.hostKey));
  await assert.rejects(list({ hostKey: `SHA256:${'A'.repeat(43)}` }), { kind: 'destination', message: /another key/ });
  await assert.rejects(list({ hostKey: server.hostKey, password: 'wrong' }), { message: /does not take this name/ });
  await assert.rejects(list({ hostKey: server.hostKey, port: 1 }), { kind: 'destination' });
  assert.deepEqual(await readdir(folder), []);
});

const stick = { name: 'sda1', label: 'OFFICE', fileSystem: 'vfat', sizeBytes: 1e9, model: 'Stick' };

test('USB: the stick that is meant, or a sentence', () => {
  const second = { ...stick, name: 'sdb1', label: 'OTHER' };
  assert.equal(chooseStick([stick], ''), stick);
  assert.equal(chooseStick([stick, second], 'OTHER'), second);
  assert.throws(() => chooseStick([stick, second], ''), /more than one/);
  assert.throws(() => chooseStick([stick], 'ELSE'), /not plugged in/);
  assert.throws(() => chooseStick([], ''), /Plug in/);
  assert.throws(() => chooseStick([{ ...stick, fileSystem: '' }], ''), /format/);
});

test('USB: the stick is unmounted whatever happens', async (context) => {
  const folder = await temporary(context);
  const asked: string[] = [];
  const answers: Record<string, unknown> = { 'storage.list': { partitions: [stick] }, 'storage.mount': { folder } };
  const privileged = {
    isBox: true,
    run: async (name: string) => {
      asked.push(name);
      return answers[name] ?? {};
    },
  } as unknown as Privileged;
  await withUsb(settings().usb, privileged, (destination) => destination.put(nameAt(1), once(Buffer.from('b')), 1));
  assert.deepEqual(await readdir(join(folder, 'caselli')), [nameAt(1)]);
  await assert.rejects(
    withUsb(settings().usb, privileged, async () => {
      throw new Error('something');
    }),
  );
  assert.deepEqual(asked, [
    'storage.list',
    'storage.mount',
    'storage.unmount',
    'storage.list',
    'storage.mount',
    'storage.unmount',
  ]);
});

test('a full or unreadable stick is said in words', async (context) => {
  const folder = await temporary(context);
  await writeFile(join(folder, 'file'), '');
  const destination = folderDestination(join(folder, 'file', 'below'), 'The USB stick OFFICE');
  await assert.rejects(destination.list(), { kind: 'destination', message: /^The USB stick OFFICE/ });
});

test('names are read as they were written, and sort by time', () => {
  const box = fc.stringMatching(/^[a-z0-9.-]{1,60}$/);
  const at = fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000);
  fc.assert(
    fc.property(box, at, fc.constantFrom('all' as const, 'config' as const), (box, at, what) => {
      assert.deepEqual(readBackupName(backupName({ box, at, what })), { box, at, what });
    }),
  );
  assert.equal(readBackupName('caselli-box-2026-11-22T021530Z-all.age.part'), undefined);
  assert.equal(readBackupName('holiday.jpg'), undefined);
});

test('the newest are kept; other boxes, other kinds and other files are never touched', () => {
  const own = [1, 2, 3, 4].map((minute) => nameAt(minute));
  const others = [nameAt(0, 'box'), 'notes.txt', backupName({ box: 'box.office.test', at: 0, what: 'config' })];
  assert.deepEqual(outdated([...own, ...others], own[3]!, 2), [own[1], own[0]]);
  assert.deepEqual(outdated(own, own[3]!, 4), []);
});

test('an upload to S3 has parts of one length, large enough and not too many', async () => {
  assert.equal(partBytes(0), 8 * 1024 * 1024);
  for (const size of [1e9, 1e11, 4e12]) assert.ok(size / partBytes(size) <= 9000);
  const chunks = fc.array(fc.nat({ max: 40 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 33 }), async (sizes, length) => {
      const content = sizes.map((size, at) => Buffer.alloc(size, at));
      const parts: Buffer[] = [];
      for await (const part of inParts(once(...content), length)) parts.push(Buffer.from(part));
      assert.deepEqual(Buffer.concat(parts), Buffer.concat(content));
      assert.ok(parts.slice(0, -1).every((part) => part.length === length) && parts.length > 0);
    }),
  );
});
