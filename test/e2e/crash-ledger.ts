import assert from 'node:assert/strict';
import type { Chance } from './crash-chance.ts';
import type { FolderView } from './crash-folder-view.ts';
import { type LetterHead, type Mail, writeLetter } from './crash-mail.ts';

/** What the world outside knows: what it sent, what was answered, and so what must be there. */

export const alice = 'alice@office.test';
export const bob = 'bob@office.test';
const stranger = 'writer@far.example';

export interface Letter extends LetterHead {
  readonly octets: Buffer;
  /** `APPEND` goes into `folder` of alice. */
  readonly way: 'smtp' | 'submission' | 'append';
  readonly folder: string;
  /** A report on success is asked for. */
  readonly notify: boolean;
  /** Ids in the queue that the 250 named; UIDs of APPENDUID. */
  readonly accepted: string[];
  /** Times that the box died before it answered: each may have been taken. */
  unanswered: number;
}

export class Ledger {
  readonly letters: Letter[] = [];
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** The next letter of a way; most are small, one in twenty has a megabyte. */
  write(way: Letter['way']): Letter {
    const chance = this.#chance;
    const from = way === 'smtp' ? stranger : chance.of([alice, bob]);
    const to = way === 'append' ? [alice] : chance.of([[alice], [bob], [alice, bob]]);
    const id = `${way}-${this.letters.length + 1}`;
    const sizeBytes = chance.next() < 0.05 ? 1024 * 1024 : Math.round(200 * 10 ** (chance.next() * 2.5));
    const letter: Letter = {
      id,
      from,
      to,
      way,
      folder: way === 'append' ? chance.of(['INBOX', 'Sent']) : 'INBOX',
      octets: writeLetter({ id, from, to }, sizeBytes, chance),
      notify: way === 'submission' && chance.next() < 0.4,
      accepted: [],
      unanswered: 0,
    };
    this.letters.push(letter);
    return letter;
  }

  /**
   * Judges what stands in the folders after all is over. Views are by `account/folder`.
   * @returns letters that stand more than once because the box died before it answered and they were sent again.
   */
  check(views: ReadonlyMap<string, FolderView>): { resent: number; reports: number } {
    for (const view of views.values()) this.#eachAcceptanceOnce(view);
    const reports = [...views.values()].flatMap((view) => mailsOf(view, 'report').map((report) => ({ view, report })));
    const resent = this.letters.map((letter) => {
      const copies = letter.way === 'append' ? this.#appended(letter, views) : this.#delivered(letter, views);
      this.#reported(letter, copies, reports);
      return copies - letter.accepted.length;
    });
    return { resent: resent.reduce((sum, count) => sum + count, 0), reports: reports.length };
  }

  /** What is delivered twice has the same Received field twice. */
  #eachAcceptanceOnce(view: FolderView): void {
    const seen = new Set<string>();
    for (const { trace } of view.mails.values()) {
      assert.ok(trace === '' || !seen.has(trace), `${view.name}: ${trace} was delivered twice`);
      seen.add(trace);
    }
  }

  #delivered(letter: Letter, views: ReadonlyMap<string, FolderView>): number {
    const traces = letter.to.map((address) => tracesOf(views.get(`${address}/INBOX`)!, letter.id));
    for (const [index, address] of letter.to.entries()) {
      for (const id of letter.accepted)
        assert.ok(traces[index]!.includes(id), `${letter.id}: acknowledged as ${id}, not with ${address}`);
      assert.deepEqual(traces[index]!.toSorted(), traces[0]!.toSorted(), `${letter.id}: not with all recipients`);
    }
    this.#countOf(letter, traces[0]!.length);
    return traces[0]!.length;
  }

  #appended(letter: Letter, views: ReadonlyMap<string, FolderView>): number {
    const view = views.get(`${alice}/${letter.folder}`)!;
    for (const uid of letter.accepted) {
      const mail = view.mails.get(Number(uid));
      assert.ok(mail?.kind === 'letter' && mail.id === letter.id, `${letter.id}: appended as UID ${uid}`);
    }
    const copies = mailsOf(view, 'letter').filter(({ id }) => id === letter.id).length;
    this.#countOf(letter, copies);
    return copies;
  }

  #countOf({ id, accepted, unanswered }: Letter, copies: number): void {
    const most = accepted.length + unanswered;
    assert.ok(copies >= accepted.length && copies <= most, `${id}: ${copies} copies, at most ${most} were sent`);
  }

  /** Each acceptance of a letter is reported once on each recipient, when that was asked for. */
  #reported(
    { id, notify, from, to }: Letter,
    copies: number,
    reports: readonly { view: FolderView; report: Extract<Mail, { kind: 'report' }> }[],
  ): void {
    const own = reports.filter(({ report }) => report.envelopeId === id);
    const told = own.flatMap(({ report }) => report.told).toSorted();
    const wanted = Array.from({ length: notify ? copies : 0 }, () => to.map((address) => `${address} delivered`));
    assert.deepEqual(told, wanted.flat().toSorted(), `reports on ${id}`);
    for (const { view } of own) assert.equal(view.name, `${from}/INBOX`, `report on ${id}`);
  }
}

export function mailsOf<Kind extends Mail['kind']>(view: FolderView, kind: Kind): Extract<Mail, { kind: Kind }>[] {
  return [...view.mails.values()].filter((mail) => mail.kind === kind) as Extract<Mail, { kind: Kind }>[];
}

function tracesOf(view: FolderView, letter: string): string[] {
  return mailsOf(view, 'letter').flatMap(({ id, trace }) => (id === letter ? [trace] : []));
}
