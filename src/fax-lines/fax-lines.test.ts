import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createExchange, type Exchange } from '../../hw/exchange/exchange.ts';
import { clearLine } from '../../hw/line/circuit.ts';
import { type Config, type FaxLineConfig, readConfig } from '../config/schema.ts';
import type { FaxJob } from '../fax/call.ts';
import { inResolution } from '../fax/resolution.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { FaxArchive } from '../fax-archive/fax-archive.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type BoxEvent, EventBus, type EventName } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { ScriptedPort } from '../modem/scripted-port.ts';
import { type Accepted, type Submission, SubmitError } from '../queue/types.ts';
import { CallLog } from './call-log.ts';
import { FaxLines, type FaxLinesParts } from './fax-lines.ts';
import type { OpenPort } from './line.ts';

const pages = [drawnChart(1728, 200, 'fine'), drawnChart(1728, 150, 'fine'), drawnChart(1728, 100, 'fine')];
const waits = { settle: 1, xon: 500 };

interface Mail {
  readonly id: string | undefined;
  readonly to: readonly string[];
  readonly text: string;
}

interface Office {
  readonly folder: string;
  readonly lines: FaxLines;
  readonly archive: FaxArchive;
  readonly exchange: Exchange;
  readonly mails: Mail[];
  readonly events: BoxEvent[];
  /** Resolves at the next event that fits. */
  next(name: EventName, fits?: (event: BoxEvent) => boolean): Promise<BoxEvent>;
  change(fax: object): Promise<void>;
}

function configOf(fax: object): Config {
  const reading = readConfig({ name: 'box.office.test', postmaster: 'alice@office.test', fax });
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  return reading.config;
}

const line = (number: string, more: object = {}): object => ({
  id: `line-${number}`,
  port: `exchange:${number}`,
  number,
  modemClass: '2',
  ...more,
});

async function office(
  t: TestContext,
  fax: object = { lines: [line('5550100')] },
  options: { refuse?: () => boolean; folder?: string; openPort?: OpenPort; clock?: Clock } = {},
): Promise<Office> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'lines-')));
  const { clock = systemClock } = options;
  const ids = idSource(clock);
  const exchange = createExchange({ clock, folder: join(folder, 'far'), speedFactor: 200, ids });
  for (const number of ['5550100', '5550101']) exchange.addLine(number);
  const writer = new SqliteWriter();
  const bus = new EventBus(clock);
  const events: BoxEvent[] = [];
  bus.on((event) => events.push(event));
  const mails: Mail[] = [];
  let config = configOf(fax);
  const keep = () => ({ timeMs: Number.MAX_SAFE_INTEGER, sizeBytes: Number.MAX_SAFE_INTEGER });
  const archive = await FaxArchive.open({ writer, folder: join(folder, 'archive'), clock, events: bus, keep });
  const parts: FaxLinesParts = {
    archive,
    accountsOf: (address) => [`account of ${address}`],
    config: () => config,
    folder: join(folder, 'fax'),
    writer,
    clock,
    ids,
    random: randomBytes,
    events: bus,
    entrance: { submit: (submission) => take(submission) },
    openPort: options.openPort ?? (async ({ number }: FaxLineConfig) => exchange.port(number)),
    pageToPng: async (raster) => Buffer.from(`PNG ${raster.widthPx}x${raster.heightPx}`),
    waits,
  };
  async function take(submission: Submission): Promise<Accepted> {
    if (options.refuse?.()) throw new SubmitError(false, '4.3.1', 'no space');
    const text = await textOf(submission.content as AsyncIterable<Uint8Array>);
    mails.push({ id: submission.id, to: submission.envelope.recipients.map(({ address }) => address), text });
    return { id: `m${mails.length}`, sizeBytes: text.length };
  }
  const lines = await FaxLines.open(parts);
  t.after(async () => {
    await lines.close();
    await archive.close();
    await exchange.close();
    await writer.close();
    if (!options.folder) await rm(folder, { recursive: true });
  });
  const next = (name: EventName, fits: (event: BoxEvent) => boolean = () => true): Promise<BoxEvent> =>
    new Promise((resolve) => {
      const stop = bus.on((event) => {
        if (event.name !== name || !fits(event)) return;
        stop();
        resolve(event);
      });
    });
  const change = (changed: object): Promise<void> => {
    config = configOf(changed);
    return lines.reconfigure();
  };
  return { folder, lines, archive, exchange, mails, events, next, change };
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts).toString('latin1');
}

