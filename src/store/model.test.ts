import assert from 'node:assert/strict';
import { readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { message, StoreBench } from './testing.ts';
import type { Folder, Mailbox, MessageInfo } from './types.ts';

/**
 * The store beside a model of it: whatever is done by sessions, deliveries and other programs, in whatever order, with
 * crashes and orderly ends between, the folders hold the same messages with the same UIDs and flags; and whoever follows
 * the changes that a folder tells of knows the same as who asks for the list.
 */

const alice = 'alice@office.test';
const names = ['INBOX', 'Work', 'Work.A', 'Sent'];
const flagSet = fc.subarray(['\\Seen', '\\Flagged', '\\Deleted', '$Forwarded', 'k1', 'k2']);

interface Kept {
  readonly subject: string;
  flags: readonly string[];
}

interface ModelFolder {
  uidNext: number;
  readonly messages: Map<number, Kept>;
}

interface Model {
  readonly folders: Map<string, ModelFolder>;
  readonly delivered: Set<string>;
  count: number;
}

class Real {
  readonly bench: StoreBench;
  mailbox!: Mailbox;
  /** What the changes tell, by folder. */
  readonly told = new Map<string, Map<number, MessageInfo>>();
  readonly #stops: (() => void)[] = [];

  constructor(bench: StoreBench) {
    this.bench = bench;
  }

  async open(): Promise<void> {
    this.mailbox = await this.bench.store.open(alice);
  }

  folder(name: string): Promise<Folder | undefined> {
    return this.mailbox.folder(name);
  }

  async follow(name: string): Promise<void> {
    const folder = (await this.folder(name))!;
    const seen = new Map<number, MessageInfo>();
    this.told.set(name, seen);
    this.#stops.push(
      folder.watch(({ added, changed, expunged }) => {
        for (const uid of expunged) assert.ok(seen.delete(uid), 'expunged what was not there');
        for (const info of added) {
          assert.ok(!seen.has(info.uid), 'added twice');
          seen.set(info.uid, info);
        }
        for (const info of changed) {
          assert.ok(info.modSeq > seen.get(info.uid)!.modSeq, 'MODSEQ did not grow');
          seen.set(info.uid, info);
        }
      }),
    );
    for (const info of await folder.list()) seen.set(info.uid, info);
  }

  unfollow(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.told.clear();
  }
}

type Command = fc.AsyncCommand<Model, Real>;

async function same(model: Model, real: Real): Promise<void> {
  const shown = (await real.mailbox.folders()).filter(({ selectable }) => selectable).map(({ name }) => name);
  assert.deepEqual(shown.toSorted(), [...model.folders.keys()].sort());
  let messages = 0;
  for (const [name, wanted] of model.folders) {
    const folder = (await real.folder(name))!;
    const status = await folder.status();
    const list = await folder.list();
    const found = list.map(({ uid, flags }) => [uid, flags]);
    assert.deepEqual(
      found,
      [...wanted.messages].sort(([a], [b]) => a - b).map(([uid, { flags }]) => [uid, flags]),
      name,
    );
    assert.deepEqual([status.messages, status.uidNext], [wanted.messages.size, wanted.uidNext], name);
    const seen = real.told.get(name);
    if (seen)
      assert.deepEqual(
        [...seen.values()].sort((a, b) => a.uid - b.uid),
        list,
      );
    messages += list.length;
  }
  assert.equal((await real.mailbox.usage()).messages, messages);
}

function command(text: string, run: (model: Model, real: Real) => Promise<void>, check = (_: Model) => true): Command {
  return {
    check,
    run: async (model, real) => {
      await run(model, real);
      await same(model, real);
    },
    toString: () => text,
  };
}

function add(model: Model, name: string, kept: Kept): number {
  const folder = model.folders.get(name)!;
  folder.messages.set(folder.uidNext, { ...kept, flags: [...kept.flags].sort() });
  return folder.uidNext++;
}

