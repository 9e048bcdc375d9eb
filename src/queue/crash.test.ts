import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Database, SqliteWriter } from '../lib/sqlite.ts';
import { SqliteWriter as Writer } from '../lib/sqlite.ts';
import { Queue } from './queue.ts';
import { deferred, delivered, failed, hour, minute, TestQueue, turn } from './test-queue.ts';

/**
 * The box dies before and after every single commit, and in the middle of writing a message. What is on disk then (a copy
 * of the folder, as kill -9 leaves it) is opened again, the entrances hand in again what they got no answer for, and
 * everything must come to the same end as without the crash.
 */

/** What outlives the crash: the world outside the queue. */
class World {
  /** Answers that entrances got: id of the submission → id of the message. */
  readonly accepted = new Map<string, string>();
  /** Recipients whose result was on stable storage when the box died. */
  readonly recorded = new Set<string>();
  readonly begun: { readonly id: string; readonly address: string }[] = [];
  /** Report id → what was in it, by an idempotent reporter. */
  readonly reports = new Map<string, string>();
  readonly problems: string[] = [];
}

const submissions: readonly {
  readonly id: string;
  readonly to: readonly string[];
  readonly success?: boolean;
  readonly later?: number;
}[] = [
  { id: 'plain', to: ['bob@office.test'] },
  { id: 'mixed', to: ['bad@a.example', 'slow@b.example', '5551234@fax', 'bad2@a.example'] },
  { id: 'list', to: ['list@office.test', 'bob@office.test'], success: true },
  { id: 'never', to: ['dead@d.example'] },
  { id: 'timed', to: ['timed@e.example'], success: true, later: 30 * minute },
];

/** What each address must have come to. */
const reported = [
  'bad2@a.example failed',
  'bad@a.example failed',
  'bob@office.test delivered',
  'dead@d.example deferred',
  'dead@d.example failed',
  'list@office.test delivered',
  'timed@e.example delivered',
];