const idle = (box: Office): Promise<BoxEvent> =>
  box.next('line.state', ({ fields }) => (fields as { state: string }).state === 'idle');

async function started(box: Office): Promise<Office> {
  const ready = idle(box);
  await box.lines.start();
  await ready;
  return box;
}

function job(number: string, count = 2): FaxJob {
  const faxPages = pages.slice(0, count).map((raster) => ({
    resolution: raster.resolution,
    widthPx: raster.widthPx,
    load: async (resolution: 'normal' | 'fine') => inResolution(raster, resolution),
  }));
  return { id: 'r1', message: 'm0', number, pages: faxPages, firstPage: 0 };
}

const never = new AbortController().signal;

describe('fax lines', { concurrency: 6 }, () => {
  test('a call in becomes one mail with a picture a page', async (t) => {
    const box = await started(await office(t));
    box.exchange.addStation('5550199', { stationId: 'OFFICE SUPPLY CO', name: 'OFFICE SUPPLY' });
    const received = box.next('fax.received');
    const far = box.exchange.dialIn({ from: '5550199', to: '5550100', pages });
    await received;
    assert.equal((await far).pagesConfirmed, 3);
    const [mail] = box.mails;
    const [record] = box.lines.calls.list(10);
    assert.deepEqual([mail!.id, mail!.to], [record!.id, ['alice@office.test']]);
    assert.match(mail!.text, /^Received: from OFFICE_SUPPLY_CO\r\n +by box\.office\.test with fax\r\n/);
    assert.match(mail!.text, /^From: "?OFFICE SUPPLY CO"? <fax@box\.office\.test>\r$/m);
    assert.match(mail!.text, /^Subject: Fax from OFFICE SUPPLY CO \(5550199\), 3 pages\r$/m);
    assert.match(mail!.text, /^Caller: +5550199 \(OFFICE SUPPLY\)\r$/m);
    assert.match(mail!.text, /^Speed: +14,400 bit\/s\r$/m);
    assert.match(mail!.text, /^Resolution: +fine/m);
    for (const [index, raster] of pages.entries()) {
      assert.match(mail!.text, new RegExp(`filename="?page${index + 1}\\.png`));
      assert.ok(mail!.text.includes(Buffer.from(`PNG 1728x${raster.heightPx}`).toString('base64')));
    }
    assert.deepEqual([record!.result, record!.pages, record!.mail, record!.message], ['done', 3, 'done', 'm1']);
    assert.match(await box.lines.calls.transcript(record!.id), /M: RING\n.*H: ATA\n/s);
    assert.equal(await box.lines.calls.transcript('../calls.db'), '');
    const names = box.events.map(({ name }) => name);
    for (const name of ['call.started', 'call.page', 'call.ended'] as const) assert.ok(names.includes(name), name);
    // The queue answers for it now.
    assert.deepEqual(await readdir(join(box.folder, 'fax', 'in')), []);
  });

  test('a call in that breaks off is a partial fax; one without a page is only recorded', async (t) => {
    const deliverTo = ['bob@office.test', 'carol@office.test'];
    const box = await started(await office(t, { lines: [line('5550100', { deliverTo })] }));
    const quality = { ...clearLine, drop: { page: 1, when: 'during' as const } };
    box.exchange.addStation('5550114', { stationId: '1', behaviour: { quality } });
    const first = idle(box);
    await box.exchange.dialIn({ from: '5550114', to: '5550100', pages });
    await first;
    assert.deepEqual([box.lines.calls.list(1)[0]!.pages, box.mails.length], [0, 0]);
    box.exchange.addStation('5550115', {
      stationId: 'COAST',
      behaviour: { quality: { ...clearLine, drop: { page: 3, when: 'during' } } },
    });
    const received = box.next('fax.received');
    await box.exchange.dialIn({ from: '5550115', to: '5550100', pages });
    await received;
    assert.deepEqual(box.mails[0]!.to, deliverTo);
    assert.match(box.mails[0]!.text, /^Subject: Partial fax from COAST \(5550115\), only 2 pages received\r$/m);
    assert.match(box.mails[0]!.text, /^PARTIAL FAX: only 2 pages could be received\.\r$/m);
  });

  test('a page that cannot be kept is refused to the far side, and the call does not count as received', async (t) => {
    const box = await started(await office(t));
    box.exchange.addStation('1', { stationId: 'FAR' });
    const answered = box.next('call.started');
    const free = idle(box);
    const far = box.exchange.dialIn({ from: '1', to: '5550100', pages });
    const { fields } = await answered;
    // What a full disk does: the page has nowhere to go.
    await rm(join(box.folder, 'fax', 'in', (fields as { call: string }).call), { recursive: true });
    assert.equal((await far).pagesConfirmed, 0);
    await free;
    const [record] = box.lines.calls.list(1);
    assert.deepEqual([record!.result, record!.pages, record!.mail], ['local', 0, 'none']);
    assert.match(record!.text, /its disk may be full/);
    assert.deepEqual(box.mails, []);
  });

  test('what a power cut leaves is mailed at the next start, once', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'lines-'));
    t.after(() => rm(folder, { recursive: true }));
    const writer = new SqliteWriter();
    const id = idSource(systemClock);
    const log = await CallLog.open(writer, join(folder, 'fax'), 0);
    const [cut, empty, out] = [id(), id(), id()];
    const start = { line: 'x', number: '555', callerName: '', calledNumber: '', message: '', startedAt: 1000 };
    await log.begin({ ...start, id: cut, direction: 'in' });
    await log.begin({ ...start, id: empty, direction: 'in' });
    await log.begin({ ...start, id: out, direction: 'out' });
    const counts = { lines: 200, badLines: 3, longestBadRun: 2 };
    const page = { data: encodeMh(pages[0]!), widthPx: 1728, resolution: 'fine', ...counts } as const;
    await log.keepPage(cut, { ...page, page: 1 });
    // Refused once and sent again.
    await log.keepPage(cut, { ...page, page: 2 });
    await log.keepPage(cut, { ...page, page: 2 });
    await log.keepPage(cut, { ...page, page: 3 });
    await rm(log.pages(cut)[2]!.file);
    await log.close();
    await writer.close();

    const box = await office(t, { lines: [] }, { folder });
    const received = box.next('fax.received');
    await box.lines.start();
    await received;
    assert.deepEqual(
      box.mails.map((mail) => mail.id),
      [cut],
    );
    assert.match(box.mails[0]!.text, /^Errors: +page 1: 3 of 200 lines; page 2: 3 of 200 lines\r$/m);
    assert.match(box.mails[0]!.text, /^1 page of it was lost on the disk of this box\.\r$/m);
    const results = [cut, empty, out].map((one) => box.lines.calls.get(one)!);
    assert.deepEqual(
      results.map(({ result, mail }) => [result, mail]),
      [
        ['aborted', 'done'],
        ['aborted', 'none'],
        ['aborted', 'none'],
      ],
    );
    assert.deepEqual(await readdir(join(folder, 'fax', 'in')), []);
  });

  test('a queue that takes nothing is asked again, with the same id', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'lines-'));
    t.after(() => rm(folder, { recursive: true }));
    const clock = new ManualClock();
    const writer = new SqliteWriter();
    const log = await CallLog.open(writer, join(folder, 'fax'), 0);
    const id = idSource(clock)();
    const start = { line: 'x', number: '555', callerName: '', calledNumber: '', message: '', startedAt: 1000 };
    await log.begin({ ...start, id, direction: 'in' });
    const counts = { lines: 200, badLines: 0, longestBadRun: 0 };
    const page = { page: 1, data: encodeMh(pages[0]!), widthPx: 1728, resolution: 'fine', ...counts } as const;
    await log.keepPage(id, page);
    await log.close();
    await writer.close();
    let refusals = 2;
    const box = await office(t, { lines: [] }, { folder, clock, refuse: () => refusals-- > 0 });
    const refused = box.next('box.fault');
    const received = box.next('fax.received');
    await box.lines.start();
    await refused;
    const again = box.next('box.fault');
    await clock.advance(60_000);
    await again;
    await clock.advance(60_000);
    await received;
    assert.deepEqual(
      box.mails.map((mail) => mail.id),
      [id],
    );
  });

  test('jobs take the free lines; when there is none, nothing is dialled', async (t) => {
    const box = await started(await office(t, { lines: [line('5550100'), line('5550101', { receive: false })] }));
    while (box.lines.status().some(({ state }) => state !== 'idle')) await idle(box);
    for (const number of ['1', '2', '3']) box.exchange.addStation(number, { stationId: `STATION ${number}` });
    const calls = ['1', '2', '3'].map((number) => box.lines.send(job(number), never));
    const results = await Promise.all(calls);
    assert.equal(results[2], 'no-line');
    for (const [index, result] of results.slice(0, 2).entries()) {
      assert.ok(result !== 'no-line');
      assert.deepEqual([result!.result, result!.pagesConfirmed, result!.station], ['done', 2, `STATION ${index + 1}`]);
    }
    assert.deepEqual(
      box.lines.calls.list(10).map(({ message, pages: sent }) => [message, sent]),
      [
        ['m0', 2],
        ['m0', 2],
      ],
    );
    assert.equal((await box.exchange.received('1')).length, 1);
  });

  test('a paused line ends its call, sends no other and answers when it may; it goes on at once, as the same line', async (t) => {
    const box = await started(await office(t));
    box.exchange.addStation('1', { stationId: 'STATION 1' });
    const dialling = box.next('call.started');
    const call = box.lines.send(job('1'), never);
    await dialling;
    const changed = (paused: string): Promise<void> => box.change({ lines: [line('5550100', { paused })] });
    const free = idle(box);
    await changed('sending');
    const result = await call;
    assert.ok(result !== 'no-line');
    assert.equal(result.result, 'done');
    await free;
    assert.equal(await box.lines.send(job('1'), never), 'no-line');
    const received = box.next('call.ended', ({ fields }) => (fields as { direction: string }).direction === 'in');
    await box.exchange.dialIn({ from: '1', to: '5550100', pages: pages.slice(0, 1) });
    await received;
    await changed('no');
    while (box.lines.status().some(({ state }) => state !== 'idle')) await idle(box);
    const again = await box.lines.send(job('1'), never);
    assert.ok(again !== 'no-line' && again.result === 'done');
    await changed('all');
    const hangUp = new AbortController();
    const calling = box.exchange.dialIn({ from: '1', to: '5550100', pages, signal: hangUp.signal });
    // A line that answers does so at the second ring.
    for (const _ of [1, 2, 3])
      await box.next('line.state', ({ fields }) => (fields as { state: string }).state === 'ringing');
    hangUp.abort();
    assert.equal((await calling).pagesConfirmed, 0);
    const told = box.events.flatMap(({ name, fields }) => (name === 'line.paused' ? [fields] : []));
    assert.deepEqual(told, [
      { line: 'line-5550100', paused: 'sending' },
      { line: 'line-5550100', paused: 'no' },
      { line: 'line-5550100', paused: 'all' },
    ]);
    assert.ok(
      !box.events.some(({ name, fields }) => name === 'line.state' && (fields as { state: string }).state === 'off'),
    );
  });

  test('a busy number is told as such, and the line is free again', async (t) => {
    const box = await started(await office(t));
    box.exchange.addStation('1', { behaviour: { answer: 'busy' } });
    const free = idle(box);
    const call = await box.lines.send(job('1'), never);
    assert.ok(call !== 'no-line');
    assert.equal(call.result, 'busy');
    await free;
    assert.equal(box.lines.calls.list(1)[0]!.text, 'The number was busy.');
  });

  test('lines are stopped and started by the configuration, in the middle of a call as well', async (t) => {
    const box = await started(await office(t));
    box.exchange.addStation('1', { behaviour: { slowMs: 60_000 } });
    const dialling = box.next('call.started');
    const call = box.lines.send(job('1'), never);
    await dialling;
    await box.change({ lines: [line('5550101')] });
    const result = await call;
    assert.ok(result !== 'no-line');
    assert.equal(result.result, 'aborted');
    assert.deepEqual(
      box.lines.status().map((status) => status.line),
      ['line-5550101'],
    );
  });
});