/** Picks of the messages that are there, by numbers. */
function pick(model: Model, name: string, picks: readonly number[]): number[] {
  const uids = [...model.folders.get(name)!.messages.keys()];
  return [...new Set(picks.flatMap((one) => (uids.length > 0 ? uids[one % uids.length]! : [])))].sort((a, b) => a - b);
}

const has =
  (...wanted: string[]) =>
  (model: Model) =>
    wanted.every((name) => model.folders.has(name));
const anyName = fc.constantFrom(...names);
const picks = fc.array(fc.nat(50), { maxLength: 4 });

const append = fc.tuple(anyName, flagSet).map(([name, flags]) =>
  command(
    `append ${name} ${flags}`,
    async (model, real) => {
      const subject = `a${model.count++}`;
      const { uid } = await (await real.folder(name))!.append(message(subject), { flags });
      assert.equal(uid, add(model, name, { subject, flags }));
    },
    has(name),
  ),
);

const deliver = fc.tuple(anyName, fc.nat(5)).map(([name, id]) =>
  command(`deliver ${name} ${id}`, async (model, real) => {
    const subject = `d${id}`;
    const there = [...model.folders.values()].some(({ messages }) =>
      [...messages.values()].some((one) => one.subject === subject),
    );
    await real.bench.store.deliver(alice, message(subject), { deliveryId: subject, folder: name });
    if (there && model.delivered.has(subject)) return;
    if (!model.folders.has(name)) model.folders.set(name, { uidNext: 1, messages: new Map() });
    add(model, name, { subject, flags: [] });
    model.delivered.add(subject);
  }),
);

const setFlags = fc
  .tuple(anyName, picks, fc.constantFrom('add', 'remove', 'replace'), flagSet)
  .map(([name, some, how, flags]) =>
    command(
      `${how} ${name} ${some} ${flags}`,
      async (model, real) => {
        const uids = pick(model, name, some);
        const infos = await (await real.folder(name))!.setFlags([...uids, 4000], how, flags);
        for (const uid of uids) {
          const kept = model.folders.get(name)!.messages.get(uid)!;
          const rest = how === 'replace' ? [] : kept.flags.filter((flag) => !flags.includes(flag));
          kept.flags = [...rest, ...(how === 'remove' ? [] : flags)].sort();
        }
        assert.deepEqual(
          infos.map((info) => [info.uid, info.flags]),
          uids.map((uid) => [uid, model.folders.get(name)!.messages.get(uid)!.flags]),
        );
      },
      has(name),
    ),
  );

const expunge = fc.tuple(anyName, picks).map(([name, some]) =>
  command(
    `expunge ${name} ${some}`,
    async (model, real) => {
      const uids = pick(model, name, some);
      assert.deepEqual(await (await real.folder(name))!.expunge(uids), uids);
      for (const uid of uids) model.folders.get(name)!.messages.delete(uid);
    },
    has(name),
  ),
);

const transfer = fc.tuple(fc.constantFrom('copy', 'move'), anyName, anyName, picks).map(([how, from, to, some]) =>
  command(
    `${how} ${from} ${to} ${some}`,
    async (model, real) => {
      const uids = pick(model, from, some);
      const result = await (await real.folder(from))![how](uids, to);
      const wanted = uids.map((uid) => {
        const kept = model.folders.get(from)!.messages.get(uid)!;
        if (how === 'move') model.folders.get(from)!.messages.delete(uid);
        // A copy is not the message that a delivery made.
        const subject = how === 'move' ? kept.subject : `copy of ${kept.subject}`;
        return { from: uid, to: add(model, to, { subject, flags: kept.flags }) };
      });
      assert.ok(result !== 'missing');
      assert.deepEqual(result.uids, wanted);
    },
    has(from, to),
  ),
);

const create = anyName.map((name) =>
  command(`create ${name}`, async (model, real) => {
    assert.equal(await real.mailbox.create(name), model.folders.has(name) ? 'exists' : 'done');
    if (!model.folders.has(name)) model.folders.set(name, { uidNext: 1, messages: new Map() });
  }),
);

