import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { QueueView } from '../../src/admin/admin-api.ts';
import type { SlotsView } from '../../src/admin/update-admin.ts';
import { bandsRaster } from '../e2e/crash-bands.ts';
import { Chance } from '../e2e/crash-chance.ts';
import { readFolder, SmtpClient } from '../e2e/crash-clients.ts';
import { type FarCall, Faxes, line, station } from '../e2e/crash-faxes.ts';
import { FolderView } from '../e2e/crash-folder-view.ts';
import { alice, bob, Ledger, type Letter } from '../e2e/crash-ledger.ts';
import { builtImage } from './built-image.ts';
import { OfficeBox, readyMs } from './office-box.ts';
import { farNumber, Telephone } from './telephone.ts';

/**
 * The plug is pulled again and again (SIGKILL of QEMU) while mail and faxes come and go, while an update is written and
 * while the box starts. Each time it comes up without a hand, and what it acknowledged is there at the end, whole and once.
 */

const cuts = Number(process.env.CUTS ?? 20);
/** In every so-manieth round an update is written from a stick while the mail comes. */
const updateEvery = 4;
/** In these rounds, of every so many, a fax is handed in, and the far station calls. */
const faxOut = { every: 8, round: 1 };
const faxIn = { every: 4, round: 3 };
/** One start in so many is cut too. */
const startCutOf = 6;
const lettersARound = 12;
/** The plug is pulled within so long after the traffic began. */
const trafficMs = 6000;
const faxMs = 25_000;
const updateMs = 25_000;
const startMs = 15_000;
const drainMs = 600_000;
const redialMs = 1000;
/** Each look costs the box some seconds of processor, which the faxes need. */
const lookMs = 5000;

type Way = Letter['way'];

class Office {
  readonly box: OfficeBox;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly faxes = new Faxes();
  readonly #telephone: Telephone;
  readonly #waiting: Letter[] = [];
  /** Faxes that are still to be handed in, or taken. */
  readonly #waitingFaxes = { out: 0, in: 0 };
  readonly views = new Map(
    [`${alice}/INBOX`, `${alice}/Sent`, `${bob}/INBOX`].map((name) => [name, new FolderView(name)]),
  );
  over = false;

  constructor(box: OfficeBox, telephone: Telephone, chance: Chance) {
    this.box = box;
    this.chance = chance;
    this.ledger = new Ledger(chance);
    this.#telephone = telephone;
  }

  /** @returns within which time the plug is pulled */
  write(round: number): number {
    for (let count = 0; count < lettersARound; count++)
      this.#waiting.push(this.ledger.write(this.chance.of<Way>(['smtp', 'smtp', 'submission', 'append'])));
    const isOut = round % faxOut.every === faxOut.round;
    const isIn = round % faxIn.every === faxIn.round;
    if (isOut) this.#waitingFaxes.out++;
    if (isIn) this.#waitingFaxes.in++;
    if (round % updateEvery === 0) return updateMs;
    return isOut || isIn ? faxMs : trafficMs;
  }

  /** Switched on again, with the modem at its line. */
  async restart(): Promise<number> {
    await this.box.machine.switchOn();
    await this.#telephone.plugIn();
    return this.box.machine.ready(readyMs);
  }

  /** Sends all that waits over several connections; what was not answered when the power went waits again. */
  async send(): Promise<void> {
    await Promise.all([this.#sender(), this.#sender(), this.#sender(), this.#mailFaxes(), this.#takeFaxes()]);
  }

  /** A fax without an answer is written anew, with a number of its own on its pages. */
  async #mailFaxes(): Promise<void> {
    for (; this.#waitingFaxes.out > 0 && !this.over; this.#waitingFaxes.out--) {
      const fax = await this.faxes.write();
      const { listeners, accounts } = this.box;
      try {
        const client = await SmtpClient.connect(listeners.submission!, { user: alice, pass: accounts[alice]! });
        await client.send(this.faxes.envelope(fax) as never, fax.message);
        fax.accepted = true;
        client.quit();
      } catch (error) {
        if (!(this.over as boolean)) throw error;
        return;
      }
    }
  }

  /** A line that is busy, or on which nobody answers yet, is called again. */
  async #takeFaxes(): Promise<void> {
    const call: FarCall = (pages) =>
      this.#telephone.exchange.dialIn({ from: station, to: line, pages: pages.map(bandsRaster) });
    while (this.#waitingFaxes.in > 0 && !this.over) {
      if (await this.faxes.dialIn(call)) this.#waitingFaxes.in--;
      else await pass(redialMs);
    }
  }

  async #sender(): Promise<void> {
    for (let letter = this.#waiting.shift(); letter && !this.over; letter = this.#waiting.shift()) {
      try {
        letter.accepted.push(await this.#hand(letter));
      } catch (error) {
        letter.unanswered++;
        this.#waiting.push(letter);
        // `over` is set while the answer was waited for.
        if (!(this.over as boolean)) throw error;
        return;
      }
    }
  }

