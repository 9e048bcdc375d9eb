import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { DialInView } from '../../src/admin/admin-api.ts';
import { type BandedPage, bandsPng, readBands } from './crash-bands.ts';
import type { FolderView } from './crash-folder-view.ts';
import { alice, mailsOf } from './crash-ledger.ts';
import type { RunningBox } from './running-box.ts';

/**
 * Faxes both ways. Each attempt to hand one in has a number of its own on its pages, so that what an attempt without
 * answer became is told from the next one.
 */

export const station = '5550199';
export const line = '5550100';
const pages = 3;

export interface MailedFax {
  readonly fax: number;
  readonly envelopeId: string;
  readonly notify: boolean;
  readonly message: Buffer;
  accepted: boolean;
}

/** What a far station took in a call. */
interface ReceivedCall {
  readonly pages: readonly { readonly file: string }[];
}

type CallEnd = Pick<DialInView, 'result' | 'pagesConfirmed'>;

/** Has the far station call the box with these pages. @returns undefined when the call's end is not known */
export type FarCall = (pages: readonly BandedPage[]) => Promise<CallEnd | undefined>;

/** The far station of the simulated exchange that runs in the box, and dies with it. @param folder for its files */
export function callInBox(box: RunningBox, folder: string): FarCall {
  return async (pages) => {
    const files: string[] = [];
    for (const one of pages) {
      const file = join(folder, `${one.fax}-${one.page}.png`);
      await writeFile(file, await bandsPng(one));
      files.push(file);
    }
    const { out } = await box.caselli('exchange', 'dial-in', '--from', station, '--to', line, ...files, '--json');
    return out === '' ? undefined : (JSON.parse(out) as DialInView);
  };
}

export class Faxes {
  readonly mailed: MailedFax[] = [];
  readonly dialled: { readonly fax: number; readonly end: CallEnd | undefined }[] = [];
  #count = 0;

  async write(): Promise<MailedFax> {
    const fax = ++this.#count;
    const to = `${station}@fax`;
    const attachments = await Promise.all(
      pagesOf(fax).map(async (one) => ({ filename: `page${one.page}.png`, content: await bandsPng(one) })),
    );
    const draft = { from: alice, to, subject: `fax ${fax}`, text: 'Please find the plan attached.\n', attachments };
    const message = await new MailComposer(draft).compile().build();
    const mail = { fax, envelopeId: `fax-${fax}`, notify: fax % 2 === 0, message, accepted: false };
    this.mailed.push(mail);
    return mail;
  }

  envelope({ envelopeId, notify }: MailedFax): object {
    const dsn = { id: envelopeId, ret: 'HDRS', notify: notify ? 'SUCCESS,FAILURE' : 'FAILURE' };
    return { from: alice, to: [`${station}@fax`], dsn };
  }

  /** The far station calls. @returns whether it counts the fax as done. */
  async dialIn(call: FarCall): Promise<boolean> {
    const fax = ++this.#count;
    const end = await call(pagesOf(fax));
    this.dialled.push({ fax, end });
    return end?.result === 'done';
  }

  /** Judges what came of all of them, when the box has nothing more to do. */
  async check(
    received: readonly ReceivedCall[],
    views: ReadonlyMap<string, FolderView>,
  ): Promise<{ calls: number; repeated: number; partial: number }> {
    const repeated = await this.#checkSent(received);
    const inbox = views.get(`${alice}/INBOX`)!;
    this.#checkReports(inbox);
    return { calls: received.length, repeated, partial: await this.#checkReceived(inbox) };
  }

  /** @returns pages that arrived more than once: at most one a call that was cut. */
  async #checkSent(received: readonly ReceivedCall[]): Promise<number> {
    const calls: (BandedPage | undefined)[][] = [];
    for (const call of received) {
      const shown: (typeof calls)[number] = [];
      for (const { file } of call.pages) shown.push(await readBands(file));
      calls.push(shown);
    }
    const arrived = calls.flat();
    const counts = countsOf(arrived.filter((one) => one !== undefined));
    for (const { fax, accepted } of this.mailed) {
      if (!accepted) continue;
      const missing = pagesOf(fax).filter((one) => !counts.has(nameOf(one)));
      assert.deepEqual(missing, [], `acknowledged, not arrived; calls brought ${JSON.stringify(calls)}`);
    }
    const faxes = new Set([...counts.keys()].map((name) => name.split(' ')[1])).size;
    const repeated = arrived.length - faxes * (1 + pages);
    assert.ok(
      repeated >= 0 && repeated <= received.length - faxes,
      `${repeated} pages again in ${received.length} calls for ${faxes} faxes`,
    );
    return repeated;
  }

  #checkReports(inbox: FolderView): void {
    for (const { envelopeId, notify, accepted } of this.mailed) {
      if (!accepted) continue;
      const told = mailsOf(inbox, 'report').flatMap((report) => (report.envelopeId === envelopeId ? report.told : []));
      assert.deepEqual(told, notify ? [`${station}@fax delivered`] : [], `reports on ${envelopeId}`);
    }
  }

  /** @returns how many calls came in only in part */
  async #checkReceived(inbox: FolderView): Promise<number> {
    const mails: BandedPage[][] = [];
    for (const { pictures } of mailsOf(inbox, 'fax')) {
      const shown = await Promise.all(pictures.map(readBands));
      mails.push(shown.map((one) => one ?? assert.fail('a received page without its bands')));
    }
    const counts = countsOf(mails.flat());
    for (const [name, count] of counts) assert.equal(count, 1, `${name} is in ${count} mails`);
    for (const mail of mails)
      assert.deepEqual(mail, pagesOf(mail[0]!.fax).slice(0, mail.length), 'the pages of one call, from the first');
    for (const { fax, end } of this.dialled) {
      for (const one of pagesOf(fax).slice(0, end?.pagesConfirmed ?? 0))
        assert.ok(counts.has(nameOf(one)), `confirmed to the far station, not in the mailbox: ${nameOf(one)}`);
    }
    return mails.filter(({ length }) => length < pages).length;
  }
}

function pagesOf(fax: number): BandedPage[] {
  return Array.from({ length: pages }, (_, index) => ({ fax, page: index + 1 }));
}

function nameOf({ fax, page }: BandedPage): string {
  return `fax ${fax} page ${page}`;
}

function countsOf(seen: readonly BandedPage[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of seen) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1);
  return counts;
}