const remove = fc.constantFrom('Work', 'Work.A').map((name) =>
  command(`remove ${name}`, async (model, real) => {
    assert.equal(await real.mailbox.remove(name), model.folders.delete(name) ? 'done' : 'missing');
    real.told.delete(name);
  }),
);

const renameFolder = fc.constantFrom(['Work', 'Sent'] as const, ['Sent', 'Work'] as const).map(([from, to]) =>
  command(`rename ${from} ${to}`, async (model, real) => {
    const moving = [...model.folders].filter(([name]) => name === from || name.startsWith(`${from}.`));
    const taken = model.folders.has(to) || moving.some(([name]) => model.folders.has(to + name.slice(from.length)));
    const wanted = moving.length === 0 ? 'missing' : taken ? 'exists' : 'done';
    assert.equal(await real.mailbox.rename(from, to), wanted);
    if (wanted !== 'done') return;
    for (const [name, folder] of moving) {
      model.folders.delete(name);
      model.folders.set(to + name.slice(from.length), folder);
      const seen = real.told.get(name);
      real.told.delete(name);
      if (seen) real.told.set(to + name.slice(from.length), seen);
    }
  }),
);

const otherProgram = fc.tuple(fc.constantFrom('put', 'rename', 'unlink'), fc.nat(50)).map(([how, some]) =>
  command(`other program: ${how} ${some}`, async (model, real) => {
    const inbox = (await real.folder('INBOX'))!;
    const path = (...parts: string[]): string => real.bench.maildir(alice, ...parts);
    if (how === 'put') {
      const subject = `o${model.count++}`;
      await writeFile(path('new', `1700000000.${subject}.other`), message(subject).replaceAll('\r\n', '\n'));
      await inbox.status();
      add(model, 'INBOX', { subject, flags: [] });
      return;
    }
    const own = [...model.folders.get('INBOX')!.messages].filter(([, { subject }]) => /^o\d+$/.test(subject));
    if (own.length === 0) return;
    const [uid, kept] = own[some % own.length]!;
    for (const place of ['new', 'cur'] as const) {
      const file = (await readdir(path(place))).find((name) => name.startsWith(`1700000000.${kept.subject}.other`));
      if (file === undefined) continue;
      if (how === 'unlink') {
        await unlink(path(place, file));
        model.folders.get('INBOX')!.messages.delete(uid);
      } else {
        await rename(path(place, file), path('cur', `${file.replace(/:.*/, '')}:2,RS`));
        kept.flags = ['\\Answered', '\\Seen', ...kept.flags.filter((flag) => flag.startsWith('k'))];
      }
    }
    await inbox.status();
  }),
);

const reopen = fc.constantFrom('close', 'crash').map((how) =>
  command(`reopen after ${how}`, async (_, real) => {
    real.unfollow();
    await real.bench.reopen(how);
    await real.open();
  }),
);

const follow = anyName.map((name) =>
  command(
    `follow ${name}`,
    async (_, real) => {
      if (!real.told.has(name)) await real.follow(name);
    },
    has(name),
  ),
);

test('the store does what its model does', async () => {
  const commands = [append, deliver, setFlags, expunge, transfer, create, remove, renameFolder, otherProgram, follow];
  const all = fc.commands([...commands, append, deliver, otherProgram, reopen], { maxCommands: 40, size: 'max' });
  await fc.assert(
    fc.asyncProperty(all, async (sequence) => {
      const bench = await StoreBench.make();
      try {
        const real = new Real(bench);
        await real.open();
        const folders = ['INBOX', 'Drafts', 'Junk', 'Sent', 'Trash'];
        const model: Model = {
          folders: new Map(folders.map((name) => [name, { uidNext: 1, messages: new Map() }])),
          delivered: new Set(),
          count: 0,
        };
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        real.unfollow();
        assert.deepEqual(
          bench.events.filter(({ name }) => name === 'box.fault'),
          [],
        );
      } finally {
        await bench.end();
      }
    }),
    { numRuns: 12 },
  );
});
