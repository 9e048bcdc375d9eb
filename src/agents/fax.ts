import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Renderer, Rendering } from '../documents/types.ts';
import type { CallResult, FaxPage, FaxSender, SentCall } from '../fax/call.ts';
import { opensInMs, parseHours } from '../fax/calling-hours.ts';
import type { Raster } from '../fax/raster.ts';
import type { FaxProgress as ArchiveProgress, FaxArchive, SentStart } from '../fax-archive/fax-archive.ts';
import type { Clock } from '../lib/clock.ts';
import { makeFolder, writeDurable } from '../lib/durable.ts';
import type { EventBus } from '../lib/events.ts';
import { durationText, plural, wallTime } from '../lib/words.ts';
import { Header, readHeaderBlock } from '../mail/header.ts';
import { priorityOf } from '../mail/priority.ts';
import type {
  DeliveryAgent,
  DeliveryJob,
  Failed,
  JobRecipient,
  Outcome,
  RecipientResult,
  ReportAttachment,
} from '../queue/types.ts';
import { type CallCounts, countCall, nextCall } from './fax-retries.ts';

/**
 * Mail to fax numbers: renders a message into pages once, and makes one call an attempt until every page is confirmed.
 *
 * | in `folder/<recipient>/` | what it is                                              | when it goes                      |
 * |--------------------------|---------------------------------------------------------|-----------------------------------|
 * | `pages/`                 | the rendering; made again after a restart               | with the folder, or to make room  |
 * | `progress.json`          | pages confirmed and calls made, written at each page    | with the folder                   |
 *
 * The folder goes when the recipient is done with; one that the queue gave up goes after `staleMs`. A crash between a
 * call and the queue's own record of it repeats no page, because `progress.json` is written first.
 */
export interface FaxAgentOptions {
  readonly renderer: Renderer;
  readonly sender: FaxSender;
  /** Belongs to the agent. */
  readonly folder: string;
  /** Keeps what is sent: pages before the first call, what became of a fax before the queue is told. */
  readonly archive: FaxArchive;
  /** Asked at each delivery, so that changes count at once. */
  readonly config: () => Config['fax'];
  readonly clock: Clock;
  readonly events: EventBus;
  /** A page as PNG with square pels. */
  readonly pageToPng: (raster: Raster) => Promise<Uint8Array>;
}

/** What was reached so far; kept by the queue as well (`Deferred.resume`). */
export interface FaxProgress extends CallCounts {
  /** Pages confirmed by the far side, from the first. */
  readonly confirmed: number;
}

type Pages = Extract<Rendering, { kind: 'pages' }>;

/** So long an attempt waits for a line to come free, and so long it rests after that. */
const lineWaitMs = 60_000;
const lineRestMs = 15_000;
/** Renderings kept between attempts. */
const renderingLimit = 50;
/** Folders of recipients that the queue gave up without telling: longer than any fax is in the queue. */
const staleMs = 14 * 24 * 3600 * 1000;

const nothing: FaxProgress = { confirmed: 0, calls: 0, byKind: {} };

/** Enhanced status codes (RFC 3463 §3.5: X.4.1 no answer, X.4.2 bad connection; §3.6, §3.7) by end of the call. */
const statuses: Record<Exclude<CallResult, 'done'>, string> = {
  busy: '4.4.1',
  'no-answer': '4.4.1',
  'no-dial-tone': '4.3.0',
  'no-fax': '4.4.1',
  refused: '4.4.0',
  dropped: '4.4.2',
  'poor-line': '4.4.2',
  protocol: '4.5.0',
  incompatible: '4.6.3',
  local: '4.3.0',
  aborted: '4.3.2',
};

export class FaxAgent implements DeliveryAgent {
  readonly #options: FaxAgentOptions;
  /** Newest use last. */
  readonly #renderings = new Map<string, Pages>();
  /** Recipients that are being delivered, each with the way to stop. */
  readonly #active = new Map<string, AbortController>();

  private constructor(options: FaxAgentOptions) {
    this.#options = options;
  }

  /** Opens the folder; what is left of recipients that are long gone is removed. */
  static async open(options: FaxAgentOptions): Promise<FaxAgent> {
    await makeFolder(options.folder);
    const now = options.clock.now();
    for (const name of await readdir(options.folder)) {
      const folder = join(options.folder, name);
      const { mtimeMs } = await stat(folder);
      const left = now - mtimeMs > staleMs ? folder : join(folder, 'pages');
      await rm(left, { recursive: true, force: true });
    }
    options.events.on(({ name, fields }) => {
      if (name !== 'queue.done') return;
      for (const ignored of [true, false]) void options.renderer.forget?.(`${fields.message} ${ignored}`);
    });
    return new FaxAgent(options);
  }

