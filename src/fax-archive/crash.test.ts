import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inResolution } from '../fax/resolution.ts';
import { encodeMh } from '../fax/t4-encode.ts';
import { drawnChart } from '../fax/test-rasters.ts';
import { writeDurable } from '../lib/durable.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { type Database, SqliteWriter } from '../lib/sqlite.ts';
import { FaxArchive } from './fax-archive.ts';
import type { PageFile } from './fax-record.ts';

/**
 * The box dies before and after every commit of the archive, and before every page that is written. What is on disk then (a
 * copy of the folder, as kill -9 leaves it) is opened again: whatever is shown is whole, nothing lies about that no row
 * names, and whoever uses the archive does again what it got no answer for and comes to the same end.
 */

const charts = [drawnChart(1728, 30, 'fine'), drawnChart(1728, 20, 'fine'), drawnChart(1728, 10, 'fine')];
const ids = idSource(new ManualClock());
const [out, failed, incoming, removed] = [ids(), ids(), ids(), ids()];
const keep = () => ({ timeMs: Number.MAX_SAFE_INTEGER, sizeBytes: 1_000_000_000 });

/** Copies the archive at one step, and tells what was promised by then. */
class Camera {
  step = 0;
  readonly #at: number;
  readonly #from: string;
  readonly #to: string;
  taken = false;
  /** What was answered before the picture was taken. */
  readonly promised = new Set<string>();
  constructor(at: number, from: string, to: string) {
    this.#at = at;
    this.#from = from;
    this.#to = to;
  }
  async pass(): Promise<void> {
    if (++this.step !== this.#at) return;
    await cp(this.#from, this.#to, { recursive: true });
    this.taken = true;
  }
  promise(what: string): void {
    if (!this.taken) this.promised.add(what);
  }
  writer(real: SqliteWriter): SqliteWriter {
    const open = async (path: string, migrations: readonly string[]): Promise<Database> =>
      new Proxy(await real.open(path, migrations), {
        get: (db, name) => {
          if (name !== 'write') {
            const value = Reflect.get(db, name, db);
            return typeof value === 'function' ? value.bind(db) : value;
          }
          return async (statements: Parameters<Database['write']>[0]) => {
            await this.pass();
            const result = await db.write(statements);
            await this.pass();
            return result;
          };
        },
      });
    return new Proxy(real, { get: (writer, name) => (name === 'open' ? open : Reflect.get(writer, name, writer)) });
  }
}

/** What the users of the archive do: each step may be done again. */
async function live(archive: FaxArchive, received: readonly PageFile[], camera?: Camera): Promise<void> {
  const pages = charts.map((raster) => ({
    resolution: raster.resolution,
    load: async (resolution: 'normal' | 'fine') => {
      await camera?.pass();
      return inResolution(raster, resolution);
    },
  }));
  const start = { number: '5', address: '5@fax', sender: 'a@b', subject: 's', message: 'm', startedAt: 1 };
  await archive.begin({ id: out, ...start });
  camera?.promise('begun');
  await archive.keepPages(out, pages);
  camera?.promise('pages');
  await archive.keepCrossing(out, 2, inResolution(charts[1]!, 'normal'));
  camera?.promise('crossing');
  const call = { calls: 1, confirmed: 3, durationMs: 1000, station: 'X', bitRate: 9600 };
  await archive.settle(out, 'sent', { ...call, text: 'Sent.' });
  camera?.promise('sent');
  await archive.begin({ id: failed, ...start });
  await archive.settle(failed, 'failed', { text: 'It could not be rendered.' });
  camera?.promise('failed');
  const fax = { number: '6', station: 'Y', callerName: '', calledNumber: '', line: 'l', subject: 'r', startedAt: 2 };
  const facts = { durationMs: 10, bitRate: 9600, text: '', confirmed: 3, state: 'received' } as const;
  await archive.receive({ id: incoming, ...fax, ...facts }, received, ['c@d']);
  camera?.promise('received');
  await archive.delivered(incoming, 'm2', ['c@d', 'e@f']);
  camera?.promise('delivered');
  await archive.receive({ id: removed, ...fax, ...facts }, received, ['c@d']);
  await archive.remove(removed);
}

async function whole(archive: FaxArchive, folder: string): Promise<void> {
  const shown = archive.list({ limit: 100 });
  for (const { id, pages } of shown) {
    const files = archive.pages(id);
    assert.ok(pages === files.length && (pages === 0 || pages === 3), `${id} shows ${pages} pages`);
    for (const page of files) {
      const chart = inResolution(charts[page.page - 1]!, page.resolution);
      assert.deepEqual(await archive.readPage(page), chart);
    }
    const names = await readdir(join(folder, 'pages', id)).catch(() => []);
    assert.deepEqual(names.toSorted(), files.map(({ file }) => file.split('/').at(-1)).toSorted());
  }
  const folders = await readdir(join(folder, 'pages'));
  const known = shown.map(({ id }) => id);
  assert.deepEqual(
    folders.filter((id) => !known.includes(id)),
    [],
  );
}

/** @returns how many steps there were */
async function dieAt(step: number): Promise<number> {
  const top = await mkdtemp(join(tmpdir(), 'fax-crash-'));
  const real = new SqliteWriter();
  const clock = new ManualClock();
  const events = new EventBus(clock);
  try {
    const received: PageFile[] = [];
    for (const [index, { widthPx, resolution, heightPx: lines, ...chart }] of charts.entries()) {
      const file = join(top, `in-${index}`);
      await writeDurable(file, encodeMh({ widthPx, resolution, heightPx: lines, ...chart }));
      received.push({ page: index + 1, file, widthPx, resolution, lines, badLines: 0, longestBadRun: 0 });
    }
    const [folder, copy] = [join(top, 'living'), join(top, 'dead')];
    const camera = new Camera(step, folder, copy);
    const living = await FaxArchive.open({ writer: camera.writer(real), folder, clock, events, keep });
    await live(living, received, camera);
    await living.close();
    if (!camera.taken) return camera.step;
    // A write that was cut short.
    const half = join(copy, 'pages', out);
    await writeFile(join(half, '0009-9.g3'), 'ha').catch((error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ENOENT');
    });
    const archive = await FaxArchive.open({ writer: real, folder: copy, clock, events, keep });
    await whole(archive, copy);
    const promises: Readonly<Record<string, () => boolean>> = {
      begun: () => archive.get(out) !== undefined,
      pages: () => archive.pages(out).length === 3,
      crossing: () => archive.pages(out)[1]!.resolution === 'normal',
      sent: () => archive.get(out)!.state === 'sent',
      failed: () => archive.get(failed)!.state === 'failed',
      received: () => archive.pages(incoming).length === 3,
      delivered: () => archive.people(incoming).length === 2,
    };
    for (const what of camera.promised) assert.ok(promises[what]!(), `step ${step}: ${what} was lost`);
    await live(archive, received);
    await whole(archive, copy);
    assert.deepEqual(
      archive.list({ limit: 9 }).map(({ id, state, pages, message }) => [id, state, pages, message]),
      [
        [incoming, 'received', 3, 'm2'],
        [failed, 'failed', 0, 'm'],
        [out, 'sent', 3, 'm'],
      ],
    );
    await archive.close();
    return camera.step;
  } finally {
    await real.close();
    await rm(top, { recursive: true, force: true });
  }
}

test('a crash at any commit or page leaves whole faxes, loses none, and everything comes to the same end', async () => {
  const steps = await dieAt(Number.POSITIVE_INFINITY);
  assert.ok(steps > 20, `${steps} steps`);
  for (let step = 1; step <= steps; step++) await dieAt(step);
});
