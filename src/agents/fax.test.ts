import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readConfig } from '../config/schema.ts';
import type { Rendering, RenderJob } from '../documents/types.ts';
import type { CallResult, FaxJob, SentCall } from '../fax/call.ts';
import { blankRaster } from '../fax/raster.ts';
import { FaxArchive } from '../fax-archive/fax-archive.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import type { Deferred, Delivered, DeliveryJob, Failed, Outcome } from '../queue/types.ts';
import { FaxAgent, type FaxProgress } from './fax.ts';

interface Office {
  readonly agent: FaxAgent;
  readonly clock: ManualClock;
  readonly events: EventBus;
  readonly folder: string;
  readonly archive: FaxArchive;
  /** Of the recipient. */
  readonly id: string;
  readonly jobs: FaxJob[];
  readonly renders: RenderJob[];
  /** What the next calls will be. */
  readonly calls: CallToCome[];
  deliver(resume?: unknown, signal?: AbortSignal): Promise<Outcome>;
  /** The program as it is after a restart. */
  restart(): Promise<void>;
}

type CallToCome = SentCall | 'no-line' | Promise<'no-line'>;

const pageCount = 3;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function ended(result: CallResult, pagesConfirmed: number, more: Partial<SentCall> = {}): SentCall {
  const parameters = { bitRate: 14_400, resolution: 'fine', widthPx: 1728, coding: 'MH', ecm: false } as const;
  const known = pagesConfirmed > 0 ? { station: 'OFFICE SUPPLY CO', parameters } : { station: '' };
  return { result, text: `It ended ${result}.`, pagesConfirmed, startedAt: 0, durationMs: 48_000, ...known, ...more };
}

async function office(
  t: TestContext,
  fax: object = {},
  rendering?: Rendering,
  crossesIn: 'fine' | 'normal' = 'fine',
): Promise<Office> {
  const top = await mkdtemp(join(tmpdir(), 'fax-agent-'));
  const folder = join(top, 'out');
  const reading = readConfig({ fax });
  assert.ok(reading.kind === 'valid');
  const config = reading.config.fax;
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const writer = new SqliteWriter();
  const keep = () => ({ timeMs: Number.MAX_SAFE_INTEGER, sizeBytes: Number.MAX_SAFE_INTEGER });
  const archive = await FaxArchive.open({ writer, folder: join(top, 'archive'), clock, events, keep });
  t.after(async () => {
    await archive.close();
    await writer.close();
    await rm(top, { recursive: true });
  });
  const id = idSource(clock)();
  const jobs: FaxJob[] = [];
  const renders: RenderJob[] = [];
  const calls: CallToCome[] = [];
  const page = {
    resolution: 'fine',
    widthPx: 1728,
    load: async (resolution: 'normal' | 'fine') => blankRaster(1728, 10, resolution),
  } as const;
  const pages: Rendering = { kind: 'pages', pages: Array(pageCount).fill(page), coverPages: 1, skipped: [] };
  const loads = 2;
  const make = (): Promise<FaxAgent> =>
    FaxAgent.open({
      folder,
      archive,
      clock,
      events,
      config: () => config,
      pageToPng: async ({ heightPx }) => Buffer.from(`PNG ${heightPx}`),
      renderer: {
        async render(job) {
          assert.deepEqual(await readdir(job.folder), []);
          await writeFile(join(job.folder, 'page-1'), 'x');
          renders.push(job);
          return rendering ?? pages;
        },
      },
      sender: {
        async send(job) {
          jobs.push(job);
          const call = calls.shift() ?? 'no-line';
          for (const one of job.pages.slice(job.firstPage, loads)) await one.load(crossesIn);
          return call;
        },
      },
    });
  let agent = await make();
  const options = { lowResolution: false, ignoreUnknown: false, coverOnly: false };
  const route = { agent: 'fax', number: '5550199', options } as const;
  const deliver = async (resume?: unknown, signal = new AbortController().signal): Promise<Outcome> => {
    const job: DeliveryJob = {
      message: {
        id: 'm',
        source: 'esmtp',
        reversePath: 'a@b',
        smtputf8: false,
        sizeBytes: 1,
        acceptedAt: 5,
        generation: 0,
      },
      recipients: [{ id, address: '5550199@fax', route, attempt: 1, resume }],
      async *content() {
        yield Buffer.from('Subject: A note\r\n\r\nx');
      },
    };
    const [result] = await agent.deliver(job, signal);
    assert.equal(result!.recipient, id);
    return result!.outcome;
  };
  const restart = async (): Promise<void> => {
    agent = await make();
  };
  return { agent, clock, events, folder, archive, id, jobs, renders, calls, deliver, restart };
}

