import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { QueueView, ReceivedView } from '../../src/admin/admin-api.ts';
import type { EventName } from '../../src/lib/events.ts';
import { Chance } from './crash-chance.ts';
import { openImap, Pop3Client, readFolder, SmtpClient } from './crash-clients.ts';
import { callInBox, Faxes, type MailedFax } from './crash-faxes.ts';
import { FolderView } from './crash-folder-view.ts';
import { alice, bob, Ledger, type Letter } from './crash-ledger.ts';
import { readMail } from './crash-mail.ts';
import { RunningBox, testConfig } from './running-box.ts';

/**
 * The whole program under `kill -9`: mail comes by SMTP and APPEND, readers read, and the box dies again and again at
 * moments chosen by chance, while it starts too. What it acknowledged must be there at the end, whole and once.
 */

const roundCount = 28;
const mails = 200;
const appends = 40;
const faxes = 10;
/** Of five faxes so many go out; the others come in. */
const outOfFive = 3;
/** A run that hangs is ended, a minute after it said what it waits for: no check of speed. */
const hangMs = 15 * 60_000;

/** Moments to die at: the so-manieth of these events. */
const moments: readonly (readonly [EventName, number])[] = [
  ['session.opened', 8],
  ['login.accepted', 6],
  ['queue.accepted', 8],
  ['queue.attempt', 10],
  ['store.delivered', 12],
  ['queue.delivered', 12],
  ['queue.done', 8],
  ['dsn.sent', 2],
];
const faxMoments: typeof moments = [
  ['call.started', 2],
  ['call.page', 3],
  ['call.page', 6],
  ['call.ended', 1],
  ['line.state', 10],
  ['fax.received', 1],
];
/** The event is heard a little after it happened; death comes within so many ms of it. */
const laterMs = 8;
/** A start that is killed is killed within so many ms, which is before or shortly after it is ready. */
const startMs = 900;

/** One life of the box. Errors of clients after its end are the end's. */
class Life {
  readonly box: RunningBox;
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  readonly #dead: Promise<never>;
  readonly #work: Promise<void>[] = [];
  readonly #failed = Promise.withResolvers<never>();

  constructor(box: RunningBox) {
    this.box = box;
    this.#dead = box.ended;
    this.#failed.promise.catch(() => {});
    box.ended.catch((error) => {
      if (!this.isOver) this.#failed.reject(error);
    });
    this.#ended = new Promise((resolve) => this.#end.signal.addEventListener('abort', () => resolve()));
  }

  get isOver(): boolean {
    return this.#end.signal.aborted;
  }