  /** @returns by what name the box knows it now */
  async #hand({ id, from, to, octets, notify, way, folder }: Letter): Promise<string> {
    const { listeners, accounts } = this.box;
    if (way === 'append') {
      const client = await this.box.imap(alice);
      const answer = await client.append(folder, octets, ['\\Seen']);
      await client.logout();
      const uid = answer ? answer.uid : undefined;
      assert.ok(uid, 'APPENDUID');
      return String(uid);
    }
    const client =
      way === 'smtp'
        ? await SmtpClient.connect(listeners.smtp!)
        : await SmtpClient.connect(listeners.submission!, { user: from, pass: accounts[from]! });
    const dsn = notify ? { id, ret: 'HDRS', notify: 'SUCCESS' } : undefined;
    const reply = await client.send({ from, to: [...to], ...(dsn && { dsn }) } as never, octets);
    client.quit();
    return /accepted as (\w+)/.exec(reply)![1]!;
  }

  /** What readers see: nothing that was ever seen is gone or changed. */
  async read(again = false): Promise<void> {
    for (const user of [alice, bob]) {
      const client = await this.box.imap(user);
      for (const [name, view] of this.views) {
        const [account, folder] = name.split('/') as [string, string];
        if (account === user) await readFolder(client, folder, view, again);
      }
      await client.logout();
    }
  }

  async drained(): Promise<void> {
    await this.box.machine.until('all is delivered', drainMs, async () => {
      await pass(lookMs);
      const unmailed = await this.box.machine.shell('ls /data/fax/in');
      return unmailed === '' && (await this.box.json<QueueView[]>('queue list')).length === 0;
    });
  }
}

/** What a cut has ended is tried again at once, as often as there are cuts. */
const impatient = {
  'queue.retrySchedule': '["1s"]',
  'queue.retryThen': '["1s"]',
  'fax.callAttempts': '50',
  'fax.retries.lost.calls': '50',
};

test('the plug pulled again and again under mail, faxes and updates: nothing acknowledged is lost, the box comes back by itself', async (context) => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
  context.diagnostic(`seed: CRASH_SEED=${seed}`);
  const chance = new Chance(seed);
  const update = await builtImage('qemu-x86_64', ['--version', '9.9.9']);
  const box = await OfficeBox.start(context, { stick: { label: 'UPDATE', sizeMiB: 256, files: [update.bundle] } });
  await box.moveIn();
  const telephone = new Telephone(context, box.machine);
  await telephone.install(box, alice);
  for (const [name, value] of Object.entries(impatient)) await box.caselli(`config set ${name} '${value}'`);
  const office = new Office(box, telephone, chance);
  await office.read();
  const readySeconds: number[] = [];
  const updates = { begun: 0, written: 0 };
  let startCuts = 0;
  for (let round = 1; round <= cuts; round++) {
    const withinMs = office.write(round);
    office.over = false;
    const sending = office.send();
    sending.catch(() => {});
    const updating = round % updateEvery === 0;
    if (updating) {
      updates.begun++;
      box
        .caselli('system update --usb --allow-downgrade')
        .then(() => updates.written++)
        .catch(() => {});
    }
    await Promise.race([pass(chance.below(withinMs)), failed(sending)]);
    office.over = true;
    await box.machine.cutPower();
    await Promise.allSettled([sending]);
    if (chance.below(startCutOf) === 0) {
      startCuts++;
      await box.machine.switchOn();
      await pass(chance.below(startMs));
    }
    readySeconds.push(await office.restart());
    await office.read();
  }
  office.over = false;
  await office.send();
  await office.drained();
  await office.read(true);
  const { resent, reports } = office.ledger.check(office.views);
  const faxes = await office.faxes.check(await telephone.exchange.received(farNumber), office.views);
  await judgeDisk(box);
  report(context, office, { readySeconds, updates, startCuts, resent, reports, faxes });
  context.diagnostic(`slots: ${JSON.stringify(await box.json<SlotsView>('system slots'))}`);
});

/** Rejects as `work` does; never resolves. */
async function failed(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise(() => {});
}

/** The data was mounted writable, the journal did its work, and nothing had to be given up. */
async function judgeDisk({ machine }: OfficeBox): Promise<void> {
  assert.match(await machine.shell('grep " /data " /proc/mounts'), / ext4 rw,/);
  assert.doesNotMatch(await machine.shell('dmesg'), /e2fsck had to repair/);
}

function report(
  context: TestContext,
  { ledger, faxes }: Office,
  counts: {
    readySeconds: number[];
    updates: object;
    startCuts: number;
    resent: number;
    reports: number;
    faxes: object;
  },
): void {
  const { readySeconds, startCuts, resent, reports } = counts;
  for (const { id, accepted } of ledger.letters)
    assert.ok(accepted.length > 0, `${id} was not acknowledged in the end`);
  const mean = readySeconds.reduce((sum, one) => sum + one, 0) / readySeconds.length;
  context.diagnostic(
    `${cuts} cuts under traffic, ${startCuts} more while the box started; updates ${JSON.stringify(counts.updates)}`,
  );
  context.diagnostic(
    `${ledger.letters.length} letters acknowledged, none lost, ${resent} twice as they were sent again; ${reports} reports`,
  );
  const sent = faxes.mailed.filter(({ accepted }) => accepted).length;
  const taken = faxes.dialled.filter(({ end }) => end?.result === 'done').length;
  context.diagnostic(
    `${sent} faxes acknowledged and arrived, ${taken} taken in ${faxes.dialled.length} calls; ${JSON.stringify(counts.faxes)}`,
  );
  context.diagnostic(`ready after ${mean.toFixed(1)} s on average, ${Math.max(...readySeconds).toFixed(1)} s at most`);
}