test('all pages confirmed: delivered, with a picture of the first page', async (t) => {
  const box = await office(t);
  box.calls.push(ended('done', 3));
  const outcome = (await box.deliver()) as Delivered;
  assert.deepEqual([outcome.kind, outcome.status], ['delivered', '2.0.0']);
  assert.equal(outcome.text, '3 pages (with cover page) sent to OFFICE SUPPLY CO (5550199) at 14,400 bit/s in 48 s.');
  assert.deepEqual(outcome.attachment, {
    contentType: 'image/png',
    fileName: 'page1.png',
    bytes: Buffer.from('PNG 10'),
  });
  assert.deepEqual(box.jobs[0], { ...box.jobs[0], id: box.id, message: 'm', number: '5550199', firstPage: 0 });
  assert.deepEqual(await readdir(box.folder), []);
});

test('a dropped call goes on at the first page that was not confirmed, rendered once', async (t) => {
  const box = await office(t);
  box.calls.push(ended('dropped', 1, { hangupCode: '50' }), ended('done', 2));
  const first = (await box.deliver()) as Deferred;
  assert.deepEqual([first.kind, first.status, first.retryAfterMs], ['deferred', '4.4.2', 60_000]);
  assert.equal(first.text, 'It ended dropped. 1 of 3 pages was received by the far side.');
  assert.deepEqual(first.resume, { confirmed: 1, calls: 1, byKind: { lost: 1 } });
  const second = (await box.deliver(first.resume)) as Delivered;
  assert.match(second.text, /^3 pages \(with cover page\) sent to .* in 2 calls\.$/);
  assert.deepEqual(
    box.jobs.map(({ firstPage }) => firstPage),
    [0, 1],
  );
  assert.equal(box.renders.length, 1);
});

test('after a crash the pages are rendered again, and what was confirmed is known without the queue', async (t) => {
  const box = await office(t);
  box.calls.push(ended('dropped', 2), ended('dropped', 1));
  await box.deliver();
  await box.restart();
  // The queue did not come to write down the outcome: resume is missing.
  assert.equal((await box.deliver()).kind, 'delivered');
  assert.deepEqual([box.renders.length, box.jobs.map(({ firstPage }) => firstPage)], [2, [0, 2]]);
});

test('a power cut in a call repeats only the page that was on its way', async (t) => {
  const box = await office(t);
  // The line loads two pages, so the first is confirmed; then the program is gone, and no end is ever told.
  const stop = new AbortController();
  const noEnd = Promise.withResolvers<'no-line'>();
  box.calls.push(noEnd.promise);
  const cut = box.deliver(undefined, stop.signal);
  while (box.jobs.length === 0 || !(await readdir(join(box.folder, box.id))).includes('progress.json')) await turn();
  await box.restart();
  box.calls.push(ended('done', 2));
  assert.equal((await box.deliver()).kind, 'delivered');
  assert.equal(box.jobs.at(-1)!.firstPage, 1);
  stop.abort();
  noEnd.resolve('no-line');
  await cut;
});

test('a crash after the last page was confirmed sends nothing again', async (t) => {
  const box = await office(t);
  const done: FaxProgress = { confirmed: 3, calls: 2, byKind: {} };
  const outcome = await box.deliver(done);
  assert.deepEqual([outcome.kind, box.jobs.length], ['delivered', 0]);
  assert.match(outcome.text, /^3 pages \(with cover page\) sent to 5550199 in 2 calls\.$/);
});

test('waits between calls follow the schedule; after the last call the fax is given up', async (t) => {
  const box = await office(t, { retries: { busy: { waits: ['1m', '3m'] } }, callAttempts: 4 });
  const waits: (number | undefined)[] = [];
  let outcome: Outcome = { kind: 'deferred', status: '', text: '' };
  while (outcome.kind === 'deferred') {
    box.calls.push(ended('busy', 0));
    outcome = await box.deliver(outcome.resume);
    if (outcome.kind === 'deferred') waits.push(outcome.retryAfterMs);
  }
  assert.deepEqual(waits, [60_000, 180_000, 180_000]);
  assert.deepEqual([outcome.kind, outcome.status], ['failed', '5.4.1']);
  assert.equal(outcome.text, 'It ended busy. It was called 4 times; no further call is made.');
  assert.equal((outcome as Failed).attachment?.fileName, 'page1.png');
  assert.deepEqual(await readdir(box.folder), []);
});

test('a number that is answered by a person is not called for ever', async (t) => {
  const box = await office(t);
  const kinds: string[] = [];
  let resume: unknown;
  for (let call = 0; call < 3; call++) {
    box.calls.push(ended('no-fax', 0));
    const outcome = await box.deliver(resume);
    resume = (outcome as Deferred).resume;
    kinds.push(outcome.kind);
  }
  assert.deepEqual(kinds, ['deferred', 'deferred', 'failed']);
});

test('faults of our own line are not counted against the number', async (t) => {
  const box = await office(t, { callAttempts: 1 });
  for (const result of ['local', 'no-dial-tone'] as const) {
    box.calls.push(ended(result, 0));
    const outcome = (await box.deliver()) as Deferred;
    assert.deepEqual([outcome.kind, outcome.status], ['deferred', '4.3.0']);
    assert.deepEqual(outcome.resume, { confirmed: 0, calls: 0, byKind: {} });
  }
});