  /** Runs until it ends or the box dies under it. */
  run(work: Promise<void>): Promise<void> {
    const settled = work.catch((error) => {
      if (this.isOver) return;
      const heard = this.box.events.filter(({ level }) => level === 'error' || level === 'warn').slice(-5);
      this.#failed.reject(
        new Error(`a client failed: ${error}; the box says ${JSON.stringify(heard)}`, { cause: error }),
      );
    });
    this.#work.push(settled);
    return settled;
  }

  /** As `promise`, or until a client fails while the box lives. */
  live<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed.promise]);
  }

  /** Reading that nobody waits for is left when the box dies. */
  reading(work: Promise<void>): Promise<void> {
    return this.run(this.orOver(work));
  }

  /** Clients are told of the death by their sockets, but not each of them always says so to whoever waits. */
  untilDeath<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#dead]);
  }

  orOver(wait: Promise<void>): Promise<void> {
    return Promise.race([wait, this.#ended]);
  }

  idleLine(): Promise<void> {
    return this.orOver(this.box.event('line.state', ({ state }) => state === 'idle').then(() => {}));
  }

  /** The event with this number since the start, or a later one. */
  async nth(name: EventName, number: number): Promise<void> {
    await this.box.event(name, () => this.count(name) >= number);
  }

  count(name: EventName): number {
    return this.box.events.filter(({ event }) => event === name).length;
  }

  async kill(): Promise<void> {
    for (const { event, where, error } of this.box.events) if (event === 'box.fault') assert.fail(`${where}: ${error}`);
    this.#end.abort();
    await this.box.kill('SIGKILL');
    await Promise.all(this.#work);
  }
}

class Office {
  readonly box: RunningBox;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly faxes = new Faxes();
  readonly waiting: Record<Letter['way'], Letter[]> = { smtp: [], submission: [], append: [] };
  /** Faxes that are still to be handed in, or taken. */
  readonly waitingFaxes = { out: 0, in: 0 };
  readonly views = new Map(
    [`${alice}/INBOX`, `${alice}/Sent`, `${bob}/INBOX`].map((name) => [name, new FolderView(name)]),
  );
  /** By account and UIDL, the checksum of the message. */
  readonly popped = new Map<string, string>();
  readonly restartsMs: number[] = [];
  readonly counts = { kills: 0, killedStarts: 0, imapPasses: 0, popPasses: 0 };
  /** For whoever looks at a run that hangs. */
  doing = '';

  constructor(box: RunningBox, chance: Chance) {
    this.box = box;
    this.chance = chance;
    this.ledger = new Ledger(chance);
  }

  /** What is new in this round waits to be sent. */
  async write(round: number): Promise<void> {
    const due = (count: number): number[] => {
      const until = (rounds: number): number => Math.floor((count * rounds) / roundCount);
      return Array.from({ length: until(round) - until(round - 1) }, (_, index) => until(round - 1) + index);
    };
    for (const _ of due(mails)) {
      const way = this.chance.of(['smtp', 'submission'] as const);
      this.waiting[way].push(this.ledger.write(way));
    }
    for (const _ of due(appends)) this.waiting.append.push(this.ledger.write('append'));
    for (const number of due(faxes)) this.waitingFaxes[number % 5 < outOfFive ? 'out' : 'in']++;
  }

  /** Sends all that waits, over several connections; what the box did not answer waits again. */
  async send(life: Life): Promise<void> {
    const { smtp, submission } = this.box.listeners;
    const login = (user: string) => ({ user, pass: this.box.accounts[user]! });
    await Promise.all([
      life.run(this.#smtp(life, this.waiting.smtp, () => SmtpClient.connect(smtp!))),
      life.run(this.#smtp(life, this.waiting.smtp, () => SmtpClient.connect(smtp!))),
      ...[alice, bob].map((user) => {
        const own = this.waiting.submission.filter(({ from }) => from === user);
        this.waiting.submission = this.waiting.submission.filter(({ from }) => from !== user);
        return life.run(
          this.#smtp(life, own, () => SmtpClient.connect(submission!, login(user))).finally(() => {
            this.waiting.submission.push(...own);
          }),
        );
      }),
      life.run(this.#append(life)),
      life.run(this.#mailFaxes(life)),
      life.run(this.#dialIn(life)),
    ]);
  }

  async #smtp(life: Life, letters: Letter[], connect: () => Promise<SmtpClient>): Promise<void> {
    if (letters.length === 0) return;
    const client = await life.untilDeath(connect());
    await this.#each(life, letters, async ({ id, from, to, octets, notify }) => {
      const dsn = notify ? { id, ret: 'HDRS', notify: 'SUCCESS' } : undefined;
      const reply = await client.send({ from, to: [...to], ...(dsn && { dsn }) } as never, octets);
      return /accepted as (\w+)/.exec(reply)![1]!;
    });
    client.quit();
  }

  async #append(life: Life): Promise<void> {
    if (this.waiting.append.length === 0) return;
    const client = await life.untilDeath(openImap(this.box, alice));
    await this.#each(life, this.waiting.append, async ({ octets, folder }) => {
      const answer = await client.append(folder, octets, ['\\Seen']);
      const uid = answer ? answer.uid : undefined;
      assert.ok(uid, 'APPENDUID');
      return String(uid);
    });
    await life.untilDeath(client.logout());
  }

  async #mailFaxes(life: Life): Promise<void> {
    for (; this.waitingFaxes.out > 0; this.waitingFaxes.out--) {
      const fax: MailedFax = await this.faxes.write();
      const login = { user: alice, pass: this.box.accounts[alice]! };
      const client = await life.untilDeath(SmtpClient.connect(this.box.listeners.submission!, login));
      await life.untilDeath(client.send(this.faxes.envelope(fax) as never, fax.message));
      fax.accepted = true;
      client.quit();
      if (life.isOver) return;
    }
  }

  /** A line that is busy is called again when something has changed there. */
  async #dialIn(life: Life): Promise<void> {
    while (this.waitingFaxes.in > 0 && !life.isOver) {
      await life.idleLine();
      const seen = life.count('line.state');
      if (await life.untilDeath(this.faxes.dialIn(callInBox(this.box, this.box.data)))) this.waitingFaxes.in--;
      else await life.orOver(life.nth('line.state', seen + 1));
    }
  }

  async #each(life: Life, letters: Letter[], send: (letter: Letter) => Promise<string>): Promise<void> {
    for (let letter = letters.shift(); letter; letter = letters.shift()) {
      try {
        letter.accepted.push(await life.untilDeath(send(letter)));
      } catch (error) {
        if (await !life.isOver) throw error;
        letter.unanswered++;
        letters.push(letter);
        return;
      }
    }
  }

  /** Reads everything as soon as it is there, until the box dies. `first` is told of the first reading. */
  async watch(life: Life, user: string, first: () => void): Promise<void> {
    const client = await openImap(this.box, user);
    while (!life.isOver) {
      const seen = life.count('store.delivered');
      await this.readAll(client, user);
      first();
      await life.nth('store.delivered', seen + 1);
    }
  }

  async readAll(client: Awaited<ReturnType<typeof openImap>>, user: string, again = false): Promise<void> {
    for (const [name, view] of this.views) {
      const [account, folder] = name.split('/') as [string, string];
      if (account === user) await readFolder(client, folder, view, again);
    }
    this.counts.imapPasses++;
  }

  /** Reads by POP3 what was not read so yet; with `again` all. @returns the checksums. */
  async pop(user: string, again = false): Promise<string[]> {
    const client = await Pop3Client.open(this.box, user);
    const listed = await client.uidl();
    const ids = new Set(listed.map(([, uidl]) => `${user} ${uidl}`));
    for (const id of this.popped.keys()) if (id.startsWith(user)) assert.ok(ids.has(id), `POP3: ${id} is gone`);
    for (const [number, uidl] of listed) {
      const before = this.popped.get(`${user} ${uidl}`);
      if (before !== undefined && !again) continue;
      const { sha256 } = readMail(await client.retrieve(number));
      assert.equal(sha256, before ?? sha256, `POP3: ${uidl} of ${user}`);
      this.popped.set(`${user} ${uidl}`, sha256);
    }
    await client.command('QUIT');
    client.close();
    this.counts.popPasses++;
    return [...ids].map((id) => this.popped.get(id)!);
  }

  /** Starts the box again; one start in five is killed and followed by another. */
  async restart(): Promise<void> {
    if (this.chance.next() < 0.2) {
      const starting = this.box.start();
      starting.catch(() => {});
      await pass(this.chance.below(startMs));
      await this.box.kill('SIGKILL');
      await Promise.allSettled([starting]);
      this.counts.killedStarts++;
    }
    const before = performance.now();
    await this.box.start();
    this.restartsMs.push(performance.now() - before);
  }

  /** Until the queue is empty and all received faxes are in it. */
  async drained(life: Life): Promise<void> {
    while (!life.isOver) {
      const done = life.count('queue.done');
      const received = life.count('fax.received');
      const unmailed = await readdir(join(this.box.data, 'fax', 'in'));
      if (unmailed.length > 0) await life.nth('fax.received', received + 1);
      else if ((await this.box.ask<QueueView[]>('queue', 'list')).length > 0) await life.nth('queue.done', done + 1);
      else return;
    }
  }
}

