import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { type Database, SqliteWriter } from '../lib/sqlite.ts';
import { type MaildirFiles, maildirFiles } from './files.ts';
import { MaildirStore } from './maildir-store.ts';
import { message, textOf } from './testing.ts';
import type { Mailbox } from './types.ts';

/**
 * The world stops before each single write of each operation, a new store opens what is there, and whatever was
 * acknowledged must be there, whole, with its UID.
 */

const alice = 'alice@office.test';
const writer = new SqliteWriter();
const template = await mkdtemp(join(tmpdir(), 'caselli-crash-'));
after(async () => {
  await writer.close();
  await rm(template, { recursive: true });
});

/** `crash`: the process ends. `fault`: one write fails, as on a full disk, and the process goes on. */
type Mishap = 'crash' | 'fault';

class MishapError extends Error {
  readonly code = 'ENOSPC';
}

/** Lets `steps` writes through; the next one, a half message if it is one, and in a crash all after it do not happen. */
class World {
  readonly #databases: Database[] = [];
  readonly #mishap: Mishap;
  #left = Number.POSITIVE_INFINITY;
  happened = false;

  constructor(mishap: Mishap) {
    this.#mishap = mishap;
  }

  stopAfter(steps: number): void {
    this.#left = steps;
  }

  #step(): boolean {
    const stopped = this.#mishap === 'crash' ? this.#left <= 0 : this.#left === 0;
    this.#left--;
    this.happened ||= stopped;
    return stopped;
  }

  readonly files: MaildirFiles = Object.fromEntries(
    Object.entries(maildirFiles).map(([name, work]) => [
      name,
      async (...args: never[]) => {
        if (!this.#step()) return (work as (...args: never[]) => Promise<unknown>)(...args);
        if (name === 'writeAside' && this.#left === -1 && this.#mishap === 'crash')
          await appendFile(args[0]!, 'From: half\nSubj');
        throw new MishapError();
      },
    ]),
  ) as unknown as MaildirFiles;

  readonly writer = {
    open: async (path: string, migrations: readonly string[]): Promise<Database> => {
      const db = await writer.open(path, migrations);
      this.#databases.push(db);
      return new Proxy(db, {
        get: (target, name) => {
          if (name === 'write' && this.#step()) return () => Promise.reject(new MishapError());
          const value = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  } as unknown as SqliteWriter;

  /** What the end of the process does. */
  async end(): Promise<void> {
    for (const db of this.#databases) await db.close();
  }
}

interface Operation {
  readonly what: string;
  run(store: MaildirStore, mailbox: Mailbox): Promise<unknown>;
  /** Where each message may be when it did not end; the default is where it was or where it goes. */
  readonly may: Readonly<Record<string, readonly string[]>>;
  /** Where they are when it ended. */
  readonly done: Readonly<Record<string, readonly string[]>>;
}

const before = { one: ['INBOX'], two: ['INBOX'], three: ['Work.Old'] };

const operations: readonly Operation[] = [
  {
    what: 'deliver',
    run: (store) => store.deliver(alice, message('new'), { deliveryId: 'n' }),
    may: { new: ['', 'INBOX'] },
    done: { ...before, new: ['INBOX'] },
  },
  {
    what: 'deliver into a new folder',
    run: (store) => store.deliver(alice, message('new'), { deliveryId: 'n', folder: 'Fresh', flags: ['\\Seen'] }),
    may: { new: ['', 'Fresh'] },
    done: { ...before, new: ['Fresh'] },
  },
  {
    what: 'append',
    run: async (_, mailbox) => (await mailbox.folder('Sent'))!.append(message('new'), { flags: ['\\Seen', 'k'] }),
    may: { new: ['', 'Sent'] },
    done: { ...before, new: ['Sent'] },
  },
  {
    what: 'copy',
    run: async (_, mailbox) => (await mailbox.folder('INBOX'))!.copy([1, 2], 'Trash'),
    may: { one: ['INBOX', 'INBOX Trash'], two: ['INBOX', 'INBOX Trash'] },
    done: { ...before, one: ['INBOX Trash'], two: ['INBOX Trash'] },
  },
  {
    what: 'move',
    run: async (_, mailbox) => (await mailbox.folder('INBOX'))!.move([1, 2], 'Trash'),
    may: { one: ['INBOX', 'Trash'], two: ['INBOX', 'Trash'] },
    done: { ...before, one: ['Trash'], two: ['Trash'] },
  },
  {
    what: 'flags',
    run: async (_, mailbox) => (await mailbox.folder('INBOX'))!.setFlags([1, 2], 'add', ['\\Flagged', 'later']),
    may: {},
    done: before,
  },
  {
    what: 'expunge',
    run: async (_, mailbox) => (await mailbox.folder('INBOX'))!.expunge([1]),
    may: { one: ['', 'INBOX'] },
    done: { ...before, one: [''] },
  },
  {
    what: 'rename of folders',
    run: (_, mailbox) => mailbox.rename('Work', 'Office'),
    may: { three: ['Work.Old', 'Office.Old'] },
    done: { ...before, three: ['Office.Old'] },
  },
  {
    what: 'rename of INBOX',
    run: (_, mailbox) => mailbox.rename('INBOX', 'Past'),
    may: { one: ['INBOX', 'Past'], two: ['INBOX', 'Past'] },
    done: { ...before, one: ['Past'], two: ['Past'] },
  },
  {
    what: 'removal of a folder',
    run: (_, mailbox) => mailbox.remove('Work.Old'),
    may: { three: ['', 'Work.Old'] },
    done: { ...before, three: [''] },
  },
  {
    what: 'closing in order',
    run: async (store, mailbox) => {
      await (await mailbox.folder('INBOX'))!.append(message('new'));
      await store.close();
    },
    may: { new: ['', 'INBOX'] },
    done: { ...before, new: ['INBOX'] },
  },
];

function openStore(folder: string, world: Pick<World, 'files' | 'writer'>): MaildirStore {
  const clock = new ManualClock();
  const { files, writer } = world;
  return new MaildirStore({
    folder,
    clock,
    ids: idSource(clock),
    events: new EventBus(clock),
    hostName: 'box',
    files,
    writer,
  });
}

/** UIDs with what they stand for; one that ever stood for something else is a mistake. */
class UidRecord {
  readonly #seen: Map<string, string>;

  constructor(before?: UidRecord) {
    this.#seen = new Map(before ? before.#seen : []);
  }

  async look(mailbox: Mailbox): Promise<Record<string, string>> {
    const places: Record<string, string[]> = {};
    for (const { name, selectable } of await mailbox.folders()) {
      if (!selectable) continue;
      const folder = (await mailbox.folder(name))!;
      const list = await folder.list();
      const status = await folder.status();
      assert.equal(status.messages, list.length);
      assert.equal(status.unseen, list.filter(({ flags }) => !flags.includes('\\Seen')).length);
      for (const { uid, sizeBytes } of list) {
        assert.ok(uid < status.uidNext);
        const text = await textOf(await folder.content(uid));
        const subject = /Subject: (.*)\r\n/.exec(text)?.[1] ?? '';
        assert.equal(text, message(subject), 'a half message');
        assert.equal(sizeBytes, text.length);
        const key = `${folder.uidValidity} ${uid}`;
        assert.equal(this.#seen.get(key) ?? subject, subject, `UID ${uid} of ${name} stands for two messages`);
        this.#seen.set(key, subject);
        places[subject] = [...(places[subject] ?? []), name];
      }
    }
    return Object.fromEntries(Object.entries(places).map(([subject, names]) => [subject, names.sort().join(' ')]));
  }
}

/** What every world begins with is made once. */
async function fill(store: MaildirStore): Promise<UidRecord> {
  const mailbox = await store.open(alice);
  await mailbox.create('Work.Old');
  await mailbox.create('Work.New');
  await store.deliver(alice, message('one'), { deliveryId: '1' });
  const inbox = (await mailbox.folder('INBOX'))!;
  await inbox.append(message('two'), { flags: ['\\Seen', 'important'] });
  await (await mailbox.folder('Work.Old'))!.append(message('three'), { flags: ['\\Answered'] });
  const uids = new UidRecord();
  await uids.look(mailbox);
  await store.close();
  return uids;
}

const uidsBefore = await fill(openStore(template, { files: maildirFiles, writer }));

/** @returns whether the operation came to its end before the mishap. */
async function tryOnce({ what, run, may, done }: Operation, mishap: Mishap, steps: number): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-crash-'));
  try {
    await cp(template, folder, { recursive: true });
    const uids = new UidRecord(uidsBefore);
    const world = new World(mishap);
    const store = openStore(folder, world);
    const mailbox = await store.open(alice);
    world.stopAfter(steps);
    const ended = await run(store, mailbox).then(
      () => true,
      (error) => {
        if (!(error instanceof MishapError)) throw error;
        return false;
      },
    );
    const undisturbed = !world.happened;
    if (mishap === 'fault') world.stopAfter(Number.POSITIVE_INFINITY);
    const told = ended === undisturbed || (mishap === 'fault' && ended);
    assert.ok(told, `${what}: acknowledged in spite of a crash at ${steps}`);
    // A reader that is still there sees no half message either.
    if (what !== 'closing in order' && mishap === 'crash') await uids.look(mailbox).catch(() => {});
    if (mishap === 'crash') await world.end().catch(() => {});

    const heir = mishap === 'crash' ? openStore(folder, { files: maildirFiles, writer }) : store;
    const again = await heir.open(alice);
    const places = await uids.look(again);
    for (const subject of new Set([...Object.keys(done), ...Object.keys(places)])) {
      const allowed = ended ? done[subject]! : (may[subject] ?? done[subject]!);
      assert.ok(allowed.includes(places[subject] ?? ''), `${what}, ${steps}: ${subject} is in ${places[subject]}`);
    }
    const two = places.two?.split(' ')[0] ?? 'INBOX';
    const list = await (await again.folder(two))!.list();
    assert.ok(list.some(({ flags }) => flags.includes('important') && flags.includes('\\Seen')));
    const aside = (await readdir(join(folder, alice))).filter((name) => /^(made|removed)-/.test(name));
    if (mishap === 'crash') assert.deepEqual(aside, []);
    // What the queue does, and what else may come.
    if (what.startsWith('deliver')) {
      await run(heir, again);
      assert.deepEqual(await uids.look(again), Object.fromEntries(Object.entries(done).map(([k, [v]]) => [k, v])));
    }
    await (await again.folder('INBOX'))!.append(message('later'));
    await uids.look(again);
    await heir.close();
    return undisturbed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const operation of operations) {
  test(`a crash before each write of: ${operation.what}`, async () => {
    assert.ok((await untilEnded((steps) => tryOnce(operation, 'crash', steps))) >= 3);
  });
}

for (const operation of operations.filter(({ what }) => what !== 'closing in order')) {
  test(`a fault at each write of: ${operation.what}`, async () => {
    assert.ok((await untilEnded((steps) => tryOnce(operation, 'fault', steps))) >= 3);
  });
}

/** Tries with ever more steps, a few worlds at a time, until one comes to its end; answers how many steps that took. */
async function untilEnded(attempt: (steps: number) => Promise<boolean>): Promise<number> {
  const worlds = 6;
  for (let steps = 0; ; steps += worlds) {
    const ended = await Promise.all(Array.from({ length: worlds }, (_, more) => attempt(steps + more)));
    if (ended.includes(true)) return steps + ended.indexOf(true);
  }
}

test('a crash before each write of the first opening', async () => {
  await untilEnded(async (steps) => {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-crash-'));
    const world = new World('crash');
    world.stopAfter(steps);
    const opened = await openStore(folder, world)
      .open(alice)
      .then(
        () => true,
        () => false,
      );
    await world.end().catch(() => {});
    const heir = openStore(folder, { files: maildirFiles, writer });
    assert.equal((await (await heir.open(alice)).folders()).length, 5);
    await heir.close();
    await rm(folder, { recursive: true, force: true });
    return opened;
  });
});

test('kill -9 while messages are delivered, flagged and moved: what was acknowledged is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-kill-'));
  const uids = new UidRecord();
  const acknowledged = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('crash-child.ts', import.meta.url)), folder, `${round}`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exit = new Promise((resolve) => child.once('exit', resolve));
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.add(line);
      if (++lines === 15 + 9 * round) child.kill('SIGKILL');
    }
    await exit;
    const store = openStore(folder, { files: maildirFiles, writer });
    const places = await uids.look(await store.open(alice));
    const missing = [...acknowledged].filter((subject) => !places[subject] || places[subject].includes(' '));
    assert.deepEqual(missing, [], 'lost, or there twice');
    await store.close();
  }
  assert.match(await readFile(join(folder, alice, 'Maildir', 'courierimapuiddb'), 'utf8'), /^1 /);
  await rm(folder, { recursive: true });
});