test('no line: waits until one comes free, then comes back soon, uncounted', async (t) => {
  const box = await office(t);
  box.calls.push('no-line', ended('done', 3));
  const sent = box.deliver();
  while (box.jobs.length === 0) await turn();
  box.events.emit('line.state', { line: 'a', state: 'idle', number: '', page: 0, pages: 0 });
  assert.equal((await sent).kind, 'delivered');
  const waiting = box.deliver();
  while (box.jobs.length < 3) await turn();
  await box.clock.advance(60_000);
  const outcome = (await waiting) as Deferred;
  assert.deepEqual([outcome.kind, outcome.uncounted, outcome.retryAfterMs], ['deferred', true, 15_000]);
  assert.equal(box.clock.pending, 0);
});

test('stopped by us: what was confirmed counts, the call does not', async (t) => {
  const box = await office(t);
  const stop = new AbortController();
  stop.abort();
  box.calls.push(ended('aborted', 0));
  const outcome = (await box.deliver(undefined, stop.signal)) as Deferred;
  assert.deepEqual([outcome.kind, outcome.uncounted, outcome.status], ['deferred', true, '4.3.2']);
});

test('what cannot be rendered fails with the reason', async (t) => {
  const box = await office(t, {}, { kind: 'failed', text: 'The attachment a.zip cannot be faxed.' });
  const outcome = await box.deliver();
  assert.deepEqual(outcome, { kind: 'failed', status: '5.6.1', text: 'The attachment a.zip cannot be faxed.' });
  assert.deepEqual([box.jobs.length, await readdir(box.folder)], [0, []]);
});

test('the archive has the pages before the first call, what each call brought, and what became of it', async (t) => {
  const box = await office(t, { callAttempts: 2 });
  box.calls.push(ended('dropped', 1), ended('busy', 0));
  const first = box.deliver();
  while (box.jobs.length === 0) await turn();
  assert.deepEqual(
    box.archive.pages(box.id).map(({ page, resolution, lines }) => [page, resolution, lines]),
    [1, 2, 3].map((page) => [page, 'fine', 10]),
  );
  await first;
  const { state, confirmed, calls, sender, address, number, subject } = box.archive.get(box.id)!;
  assert.deepEqual(
    [state, confirmed, calls, sender, address, number, subject],
    ['under-way', 1, 1, 'a@b', '5550199@fax', '5550199', 'A note'],
  );
  const outcome = (await box.deliver({ confirmed: 1, calls: 1, byKind: { lost: 1 } })) as Failed;
  const settled = box.archive.get(box.id)!;
  assert.deepEqual([settled.state, settled.text, settled.pages], ['failed', outcome.text, 3]);
});

test('pages are kept in the resolution in which they crossed', async (t) => {
  const box = await office(t, {}, undefined, 'normal');
  box.calls.push(ended('done', 3));
  await box.deliver();
  assert.deepEqual(
    box.archive.pages(box.id).map(({ resolution }) => resolution),
    ['normal', 'normal', 'fine'],
    'the simulated call takes two of three',
  );
  assert.equal(box.archive.get(box.id)!.state, 'sent');
});

test('a fax that was cancelled is called for no more, whatever the call under way came to', async (t) => {
  const box = await office(t);
  const call = Promise.withResolvers<SentCall>();
  box.calls.push(call.promise as never);
  const delivering = box.deliver();
  while (box.jobs.length === 0) await turn();
  await box.agent.cancel(box.id, 'wrong number.');
  call.resolve(ended('aborted', 1));
  const outcome = (await delivering) as Failed;
  assert.deepEqual([outcome.kind, outcome.status], ['failed', '5.4.7']);
  assert.equal(outcome.text, 'Cancelled: wrong number. 1 of 3 pages was received by the far side.');
  assert.deepEqual([box.archive.get(box.id)!.state, box.archive.get(box.id)!.text], ['failed', outcome.text]);
  assert.deepEqual(await readdir(box.folder), []);
});

test('outside their hours faxes rest, and the queue is told that their time stands still', async (t) => {
  const box = await office(t, { hours: ['Mon-Fri 08:00-18:00'], cheapHours: ['22:00-06:00'] });
  const saturday = new Date(2026, 10, 28, 12).getTime();
  await box.clock.advance(saturday - box.clock.now());
  const outcome = (await box.deliver()) as Deferred;
  assert.deepEqual(
    [outcome.kind, outcome.retryAfterMs, outcome.uncounted, outcome.rests],
    ['deferred', 44 * 3_600_000, true, true],
  );
  assert.equal(outcome.text, 'Faxes are sent at certain hours: this one from Mon 30 Nov, 08:00.');
  assert.deepEqual([box.jobs.length, box.renders.length], [0, 0]);
  await box.clock.advance(outcome.retryAfterMs!);
  box.calls.push(ended('done', 3));
  assert.equal((await box.deliver(outcome.resume)).kind, 'delivered');
});