test('a modem that is at fault is woken again and again; fault and recovery are told once', async (t) => {
  const clock = new ManualClock();
  const parts = new URL('../../test/transcripts/modem/parts/', import.meta.url);
  const read = async (name: string): Promise<string[]> =>
    (await readFile(new URL(`${name}.txt`, parts), 'utf8')).split('\n');
  const script = (await read('init-2')).flatMap((text) => (text.startsWith('include') ? [] : [text]));
  const prepare = await read('prepare-2');
  let attempts = 0;
  const openPort: OpenPort = async () => {
    if (++attempts < 4) throw new Error('no such device');
    return new ScriptedPort({ script: [...script, ...prepare], clock });
  };
  const settings = line('5550100', { stationId: '+1 555 0100', modemClass: 'auto' });
  const box = await office(t, { lines: [settings] }, { clock, openPort });
  await box.lines.start();
  await clock.advance(4_000);
  assert.deepEqual([attempts, box.lines.status()[0]!.state], [1, 'fault']);
  assert.match(box.lines.status()[0]!.reason, /cannot be opened: no such device/);
  assert.equal(await box.lines.send(job('1'), never), 'no-line');
  await clock.advance(60_000);
  assert.deepEqual([attempts, box.lines.status()[0]!.state], [4, 'idle']);
  assert.match(box.lines.status()[0]!.modem, /ACME/);
  const told = box.events.map(({ name }) => name).filter((name) => name === 'line.fault' || name === 'line.well');
  assert.deepEqual(told, ['line.fault', 'line.well']);
});

test('a modem is let go for a test and taken back; a line in a call is not disturbed', async (t) => {
  const box = await started(await office(t));
  const back = idle(box);
  const answer = await box.lines.without('line-5550100', async ({ id }) => {
    assert.deepEqual(
      box.lines.status().map(({ state }) => state),
      ['off'],
    );
    return id;
  });
  assert.equal(answer, 'line-5550100');
  await back;
  const again = idle(box);
  await assert.rejects(
    box.lines.without('line-5550100', () => Promise.reject(new Error('broke'))),
    /broke/,
  );
  await again;
  assert.equal(await box.lines.without('other', async () => 'never'), undefined);
  box.exchange.addStation('5550199');
  const dialling = box.next('line.state', ({ fields }) => (fields as { state: string }).state === 'sending');
  const sent = box.lines.send(job('5550199'), new AbortController().signal);
  await dialling;
  assert.equal(await box.lines.without('line-5550100', async () => 'never'), 'busy');
  const call = await sent;
  assert.ok(call !== 'no-line' && call.result === 'done');
});
