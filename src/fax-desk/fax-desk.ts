import { createReadStream } from 'node:fs';
import { link, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Renderer } from '../documents/types.ts';
import { faxOptions } from '../fax/fax-address.ts';
import type { Raster } from '../fax/raster.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { makeFolder, syncFolder } from '../lib/durable.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { SqliteWriter } from '../lib/sqlite.ts';
import type { Person, RandomBytes } from '../mail/compose.ts';
import type { Queue } from '../queue/queue.ts';
import { type Entrance, SubmitError } from '../queue/types.ts';
import type { Asker, Routing } from '../routing/types.ts';
import { DeskError } from './desk-error.ts';
import { type Draft, Drafts, type DraftsParts } from './drafts.ts';
import { type Addressed, type FaxLetter, faxAddressOf, faxMessage, type LetterFile } from './fax-letter.ts';
import { type PreviewAnswer, Previews } from './previews.ts';
import { type ListedNumber, readNumbers } from './recipient-list.ts';
import { type Sending, type SendingRecipient, Sendings } from './sendings.ts';
import { Tracker } from './tracker.ts';

export interface FaxDeskParts extends Pick<DraftsParts, 'limitBytes' | 'freeSpace' | 'minFreeSpace'> {
  /** Belongs to the desk: `desk.db`, `drafts/`, `documents/`. */
  readonly folder: string;
  readonly writer: SqliteWriter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: RandomBytes;
  readonly events: EventBus;
  readonly entrance: Entrance;
  readonly queue: Pick<Queue, 'show' | 'cancel' | 'schedule'>;
  readonly renderer: Renderer;
  readonly pageToPng: (raster: Raster) => Promise<Uint8Array>;
  readonly route: (address: string, asker: Asker) => Routing;
  /** Name of the box. */
  readonly name: () => string;
  /** @returns undefined for somebody who may send no fax. */
  readonly sender: (account: string) => Person | undefined;
}