/** Stops the world at the given step; each commit is two: before it, and after it. */
class Reaper {
  #step = 0;
  readonly #dieAt: number;
  readonly #hanging: ((error: Error) => void)[] = [];
  readonly #writing = new Set<Promise<unknown>>();
  dead = false;
  constructor(dieAt: number) {
    this.#dieAt = dieAt;
  }
  /** Never returns when this is the step. */
  async pass(): Promise<void> {
    if (!this.dead && ++this.#step === this.#dieAt) this.dead = true;
    if (this.dead) await new Promise<never>((_, reject) => this.#hanging.push(reject));
  }
  /** What was with the database's thread when death came: a copy must not be taken in the middle of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }
  /** Lets go of the files that the dead one holds open; what it does then is behind the copy. */
  bury(): void {
    for (const reject of this.#hanging.splice(0)) reject(new Error('dead'));
  }
  get steps(): number {
    return this.#step;
  }
  writer(real: SqliteWriter): SqliteWriter {
    const open = async (path: string, migrations: readonly string[]): Promise<Database> => {
      const db = await real.open(path, migrations);
      return new Proxy(db, {
        get: (target, name) => {
          if (name === 'write') {
            return async (statements: Parameters<Database['write']>[0]) => {
              await this.pass();
              const writing = target.write(statements);
              this.#writing.add(writing);
              const result = await writing.finally(() => this.#writing.delete(writing));
              await this.pass();
              return result;
            };
          }
          const value = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    };
    return { open, close: () => real.close() } as unknown as SqliteWriter;
  }
}

function script(box: TestQueue, world: World, reaper: Reaper): void {
  box.aliases.set('list@office.test', ['carol@office.test', 'bob@office.test', 'far@c.example']);
  box.answer = ({ id, address, attempt }, { message }) => {
    if (box.clock.now() < (message.notBefore ?? 0)) world.problems.push(`${address} was tried before its time`);
    if (world.recorded.has(id)) world.problems.push(`${address} was delivered again after its result was recorded`);
    world.begun.push({ id, address });
    if (address.startsWith('bad')) return failed;
    if (address.startsWith('dead')) return deferred;
    return address.startsWith('slow') && attempt < 3 ? deferred : delivered;
  };
  box.report = async ({ reportId, recipients }) => {
    const text = recipients
      .map(({ address, outcome }) => `${address} ${outcome.kind}`)
      .toSorted()
      .join();
    const before = world.reports.get(reportId);
    if (before !== undefined && before !== text) world.problems.push(`report ${reportId} said ${before}, then ${text}`);
    world.reports.set(reportId, text);
    await reaper.pass();
  };
  box.events.on(({ name, fields }) => {
    if (name === 'box.fault' && !reaper.dead) world.problems.push(JSON.stringify(fields));
  });
}

/** Hands in all that has no answer yet, and lets the hours go by. Ends early when the reaper strikes. */
async function live(box: TestQueue, world: World, reaper: Reaper): Promise<void> {
  const handIn = submissions
    .filter(({ id }) => !world.accepted.has(id))
    .map(async ({ id, to, success = false, later }) => {
      async function* content() {
        yield Buffer.from('first half, ');
        await reaper.pass();
        yield Buffer.from('second half');
      }
      const notify = { success, failure: true, delay: true };
      const recipients = to.map((address) => ({ address, notify }));
      const { id: message } = await box.submit(recipients, {
        id,
        content: content(),
        ...(later === undefined ? {} : { notBefore: box.clock.now() + later }),
      });
      world.accepted.set(id, message);
      // It is put off, once its first time is near.
      if (later !== undefined) await box.queue.schedule(message, box.clock.now() + later + 10 * minute);
    });
  let over = false;
  const rest = async (): Promise<void> => {
    while (!reaper.dead && !over && !box.queue.isIdle) await turn();
  };
  const all = Promise.all(handIn)
    .then(rest)
    .then(async () => {
      for (let t = 0; t < hour && !reaper.dead; t += 5 * minute) {
        await box.clock.advance(5 * minute);
        await rest();
      }
    });
  const struck = (async () => {
    while (!reaper.dead && !over) await turn();
  })();
  await Promise.race([all, struck]);
  over = true;
}

function box(
  folder: string,
  writer: SqliteWriter,
  reaper: Reaper,
  world: World,
  clock?: TestQueue['clock'],
): TestQueue {
  const made = new TestQueue(folder, reaper.writer(writer), clock);
  made.config = { ...made.config, queueTime: 40 * minute, warnTime: 20 * minute };
  script(made, world, reaper);
  return made;
}

test('death before and after every commit: nothing accepted is lost, nothing done is done again, all is told once', async () => {
  const writer = new Writer();
  const root = await mkdtemp(join(tmpdir(), 'caselli-crash-'));
  let rounds = 0;
  for (let dieAt = 1; ; dieAt++) {
    const world = new World();
    const folder = join(root, `${dieAt}`);
    const reaper = new Reaper(dieAt);
    const first = box(folder, writer, reaper, world);
    const opened = first.open();
    await Promise.race([
      opened,
      (async () => {
        while (!reaper.dead && !first.queue) await turn();
      })(),
    ]);
    if (!reaper.dead) await live(first, world, reaper);
    if (!reaper.dead) {
      assert.ok(rounds > 60, `only ${rounds} steps`);
      await first.queue.close();
      check(world, folder, 'without a crash');
      break;
    }
    rounds++;
    await reaper.settled();
    const copy = join(root, `${dieAt}-after`);
    await cp(folder, copy, { recursive: true });
    reaper.bury();
    const alive = new Reaper(0);
    const second = box(copy, writer, alive, world, first.clock);
    second.queue = await Queue.open(second.parts);
    const unfinished = second.queue
      .list({ limit: 1000 })
      .entries.flatMap(({ recipients }) =>
        recipients.filter(({ finishedAt }) => finishedAt === undefined).map(({ id }) => id),
      );
    for (const { id } of world.begun) if (!unfinished.includes(id)) world.recorded.add(id);
    second.queue.start();
    await live(second, world, alive);
    assert.equal(second.queue.stats().messages, 0);
    await second.queue.close();
    check(world, copy, `step ${dieAt}`);
  }
  await writer.close();
  await rm(root, { recursive: true });
});

function check(world: World, folder: string, when: string): void {
  assert.deepEqual(world.problems, [], when);
  assert.equal(world.accepted.size, submissions.length, when);
  const told = [...world.reports.values()].flatMap((text) => text.split(',')).toSorted();
  assert.deepEqual(told, reported, when);
  const reached = new Set(world.begun.map(({ address }) => address));
  for (const address of ['bob@office.test', 'carol@office.test', 'far@c.example', 'slow@b.example', '5551234@fax'])
    assert.ok(reached.has(address), `${when}: ${address}`);
  // Half-written messages may be left, whole ones with a row may not; an hour later they are tidied.
  assert.ok(globSync('spool/*/*', { cwd: folder }).length <= submissions.length, when);
}