  async deliver(job: DeliveryJob, signal: AbortSignal): Promise<readonly RecipientResult[]> {
    const results = await Promise.allSettled(
      job.recipients.map(async (recipient) => {
        const stop = new AbortController();
        this.#active.set(recipient.id, stop);
        try {
          const outcome = await this.#deliverOrCancel(job, recipient, AbortSignal.any([signal, stop.signal]));
          return { recipient: recipient.id, outcome };
        } finally {
          this.#active.delete(recipient.id);
        }
      }),
    );
    // One that broke is deferred by the queue; what was reached for the others must be told all the same.
    const reached = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    const broken = results.find((result) => result.status === 'rejected');
    if (broken && reached.length === 0) throw broken.reason;
    return reached;
  }

  /**
   * Makes no further call for a fax, and breaks off the one that is under way: pages that were confirmed by then were sent.
   * The next attempt at it, which the queue is to be asked for, makes an end of it.
   */
  async cancel(id: string, reason: string): Promise<void> {
    await this.#options.archive.cancel(id, reason);
    this.#active.get(id)?.abort(new Error(reason));
  }

  async #deliverOrCancel(job: DeliveryJob, recipient: JobRecipient, signal: AbortSignal): Promise<Outcome> {
    const { archive } = this.#options;
    const reason = (): string | undefined => archive.get(recipient.id)?.cancelled;
    if (reason() !== undefined) return this.#cancelled(recipient, reason()!);
    try {
      const outcome = await this.#deliver(job, recipient, signal);
      // Only what would be tried again can be cancelled.
      return outcome.kind === 'deferred' && reason() !== undefined ? this.#cancelled(recipient, reason()!) : outcome;
    } catch (error) {
      if (reason() === undefined) throw error;
      return this.#cancelled(recipient, reason()!);
    }
  }

  async #deliver(job: DeliveryJob, recipient: JobRecipient, signal: AbortSignal): Promise<Outcome> {
    const { route } = recipient;
    const { archive } = this.#options;
    if (route.agent !== 'fax') throw new Error(`${recipient.address} is no fax number`);
    await archive.begin(sentFax(job, recipient, route.number));
    const before = await this.#progress(recipient);
    const resting = await this.#resting(job, before);
    if (resting !== undefined) return resting;
    const rendering = await this.#rendering(job, recipient, signal);
    if (rendering.kind === 'failed') {
      await archive.settle(recipient.id, 'failed', { text: rendering.text });
      await this.#forget(recipient.id);
      return { kind: 'failed', status: '5.6.1', text: rendering.text };
    }
    const { pages } = rendering;
    await archive.keepPages(recipient.id, pages, await subjectOf(job));
    if (before.confirmed >= pages.length)
      return this.#finished(recipient.id, rendering, before, undefined, route.number);
    const faxJob = {
      id: recipient.id,
      message: job.message.id,
      number: route.number,
      pages: this.#noted(recipient.id, pages, before),
    };
    const call = await this.#call({ ...faxJob, firstPage: before.confirmed }, signal);
    if (call === 'no-line') {
      const text = 'No fax line is free, or none works, at the moment.';
      const later = { status: '4.3.2', retryAfterMs: lineRestMs, uncounted: true } as const;
      return { kind: 'deferred', text, ...later, resume: before };
    }
    const after: FaxProgress = {
      confirmed: before.confirmed + call.pagesConfirmed,
      ...countCall(before, call.result, call.pagesConfirmed),
    };
    await this.#note(recipient.id, after);
    if (after.confirmed >= pages.length) return this.#finished(recipient.id, rendering, after, call, route.number);
    return this.#unfinished(recipient.id, rendering, after, call, signal);
  }

  /** Outside the hours in which such faxes are sent. */
  async #resting(job: DeliveryJob, before: FaxProgress): Promise<Outcome | undefined> {
    const { config, clock } = this.#options;
    const { hours, cheapHours } = config();
    if (hours.length === 0 && cheapHours.length === 0) return undefined;
    const priority = priorityOf(Header.parse(await readHeaderBlock(job.content())));
    const texts = priority === 'urgent' ? [] : priority === 'low' && cheapHours.length > 0 ? cheapHours : hours;
    const now = clock.now();
    const restMs = opensInMs(
      texts.flatMap((text) => parseHours(text) ?? []),
      now,
    );
    if (restMs === 0) return undefined;
    const which = texts === cheapHours ? 'Faxes of low priority' : 'Faxes';
    const text = `${which} are sent at certain hours: this one from ${wallTime(now + restMs)}.`;
    return {
      kind: 'deferred',
      status: '4.3.2',
      text,
      resume: before,
      retryAfterMs: restMs,
      uncounted: true,
      rests: true,
    };
  }

  /** Somebody wants no more calls. */
  async #cancelled(recipient: JobRecipient, reason: string): Promise<Outcome> {
    const { archive } = this.#options;
    const { id } = recipient;
    const progress = await this.#progress(recipient);
    const text = [`Cancelled: ${reason}`, sentText(progress, archive.get(id)?.pages ?? 0)].filter(Boolean).join(' ');
    await archive.settle(id, 'failed', { ...reached(progress, undefined), text });
    await this.#forget(id);
    return { kind: 'failed', status: '5.4.7', text };
  }

  /**
   * The pages, each of which notes when its turn comes that those before it are confirmed: a power cut in the middle of
   * a call repeats at most the page that was on its way.
   */
  #noted(id: string, pages: Pages['pages'], before: FaxProgress): FaxPage[] {
    let noted = before.confirmed;
    return pages.map((page, index) => ({
      ...page,
      load: async (resolution) => {
        if (index > noted) {
          noted = index;
          await this.#note(id, { ...before, confirmed: index });
        }
        const raster = await page.load(resolution);
        await this.#options.archive.keepCrossing(id, index + 1, raster).catch((error: unknown) => {
          // The page is kept in the other resolution: no reason to break off the call.
          this.#options.events.emit('box.fault', { where: `fax archive: ${id}`, error: String(error) });
        });
        return raster;
      },
    }));
  }

  async #note(id: string, progress: FaxProgress): Promise<void> {
    // The queue is told as well: a disk that is full must not stop the call.
    await writeDurable(this.#progressFile(id), JSON.stringify(progress)).catch(() => {});
  }

  /** Waits for a line, but not for ever: the queue has others to send. */
  async #call(job: Parameters<FaxSender['send']>[0], signal: AbortSignal): Promise<SentCall | 'no-line'> {
    const { clock, sender } = this.#options;
    const deadline = clock.now() + lineWaitMs;
    for (;;) {
      const freed = this.#lineFreed(deadline - clock.now(), signal);
      try {
        const call = await sender.send(job, signal);
        if (call !== 'no-line') return call;
        await freed.promise;
      } finally {
        freed.cancel();
      }
      if (signal.aborted || clock.now() >= deadline) return 'no-line';
    }
  }

  /** Resolves when a line becomes idle, after `waitMs`, or when we are to stop. Listening begins at once. */
  #lineFreed(waitMs: number, signal: AbortSignal): { promise: Promise<void>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      stop();
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = this.#options.events.on((event) => {
      if (event.name === 'line.state' && event.fields.state === 'idle') done();
    });
    const timer = this.#options.clock.timer(waitMs, done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
    return { promise, cancel: done };
  }

  async #finished(
    id: string,
    rendering: Pages,
    progress: FaxProgress,
    call: SentCall | undefined,
    number: string,
  ): Promise<Outcome> {
    const attachment = await this.#picture(rendering);
    const text = deliveredText(rendering, progress, call, number);
    await this.#options.archive.settle(id, 'sent', { ...reached(progress, call), text });
    await this.#forget(id);
    return { kind: 'delivered', action: 'delivered', status: '2.0.0', text, ...attachment };
  }

  async #unfinished(
    id: string,
    rendering: Pages,
    progress: FaxProgress,
    call: SentCall,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const result = call.result === 'done' ? 'protocol' : call.result;
    const status = statuses[result];
    const sent = sentText(progress, rendering.pages.length);
    const diagnostic = call.hangupCode === undefined ? {} : { diagnostic: `x-t30; hang-up code ${call.hangupCode}` };
    const next = nextCall(result, progress, this.#options.config());
    if (next.kind === 'never') {
      const attachment = await this.#picture(rendering);
      const outcome = failed(status, [call.text, next.why, sent], { ...diagnostic, ...attachment });
      await this.#options.archive.settle(id, 'failed', { ...reached(progress, call), text: outcome.text });
      await this.#forget(id);
      return outcome;
    }
    const text = [call.text, sent].filter(Boolean).join(' ');
    await this.#options.archive.note(id, { ...reached(progress, call), text });
    // A call that we stopped ourselves was no attempt.
    if (result === 'aborted') {
      const uncounted = signal.aborted ? {} : { retryAfterMs: lineRestMs };
      return { kind: 'deferred', status, text, resume: progress, uncounted: true, ...uncounted };
    }
    return { kind: 'deferred', status, text, resume: progress, retryAfterMs: next.waitMs, ...diagnostic };
  }

  async #rendering(job: DeliveryJob, recipient: JobRecipient, signal: AbortSignal): Promise<Rendering> {
    const { id, route } = recipient;
    const known = this.#renderings.get(id);
    if (known) {
      this.#renderings.delete(id);
      this.#renderings.set(id, known);
      return known;
    }
    if (route.agent !== 'fax') throw new Error(`${recipient.address} is no fax number`);
    const folder = join(this.#folder(id), 'pages');
    await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    const { number, options } = route;
    // Of a message to many numbers the documents are rendered once.
    const together = `${job.message.id} ${options.ignoreUnknown}`;
    const content = (): AsyncIterable<Uint8Array> => job.content();
    const date = job.message.notBefore ?? job.message.acceptedAt;
    const asTheyAre = this.#options.archive.isResend(job.message.id);
    const order = { content, folder, options, number, date, asTheyAre, address: recipient.address, together };
    const rendering = await this.#options.renderer.render(order, signal);
    if (rendering.kind !== 'pages') return rendering;
    if (rendering.pages.length === 0)
      return { kind: 'failed', text: 'The message has nothing in it that could be faxed.' };
    this.#renderings.set(id, rendering);
    await this.#makeRoom();
    return rendering;
  }

  async #makeRoom(): Promise<void> {
    for (const id of [...this.#renderings.keys()]) {
      if (this.#renderings.size <= renderingLimit) return;
      if (this.#active.has(id)) continue;
      this.#renderings.delete(id);
      await rm(join(this.#folder(id), 'pages'), { recursive: true, force: true });
    }
  }

  /** The further of what the queue knows and what was written after the last call. */
  async #progress({ id, resume }: JobRecipient): Promise<FaxProgress> {
    const written = await readFile(this.#progressFile(id), 'utf8').then(
      (text) => readProgress(text),
      () => nothing,
    );
    const queued = { ...nothing, ...(resume as Partial<FaxProgress> | undefined) };
    return written.calls >= queued.calls && written.confirmed >= queued.confirmed ? written : queued;
  }

  /** The first page, to be shown in the report; a report goes without rather than not at all. */
  async #picture({ pages }: Pages): Promise<{ attachment?: ReportAttachment }> {
    try {
      const page = pages[0]!;
      const bytes = await this.#options.pageToPng(await page.load(page.resolution));
      return { attachment: { contentType: 'image/png', fileName: 'page1.png', bytes } };
    } catch {
      return {};
    }
  }

  async #forget(id: string): Promise<void> {
    this.#renderings.delete(id);
    await rm(this.#folder(id), { recursive: true, force: true });
  }

  #folder(id: string): string {
    return join(this.#options.folder, id);
  }

  #progressFile(id: string): string {
    return join(this.#folder(id), 'progress.json');
  }
}

/** A fax out as the archive knows it from the beginning. */
function sentFax({ message }: DeliveryJob, { id, address }: JobRecipient, number: string): SentStart {
  const sender = message.account ?? message.reversePath;
  return { id, number, address, sender, subject: '', message: message.id, startedAt: message.acceptedAt };
}

async function subjectOf(job: DeliveryJob): Promise<string> {
  return Header.parse(await readHeaderBlock(job.content())).text('Subject') ?? '';
}

/** What a call brought, and those before it. */
function reached({ confirmed, calls }: FaxProgress, call: SentCall | undefined): Omit<ArchiveProgress, 'text'> {
  const { durationMs = 0, station = '', parameters } = call ?? {};
  return { confirmed, calls, durationMs, station, bitRate: parameters?.bitRate ?? 0 };
}

function readProgress(text: string): FaxProgress {
  try {
    return { ...nothing, ...(JSON.parse(text) as Partial<FaxProgress>) };
  } catch {
    return nothing;
  }
}

function failed(status: string, sentences: readonly string[], more: Partial<Failed>): Failed {
  return { kind: 'failed', status: `5${status.slice(1)}`, text: sentences.filter(Boolean).join(' '), ...more };
}

function sentText({ confirmed }: FaxProgress, pages: number): string {
  if (confirmed === 0) return '';
  return `${confirmed} of ${plural(pages, 'page')} ${confirmed === 1 ? 'was' : 'were'} received by the far side.`;
}

/** `3 pages (with cover page) sent to OFFICE SUPPLY CO at 14,400 bit/s in 48 s.` */
function deliveredText(rendering: Pages, progress: FaxProgress, call: SentCall | undefined, number: string): string {
  const { pages, coverPages, skipped } = rendering;
  // A letter without documents is nothing but cover: then that says nothing.
  const isPart = coverPages > 0 && coverPages < pages.length;
  const cover = !isPart ? '' : coverPages === 1 ? ' (with cover page)' : ` (with ${coverPages} cover pages)`;
  const station = call?.station ? `${call.station} (${number})` : number;
  const speed = call?.parameters ? ` at ${call.parameters.bitRate.toLocaleString('en-US')} bit/s` : '';
  const time =
    call && progress.calls <= 1
      ? ` in ${durationText(Math.max(call.durationMs, 1000))}`
      : ` in ${plural(progress.calls, 'call')}`;
  const left = skipped.length === 0 ? '' : ` Left out, because it cannot be faxed: ${skipped.join(', ')}.`;
  return `${plural(pages.length, 'page')}${cover} sent to ${station}${speed}${time}.${left}`;
}