/** What would be done with a number. */
export type NumberCheck =
  /** `address`: what it is in the queue; `dialled`: what the modem is told. */
  | { readonly kind: 'accepted'; readonly address: string; readonly dialled: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Recipients {
  readonly recipients: readonly (Addressed & { readonly dialled: string })[];
  readonly problems: readonly { readonly line: number; readonly text: string; readonly problem: string }[];
  /** Numbers left out because another one dials the same. */
  readonly duplicates: number;
}

export interface Order {
  readonly draft: string;
  readonly letter: FaxLetter;
  readonly recipients: readonly Addressed[];
  /** When it is to be sent, ms since the epoch; undefined for now. */
  readonly at: number | undefined;
  readonly report: boolean;
  /** Account that it is sent for. */
  readonly sender: string;
}

/** Numbers of one sending. */
export const recipientsLimit = 2000;
/** Numbers of one message: its header names them all. */
const perMessage = 500;
/** So long a preview is what will be sent; then the time on its pages would be an old one. */
const previewMs = 10 * 60_000;
/** Sendings are remembered for so long, and so many of them. */
const rememberMs = 180 * 86_400_000;
const rememberMost = 5000;
/** Documents of a sending that failed in part are kept for so long, to be sent again. */
const keepDocumentsMs = 14 * 86_400_000;
const housekeepingMs = 3_600_000;

const asker: Asker = { relay: true, fax: true, source: 'web' };

/** Where people send faxes from the panel and the command line: drafts, previews, and what became of what was sent. */
export class FaxDesk {
  readonly drafts: Drafts;
  readonly sendings: Sendings;
  readonly #parts: FaxDeskParts;
  readonly #previews: Previews;
  readonly #tracker: Tracker;
  readonly #ordered = new Set<string>();
  #housekeeping: Timer | undefined;

  private constructor(parts: FaxDeskParts, drafts: Drafts, sendings: Sendings) {
    this.#parts = parts;
    this.drafts = drafts;
    this.sendings = sendings;
    this.#previews = new Previews(parts.ids, parts.pageToPng);
    this.#tracker = new Tracker(sendings, parts);
  }

  static async open(parts: FaxDeskParts): Promise<FaxDesk> {
    const { folder, writer } = parts;
    await makeFolder(join(folder, 'documents'));
    const drafts = await Drafts.open({ ...parts, folder: join(folder, 'drafts') });
    const sendings = await Sendings.open(writer, join(folder, 'desk.db'));
    const desk = new FaxDesk(parts, drafts, sendings);
    await desk.#tracker.recover();
    await desk.#tidy();
    desk.#plan();
    return desk;
  }

  async close(): Promise<void> {
    this.#housekeeping?.cancel();
    await this.#tracker.close();
    await this.sendings.close();
  }

  /** What has happened is written down. */
  settled(): Promise<void> {
    return this.#tracker.settled();
  }

  /** What would be dialled, by the code that the queue and the door go by. */
  check(number: string, letter: Pick<FaxLetter, 'cover' | 'resolution'>): NumberCheck {
    const address = faxAddressOf(number, letter);
    if (typeof address !== 'string') return { kind: 'refused', reason: address.reason };
    const routing = this.#parts.route(address, asker);
    if (routing.kind === 'refused') return { kind: 'refused', reason: routing.text };
    const [one] = routing.recipients;
    if (one?.route.agent !== 'fax') return { kind: 'refused', reason: 'This is no fax number.' };
    return { kind: 'accepted', address, dialled: one.route.number };
  }

  /** A pasted list and numbers of the address book: what is called, each number once, and what cannot be. */
  recipients(text: string, listed: readonly Addressed[]): Recipients {
    let lines: ListedNumber[];
    try {
      lines = readNumbers(text);
    } catch (error) {
      if (error instanceof RangeError) throw new DeskError('invalid', error.message);
      throw error;
    }
    const found = new Map<string, Addressed & { readonly dialled: string }>();
    const problems: { line: number; text: string; problem: string }[] = [];
    let duplicates = 0;
    for (const { line, number, name } of [...listed.map((one) => ({ ...one, line: 0 })), ...lines]) {
      const check = this.check(number, { cover: false, resolution: 'fine' });
      if (check.kind === 'refused') problems.push({ line, text: name || number, problem: check.reason });
      else if (found.has(check.dialled)) duplicates++;
      else found.set(check.dialled, { number, name, dialled: check.dialled });
    }
    if (found.size > recipientsLimit) throw tooMany();
    return { recipients: [...found.values()], problems, duplicates };
  }

  /** All pages as they will be sent to `to`; without a number what does not depend on it. */
  async preview(
    account: string,
    order: Omit<Order, 'recipients' | 'report'> & { readonly to: Addressed },
  ): Promise<PreviewAnswer> {
    const { clock, renderer, ids } = this.#parts;
    const { letter, to, at } = order;
    const draft = this.drafts.get(account, order.draft);
    const date = at ?? clock.now();
    const check = this.check(to.number, letter);
    const address = check.kind === 'accepted' ? check.address : addressWithoutNumber(letter);
    const id = ids();
    const parts = {
      letter,
      from: this.#sender(order.sender),
      to: [{ ...to, address }],
      files: draft.files.map((file) => ({ ...file, content: () => this.drafts.content(draft, file) })),
      id,
      host: this.#parts.name(),
      at: date,
    };
    const options = faxOptions(address.slice(address.lastIndexOf('@') + 1))!;
    // A file has its key for ever: the same keys are the same documents.
    const together = `draft ${draft.id} ${draft.files.map(({ key }) => key).join()}`;
    const job = {
      // The boundary must be the same each time that the message is read.
      content: () => faxMessage(parts, () => Buffer.from(id)),
      options,
      number: check.kind === 'accepted' ? check.dialled : '',
      address,
      date,
      together,
    };
    return this.#previews.make({ draft: draft.id, folder: this.drafts.folder(draft.id), date }, (folder, signal) =>
      renderer.render({ ...job, folder }, signal),
    );
  }

  picture(account: string, draft: string, id: string, page: number): Promise<Uint8Array> {
    return this.#previews.picture(this.drafts.get(account, draft).id, id, page);
  }

  async discard(account: string, id: string): Promise<void> {
    await this.#drop(this.drafts.get(account, id));
  }

  /**
   * Hands the fax to the queue; the draft goes. Resolves when it is on stable storage.
   * @throws DeskError when it cannot be sent so; nothing was sent then
   */
  async send(account: string, order: Order): Promise<Sending> {
    const draft = this.drafts.get(account, order.draft);
    if (this.#ordered.has(draft.id)) throw new DeskError('later', 'this fax is being handed in already');
    this.#ordered.add(draft.id);
    try {
      const sending = await this.#send(account, draft, order);
      await this.#drop(draft);
      return sending;
    } finally {
      this.#ordered.delete(draft.id);
    }
  }

  async #send(account: string, draft: Draft, order: Order): Promise<Sending> {
    const { clock, ids } = this.#parts;
    const { letter, recipients, at, report, sender } = order;
    this.#sender(sender);
    if (draft.files.length === 0 && letter.text.trim() === '')
      throw new DeskError('invalid', 'there is nothing to send yet: choose a file, or write a text');
    const now = clock.now();
    const preview = this.#previews.last(draft.id);
    // The time that stands on the pages is the one that was seen.
    const seen = preview && preview.date <= now && preview.date > now - previewMs ? preview.date : now;
    const sending: Sending = {
      id: ids(),
      account,
      sender,
      letter,
      files: draft.files,
      pages: preview?.pages ?? 0,
      report,
      createdAt: now,
      notBefore: at === undefined ? seen : at,
    };
    const rows = this.#rows(recipients, letter);
    const folder = this.#documents(sending.id);
    try {
      await makeFolder(folder);
      for (const { key } of draft.files)
        await link(join(this.drafts.folder(draft.id), String(key)), join(folder, String(key)));
      await syncFolder(folder);
      await this.sendings.add(sending, rows);
      this.#tracker.follow(sending, rows);
      await this.#submit(sending, rows, sending.notBefore);
    } catch (error) {
      // Messages that were taken already go out: what is known of them stays.
      if (!rows.some(({ message }) => this.#parts.queue.show(message))) {
        await this.sendings.remove([sending.id]);
        await rm(folder, { recursive: true, force: true });
      }
      throw deskError(error);
    }
    return sending;
  }

  /** What failed, or was cancelled, is tried anew with the same pages. @returns how many numbers. */
  async retry(id: string): Promise<number> {
    const sending = this.#existing(id);
    const failed = this.sendings.recipients(id).filter(({ state }) => state === 'failed' || state === 'cancelled');
    if (failed.length === 0) return 0;
    const files = await readdir(this.#documents(id)).catch((): string[] => []);
    if (sending.files.some(({ key }) => !files.includes(String(key))))
      throw new DeskError('missing', 'the documents of this fax are not kept any more: please send it anew');
    const rows = this.#withMessages(
      failed.map((one) => ({ ...one, state: 'waiting', text: '', nextAt: 0, finishedAt: 0 })),
    );
    await this.sendings.renew(id, rows);
    this.#tracker.follow(sending, rows);
    try {
      await this.#submit(sending, rows, this.#parts.clock.now());
    } catch (error) {
      await this.#tracker.lost(rows.map(({ message }) => message));
      throw deskError(error);
    }
    return rows.length;
  }

  /** What is not sent yet is not sent. */
  async cancel(id: string): Promise<void> {
    this.#existing(id);
    await this.#tracker.cancel(id);
  }

  /** @throws DeskError when the time is none, or nothing waits */
  async schedule(id: string, at: number): Promise<void> {
    this.#existing(id);
    const open = this.sendings.openMessages(id);
    if (open.length === 0) throw new DeskError('missing', 'nothing of this fax waits any more');
    try {
      for (const { message } of open) await this.#parts.queue.schedule(message, at);
    } catch (error) {
      throw deskError(error);
    }
    await this.sendings.setTime(id, Math.max(at, this.#parts.clock.now()));
    this.#tracker.tell(id);
  }

  #existing(id: string): Sending {
    return this.sendings.get(id) ?? missing();
  }

  #sender(account: string): Person {
    const person = this.#parts.sender(account);
    if (!person) throw new DeskError('invalid', `${account || 'the administrator'} may send no faxes`);
    return person;
  }

  /** Each number once. @throws DeskError that names one that cannot be called */
  #rows(recipients: readonly Addressed[], letter: FaxLetter): SendingRecipient[] {
    if (recipients.length > recipientsLimit) throw tooMany();
    const found = new Map<string, Omit<SendingRecipient, 'position' | 'message'>>();
    for (const { number, name } of recipients) {
      const check = this.check(number, letter);
      if (check.kind === 'refused') throw new DeskError('invalid', `${number}: ${check.reason}`);
      const { address, dialled } = check;
      const fresh = { state: 'waiting', text: '', nextAt: 0, finishedAt: 0 } as const;
      if (!found.has(dialled)) found.set(dialled, { number, name, address, dialled, ...fresh });
    }
    if (found.size === 0) throw new DeskError('invalid', 'say to which number the fax goes');
    return this.#withMessages([...found.values()].map((one, position) => ({ ...one, position })));
  }

  #withMessages(rows: readonly Omit<SendingRecipient, 'message'>[]): SendingRecipient[] {
    let message = '';
    return rows.map((row, index) => {
      if (index % perMessage === 0) message = this.#parts.ids();
      return { ...row, message };
    });
  }

  async #submit(sending: Sending, rows: readonly SendingRecipient[], at: number): Promise<void> {
    const { entrance, random, name } = this.#parts;
    const { letter, account, report, sender } = sending;
    const from = this.#sender(sender);
    const files: LetterFile[] = sending.files.map(({ key, ...file }) => ({
      ...file,
      content: () => createReadStream(join(this.#documents(sending.id), String(key))),
    }));
    const notify = { success: report, failure: true, delay: report };
    for (const [message, to] of Map.groupBy(rows, (row) => row.message)) {
      await entrance.submit({
        messageId: message,
        source: 'web',
        ...(account && { account }),
        envelope: {
          reversePath: from.address,
          recipients: to.map(({ address }) => ({ address, notify })),
          ret: 'headers',
        },
        notBefore: at,
        content: faxMessage({ letter, from, to, files, id: message, host: name(), at }, random),
      });
    }
  }

  #documents(id: string): string {
    return join(this.#parts.folder, 'documents', id);
  }

  async #drop(draft: Draft): Promise<void> {
    await this.#previews.forget(draft.id);
    const keys = draft.files.map(({ key }) => key).join();
    await this.#parts.renderer.forget?.(`draft ${draft.id} ${keys}`);
    await this.drafts.remove(draft.id);
  }

  #plan(): void {
    const { clock, events } = this.#parts;
    this.#housekeeping = clock.timer(housekeepingMs, () => {
      this.#tidy()
        .catch((error: unknown) => events.emit('box.fault', { where: 'fax desk: tidying', error: String(error) }))
        .finally(() => this.#housekeeping && this.#plan());
    });
  }

  async #tidy(): Promise<void> {
    const now = this.#parts.clock.now();
    await this.drafts.tidy();
    await this.sendings.remove(this.sendings.removable(now - rememberMs, rememberMost));
    for (const id of await readdir(join(this.#parts.folder, 'documents'))) {
      if (this.sendings.get(id) && !this.sendings.settled(id, now - keepDocumentsMs)) continue;
      if (this.sendings.get(id) === undefined && this.#ordered.size > 0) continue; // it may be on its way
      await rm(this.#documents(id), { recursive: true, force: true });
    }
  }
}

function addressWithoutNumber(letter: FaxLetter): string {
  const address = faxAddressOf('0', letter);
  return typeof address === 'string' ? address : '';
}

function missing(): never {
  throw new DeskError('missing', 'there is no such fax: see the list of what was sent');
}

function tooMany(): DeskError {
  return new DeskError('invalid', `a fax goes to ${recipientsLimit} numbers at most`);
}

function deskError(error: unknown): unknown {
  if (error instanceof SubmitError) return new DeskError(error.permanent ? 'invalid' : 'later', error.message);
  return error;
}