test('kill -9 again and again under mail and faxes: nothing acknowledged is lost, nothing is half', {
  timeout: hangMs,
}, async (context) => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
  context.diagnostic(`seed: CRASH_SEED=${seed}`);
  const chance = new Chance(seed);
  const queue = { retrySchedule: ['1s'], retryThen: ['1s'] };
  const office = new Office(await RunningBox.start(context, testConfig({ queue, fax: { callAttempts: 50 } })), chance);
  const hanging = setTimeout(() => context.diagnostic(lookOf(office)), hangMs - 60_000);
  try {
    for (let round = 1; round <= roundCount; round++) {
      office.doing = `start of round ${round}`;
      if (round > 1) await office.restart();
      await live(office, round);
    }
    office.doing = 'last start';
    await office.restart();
    await settle(context, office);
  } finally {
    clearTimeout(hanging);
  }
});

function lookOf({ doing, box, waiting, waitingFaxes }: Office): string {
  const letters = Object.entries(waiting).map(([way, { length }]) => `${way} ${length}`);
  const last = box.events.slice(-20).map((event) => JSON.stringify(event));
  return [`hangs in: ${doing}`, ...letters, JSON.stringify(waitingFaxes), ...last].join('\n');
}

/** A round: what is new this time is sent, everybody reads, and the box dies. */
async function live(office: Office, round: number): Promise<void> {
  const { chance } = office;
  await office.write(round);
  const life = new Life(office.box);
  const read = [alice, bob].flatMap((user) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void life.reading(office.watch(life, user, resolve));
    return [promise, life.reading(office.pop(user).then(() => {}))];
  });
  // In half of the rounds the readers come first, and see the box as it came up.
  office.doing = `reading of round ${round}`;
  if (chance.below(2) === 0) await life.live(Promise.all(read));
  const isFaxMoment = chance.next() < 0.5;
  const [name, most] = chance.of(isFaxMoment ? faxMoments : moments);
  const number = life.count(name) + 1 + chance.below(most);
  office.doing = `round ${round} until ${name} ${number}`;
  const sent = office.send(life);
  // When it does not come to that moment: in the middle of the deliveries, or when all is quiet.
  const otherwise = isFaxMoment ? sent.then(() => office.drained(life)) : sent;
  await life.live(Promise.race([life.nth(name, number), otherwise]));
  await pass(chance.below(laterMs));
  office.doing = `end of round ${round}`;
  await life.kill();
  office.counts.kills++;
}

