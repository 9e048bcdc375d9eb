import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Raster, Resolution } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { writeDurable } from '../lib/durable.ts';
import { type BoxEvent, EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { FaxArchive } from './fax-archive.ts';

const charts = [drawnChart(1728, 60, 'fine'), drawnChart(1728, 40, 'fine')];
const day = 86_400_000;

async function opened(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'fax-archive-'));
  const writer = new SqliteWriter();
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const heard: BoxEvent[] = [];
  events.on((event) => heard.push(event));
  const keep = { timeMs: 365 * day, sizeBytes: 1_000_000 };
  const archive = await FaxArchive.open({ writer, folder: join(folder, 'archive'), clock, events, keep: () => keep });
  t.after(async () => {
    await archive.close();
    await writer.close();
    await rm(folder, { recursive: true });
  });
  const ids = idSource(clock);
  const sent = async (change: object = {}): Promise<string> => {
    const id = ids();
    const start = {
      number: '05550199',
      address: '5550199@fax',
      sender: 'Alice@office.test',
      subject: 'Offer',
      message: 'm',
    };
    await archive.begin({ id, ...start, startedAt: clock.now(), ...change });
    await archive.keepPages(id, pagesOf(charts));
    return id;
  };
  const received = async (change: object = {}, people: readonly string[] = ['bob@office.test']): Promise<string> => {
    const id = ids();
    const files = await Promise.all(
      charts.map(async (chart, index) => {
        const file = join(folder, `in-${id}-${index}`);
        await writeDurable(file, encodeMh(chart));
        const { widthPx, resolution, heightPx: lines } = chart;
        return { page: index + 1, file, widthPx, resolution, lines, badLines: index, longestBadRun: index };
      }),
    );
    const fax = { id, number: '0301234', station: 'ACME', callerName: 'Acme Ltd', calledNumber: '', line: 'line1' };
    const facts = { subject: 'Fax from ACME', startedAt: clock.now(), durationMs: 60_000, bitRate: 9600, confirmed: 2 };
    await archive.receive({ ...fax, ...facts, text: 'Well.', state: 'received', ...change }, files, people);
    return id;
  };
  return { folder, archive, clock, keep, heard, ids, sent, received };
}

function pagesOf(rasters: readonly Raster[]) {
  return rasters.map((raster) => ({
    resolution: raster.resolution,
    load: async (resolution: Resolution) => inResolution(raster, resolution),
  }));
}

test('pages come back pel for pel, sent and received', async (t) => {
  const { archive, sent, received } = await opened(t);
  for (const id of [await sent(), await received()]) {
    const rasters = await Promise.all(archive.pages(id).map((page) => archive.readPage(page)));
    assert.deepEqual(rasters, charts);
    assert.equal(archive.get(id)!.pages, 2);
    const sizes = await Promise.all(archive.pages(id).map(async ({ file }) => (await stat(file)).size));
    assert.equal(archive.get(id)!.sizeBytes, sizes[0]! + sizes[1]!);
  }
});

test('a page that crossed coarser is kept so; one that crossed as it was rendered is not written again', async (t) => {
  const { archive, folder, sent } = await opened(t);
  const id = await sent();
  const [before] = archive.pages(id);
  await archive.keepCrossing(id, 1, charts[0]!);
  assert.deepEqual(archive.pages(id)[0], before);
  const coarse = inResolution(charts[0]!, 'normal');
  await archive.keepCrossing(id, 1, coarse);
  const [page] = archive.pages(id);
  assert.deepEqual([page!.resolution, page!.lines], ['normal', 30]);
  assert.deepEqual(await archive.readPage(page!), coarse);
  assert.equal((await readdir(join(folder, 'archive', 'pages', id))).length, 2);
});

test('a fax out goes on call by call and is settled once', async (t) => {
  const { archive, sent, heard, clock } = await opened(t);
  const id = await sent();
  const call = { calls: 1, durationMs: 5000, station: 'ACME', bitRate: 14_400 };
  await archive.note(id, { ...call, confirmed: 1, text: 'It broke off.' });
  assert.deepEqual(
    archive.underWay().map((fax) => [fax.id, fax.confirmed, fax.text]),
    [[id, 1, 'It broke off.']],
  );
  await archive.settle(id, 'sent', { ...call, confirmed: 2, calls: 2, station: '', text: 'Sent.' });
  await archive.settle(id, 'failed', { text: 'Too late.' });
  const { state, confirmed, calls, durationMs, station, text, endedAt } = archive.get(id)!;
  assert.deepEqual(
    [state, confirmed, calls, durationMs, station, text, endedAt],
    ['sent', 2, 2, 10_000, 'ACME', 'Sent.', clock.now()],
  );
  assert.ok(heard.every(({ name }) => name === 'fax.changed'));
});