async function settle(context: TestContext, office: Office): Promise<void> {
  const life = new Life(office.box);
  office.doing = 'last sending';
  await life.live(office.send(life));
  office.doing = 'until the queue is empty';
  await life.live(office.drained(life));
  office.doing = 'last reading';
  for (const user of [alice, bob]) {
    const client = await openImap(office.box, user);
    await office.readAll(client, user, true);
    await client.logout();
    const popped = await office.pop(user, true);
    const inbox = [...office.views.get(`${user}/INBOX`)!.mails.values()].map(({ sha256 }) => sha256);
    assert.deepEqual(popped.toSorted(), inbox.toSorted(), `${user}: POP3 and IMAP show the same`);
  }
  const { resent, reports } = office.ledger.check(office.views);
  const received = await office.box.ask<ReceivedView[]>('exchange', 'received', '5550199');
  const { calls, repeated, partial } = await office.faxes.check(received, office.views);
  assert.equal(await office.box.kill('SIGTERM'), 0, 'the box still stops in order');
  assert.equal(office.box.otherOutput, '');
  const { letters } = office.ledger;
  for (const { id, accepted } of letters) assert.ok(accepted.length > 0, `${id} was not acknowledged in the end`);
  const { kills, killedStarts, imapPasses, popPasses } = office.counts;
  const seconds = office.restartsMs.map((ms) => ms / 1000);
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  context.diagnostic(`${kills} rounds ended by kill -9, ${killedStarts} more kills during start-up`);
  context.diagnostic(
    `${letters.length} letters acknowledged (${letters.filter(({ way }) => way === 'append').length} by APPEND)`,
  );
  context.diagnostic(
    `${letters.reduce((sum, { unanswered }) => sum + unanswered, 0)} times no answer came; ${resent} duplicates by sending again`,
  );
  context.diagnostic(`${reports} reports; ${imapPasses} readings by IMAP, ${popPasses} by POP3`);
  const { mailed, dialled } = office.faxes;
  context.diagnostic(
    `${mailed.filter(({ accepted }) => accepted).length} faxes acknowledged and arrived, in ${calls} calls, ${repeated} pages again`,
  );
  context.diagnostic(
    `${dialled.filter(({ end }) => end?.result === 'done').length} faxes taken of ${dialled.length} calls in, ${partial} mailed in part`,
  );
  context.diagnostic(`restart: ${mean.toFixed(2)} s on average, ${Math.max(...seconds).toFixed(2)} s at most`);
}