test('a fax is found by number, name, subject, person, day, direction and state', async (t) => {
  const { archive, clock, sent, received } = await opened(t);
  const first = await sent();
  await clock.advance(day);
  const second = await received();
  const third = await received({ state: 'partial', number: '' }, ['carol@office.test']);
  const found = (filter: object): string[] => archive.list({ limit: 10, ...filter }).map(({ id }) => id);
  assert.deepEqual(found({}), [third, second, first]);
  assert.deepEqual(found({ text: '555-01 99' }), [first]);
  assert.deepEqual(found({ text: 'acme' }), [third, second]);
  assert.deepEqual(found({ text: 'OFFER' }), [first]);
  assert.deepEqual(found({ text: 'alice@' }), [first]);
  assert.deepEqual(found({ text: '%' }), []);
  assert.deepEqual(found({ account: 'ALICE@office.test' }), [first]);
  assert.deepEqual(found({ account: 'bob@office.test' }), [second]);
  assert.deepEqual(found({ direction: 'out' }), [first]);
  assert.deepEqual(found({ state: 'partial' }), [third]);
  assert.deepEqual(found({ until: clock.now() }), [first]);
  assert.deepEqual(found({ since: clock.now(), before: third }), [second]);
  assert.deepEqual(found({ limit: 1 }), [third]);
});

test('further people see a fax once it was delivered to them', async (t) => {
  const { archive, received } = await opened(t);
  const id = await received();
  await archive.delivered(id, 'm2', ['Carol@office.test', 'bob@office.test']);
  assert.deepEqual(archive.people(id), ['bob@office.test', 'carol@office.test']);
  assert.equal(archive.get(id)!.message, 'm2');
  await archive.delivered('0'.repeat(26), 'm3', ['nobody@office.test']);
  assert.deepEqual(archive.people('0'.repeat(26)), []);
});

test('old faxes go, the oldest first when they take too much, and never one that is under way', async (t) => {
  const { archive, clock, keep, folder, sent, received } = await opened(t);
  const waiting = await sent();
  const ids: string[] = [];
  for (let count = 0; count < 4; count++) {
    await clock.advance(day);
    ids.push(await received());
  }
  const all = (): string[] => archive.list({ limit: 10 }).map(({ id }) => id);
  keep.sizeBytes = archive.sizeBytes() - 1;
  await archive.prune();
  assert.deepEqual(all().toSorted(), [waiting, ...ids.slice(1)]);
  keep.timeMs = 1.5 * day;
  await archive.prune();
  assert.deepEqual(all().toSorted(), [waiting, ...ids.slice(2)]);
  archive.start();
  await clock.advance(2 * day);
  // The hourly round goes through the database's thread.
  while (all().length > 1) await archive.prune();
  assert.deepEqual(all(), [waiting]);
  assert.deepEqual(await readdir(join(folder, 'archive', 'pages')), [waiting]);
  keep.timeMs = 0;
  await archive.settle(waiting, 'sent', { text: 'Sent.' });
  await clock.advance(1);
  await archive.prune();
  assert.deepEqual(all(), []);
});

test('a fax is removed with its pages, when it is settled', async (t) => {
  const { archive, folder, sent, received } = await opened(t);
  const [under, done] = [await sent(), await received()];
  assert.equal(await archive.remove(under), false);
  assert.equal(await archive.remove(done), true);
  assert.deepEqual([archive.get(done), archive.pages(done), archive.people(done)], [undefined, [], []]);
  assert.deepEqual(await readdir(join(folder, 'archive', 'pages')), [under]);
});

test('a message that sends a fax again is known as such, and no other', async (t) => {
  const { archive, sent } = await opened(t);
  await archive.noteResend('m9', await sent());
  assert.deepEqual([archive.isResend('m9'), archive.isResend('m')], [true, false]);
});
