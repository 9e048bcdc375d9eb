import assert from 'node:assert/strict';
import { globSync, readFileSync, watch } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { systemClock } from '../lib/clock.ts';
import { endOfFrames, frames } from '../lib/frames.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { ChildEnd } from './child.ts';
import type { ConversionOrder, Converters } from './conversion.ts';
import { OwnConverters } from './own-converters.ts';
import { serveConversion } from './serve-conversion.ts';
import { ServiceConverters } from './service-converters.ts';
import { startService, type TestService } from './test-service.ts';

/** One contract for the converters of this process and those of a box, which another process runs. */

interface Place {
  readonly converters: Converters;
  /** Folder of the asker. */
  readonly folder: string;
  /** Where converters may leave nothing. */
  readonly temporary: string;
  readonly service: TestService | undefined;
}

async function ownPlace(context: TestContext): Promise<Place> {
  const folder = await temporaryFolder(context);
  return { converters: new OwnConverters(systemClock), folder, temporary: folder, service: undefined };
}

async function servicePlace(context: TestContext, as: readonly string[] = []): Promise<Place> {
  const service = await startService(await temporaryFolder(context), as);
  context.after(() => service.stop());
  const folder = await temporaryFolder(context);
  const converters = new ServiceConverters({ socket: service.socket, clock: systemClock });
  return { converters, folder, temporary: service.temporary, service };
}

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-converters-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const limits = { timeoutMs: 60_000, memoryBytes: 512 * 1024 * 1024 };
const ghostscript = { converter: 'ghostscript', heightPt: 800, ...limits } as const;
const picture = { converter: 'picture', maxPixels: 10_000_000, maxPages: 5, sheetHeightPx: 2292, ...limits } as const;

const drawing = '%!\n72 72 moveto 300 300 lineto 9 setlinewidth stroke showpage 72 300 300 72 rectfill showpage\n';
const endless = '%!\nshowpage {} loop\n';

interface Run {
  readonly signal?: AbortSignal;
  readonly onOutput?: (chunk: Uint8Array) => Promise<void> | void;
}

async function convert(place: Place, order: ConversionOrder, document: string | Uint8Array, run: Run = {}) {
  const file = join(place.folder, 'asked');
  await writeFile(file, document, { mode: 0o600 });
  const chunks: Uint8Array[] = [];
  const onOutput = run.onOutput ?? ((chunk) => void chunks.push(Buffer.from(chunk)));
  try {
    const end = await place.converters.run(
      { order, file, folder: place.folder, onOutput },
      run.signal ?? new AbortController().signal,
    );
    return { end, output: Buffer.concat(chunks) };
  } finally {
    await rm(file);
  }
}

async function photo(): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({ create: { width: 400, height: 300, channels: 3, background: 'white', noise } })
    .jpeg()
    .toBuffer();
}

/** Resolves when nothing is left in a folder. */
async function emptied(folder: string): Promise<void> {
  const changes = watch(folder);
  try {
    while ((await readdir(folder)).length > 0) {
      await new Promise((resolve) => changes.once('change', resolve));
    }
  } finally {
    changes.close();
  }
}

const implementations = [
  ['children of this process', ownPlace],
  ['the service of a box', servicePlace],
] as const;

for (const [name, placeFor] of implementations) {
  test(`${name}: documents and pictures become pages, and nothing is left`, async (context) => {
    const place = await placeFor(context);
    const drawn = await convert(place, ghostscript, drawing);
    assert.deepEqual(drawn.end, { code: 0, complaint: '' } satisfies ChildEnd);
    assert.match(drawn.output.toString('latin1', 0, 120), /^P5\s(?:#[^\n]*\n)?1728 \d+\s+255\s/);
    assert.equal(drawn.output.toString('latin1').match(/P5\s(?:#[^\n]*\n)?1728/g)?.length, 2);
    const shown = await convert(place, picture, await photo());
    assert.equal(shown.end.code, 0);
    assert.equal(shown.output.toString('latin1', 0, 7), 'P5\n1728');
    await emptied(place.temporary);
  });

  test(`${name}: what a document did wrong is said, with the code`, async (context) => {
    const place = await placeFor(context);
    const damaged = await convert(place, ghostscript, '%!\nthis is no program\n');
    assert.equal(damaged.end.code, 1);
    assert.match(damaged.end.complaint, /undefined/);
    const none = await convert(place, picture, 'no picture');
    assert.match(none.end.complaint, /damaged or is no picture/);
    // A limit ends it: by its own words or by a signal.
    const small = { ...picture, memoryBytes: 1 };
    const large = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: 'white' } })
      .png({ progressive: true })
      .toBuffer();
    assert.notEqual((await convert(place, small, large)).end.code, 0);
    await emptied(place.temporary);
  });

  test(`${name}: a document reads no file of the machine`, async (context) => {
    const place = await placeFor(context);
    const { end } = await convert(place, ghostscript, '%!\n(/etc/passwd) (r) file 100 string readstring pop ==\n');
    assert.notEqual(end.code, 0);
    assert.match(end.complaint, /invalidfileaccess/);
    assert.doesNotMatch(end.complaint, /root:/);
  });

  test(`${name}: what takes too long is ended, and said so`, async (context) => {
    const place = await placeFor(context);
    await assert.rejects(convert(place, { ...ghostscript, timeoutMs: 1000 }, endless), {
      name: 'DocumentError',
      message: /longer than 1 seconds/,
    });
    await emptied(place.temporary);
  });

  test(`${name}: it ends when it is told to, and when its output is too much for the taker`, async (context) => {
    const place = await placeFor(context);
    const stop = new AbortController();
    const onOutput = (): void => stop.abort(new Error('we are to stop'));
    await assert.rejects(convert(place, ghostscript, endless, { signal: stop.signal, onOutput }), /we are to stop/);
    await assert.rejects(convert(place, ghostscript, endless, { signal: stop.signal }), /we are to stop/);
    const tooMuch = (): Promise<void> => Promise.reject(new Error('too much'));
    await assert.rejects(convert(place, ghostscript, endless, { onOutput: tooMuch }), /too much/);
    await emptied(place.temporary);
  });

  test(`${name}: several at one time, more than there is room for`, async (context) => {
    const place = await placeFor(context);
    const file = join(place.folder, 'asked');
    await writeFile(file, drawing);
    const run = async (): Promise<number> => {
      let bytes = 0;
      const onOutput = (chunk: Uint8Array): void => {
        bytes += chunk.length;
      };
      const conversion = { order: ghostscript, file, folder: place.folder, onOutput };
      await place.converters.run(conversion, new AbortController().signal);
      return bytes;
    };
    const sizes = await Promise.all(Array.from({ length: 6 }, run));
    assert.equal(new Set(sizes).size, 1);
    assert.ok(sizes[0]! > 0);
  });
}

test('a service that is not there, or breaks off, is no fault of the document', async (context) => {
  const folder = await temporaryFolder(context);
  const absent = new ServiceConverters({ socket: join(folder, 'nobody'), clock: systemClock });
  const place = { converters: absent, folder, temporary: folder, service: undefined };
  await assert.rejects(convert(place, ghostscript, drawing), { name: 'Error', message: /do not answer/ });
  const present = await servicePlace(context);
  const dying = (): void => {
    for (const pid of descendants(present.service!.pid).filter(isNode)) process.kill(pid, 'SIGKILL');
  };
  await assert.rejects(convert(present, ghostscript, endless, { onOutput: dying }), { name: 'FramingError' });
  // What it could not remove any more the next one does.
  assert.equal((await readdir(present.temporary)).length, 1);
  assert.equal((await convert(present, ghostscript, drawing)).end.code, 0);
  await emptied(present.temporary);
});

test('an order names a converter and its limits, nothing else is done', async (context) => {
  const { service } = await servicePlace(context);
  const ask = async (line: string): Promise<string> => {
    const connection = connect(service!.socket);
    connection.write(`${line}\n`);
    connection.write(Buffer.concat([...frames(Buffer.from(drawing)), endOfFrames]));
    connection.end();
    return text(connection);
  };
  const orders = [
    { ...ghostscript, command: 'sh' },
    { ...ghostscript, converter: 'sh' },
    { ...ghostscript, arguments: ['-dNOSAFER'] },
    { ...ghostscript, heightPt: '-sOutputFile=/tmp/x' },
    { ...ghostscript, timeoutMs: -1 },
    { ...picture, file: '/etc/passwd' },
    'ghostscript',
    null,
  ];
  for (const order of orders) assert.doesNotMatch(await ask(JSON.stringify(order)), /P5/, JSON.stringify(order));
  assert.doesNotMatch(await ask('not even JSON'), /P5/);
  await emptied(service!.temporary);
});

test('whatever is said, the service answers or ends, and leaves nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const converters: Converters = { run: async () => ({ code: 0, complaint: '' }) };
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constant(Buffer.from(`${JSON.stringify(ghostscript)}\n`)),
    fc.constant(Buffer.concat([...frames(Buffer.from('document'))])),
    fc.constant(Buffer.from(endOfFrames)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), async (said) => {
      async function* input(): AsyncGenerator<Uint8Array> {
        yield* said;
      }
      const answer: Uint8Array[] = [];
      const write = async (bytes: Uint8Array): Promise<void> => void answer.push(bytes);
      await serveConversion({ input: input(), write, converters, folder, mostMemoryBytes: limits.memoryBytes });
      const last = Buffer.concat(answer).toString();
      assert.ok(last === '' || /^\0{4}\{"kind":"(ended|failed|document)".*\}\n$/s.test(last), last);
      assert.deepEqual(await readdir(folder), []);
    }),
    { numRuns: 60 },
  );
});

test('a converter gets the memory that was asked for, or what there is', async (context) => {
  const folder = await temporaryFolder(context);
  const given: number[] = [];
  const converters: Converters = {
    run: async ({ order }) => {
      given.push(order.memoryBytes);
      return { code: 0, complaint: '' };
    },
  };
  for (const mostMemoryBytes of [1000, 2 * limits.memoryBytes]) {
    async function* input(): AsyncGenerator<Uint8Array> {
      yield Buffer.concat([Buffer.from(`${JSON.stringify(ghostscript)}\n`), endOfFrames]);
    }
    await serveConversion({ input: input(), write: async () => {}, converters, folder, mostMemoryBytes });
  }
  assert.deepEqual(given, [1000, limits.memoryBytes]);
});

test('a service that says nothing is given up', async (context) => {
  const folder = await temporaryFolder(context);
  const { createServer } = await import('node:net');
  const clock = new ManualClock();
  const socket = join(folder, 'mute');
  const server = createServer({ allowHalfOpen: true }, () => void clock.advance(10 * limits.timeoutMs)).listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => server.close());
  const converters = new ServiceConverters({ socket, clock });
  const place = { converters, folder: await temporaryFolder(context), temporary: folder, service: undefined };
  await assert.rejects(convert(place, ghostscript, drawing), /document converter: nothing within/);
});

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

test('as on a box: another user, no network, no file of the asker', {
  skip: !isRoot && 'needs root to become another user',
}, async (context) => {
  const user = ['setpriv', '--reuid', `${nobody}`, '--regid', `${nobody}`, '--clear-groups', '--no-new-privs'];
  const place = await servicePlace(context, ['unshare', '--net', ...user]);
  const seen: string[] = [];
  const onOutput = (): void => {
    if (seen.length > 0) return;
    for (const pid of descendants(place.service!.pid).filter((one) => nameOf(one) === 'gs')) {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      seen.push(/^Uid:\s+(.*)$/m.exec(status)![1]!, /^CapEff:\s+(\w+)$/m.exec(status)![1]!);
      const cards = readFileSync(`/proc/${pid}/net/dev`, 'latin1').matchAll(/^\s*(\w+):\s+(\d+)/gm);
      seen.push(...[...cards].map(([, card, bytes]) => `${card} ${bytes}`));
    }
  };
  // Its file is readable by the asker alone.
  const { end, output } = await convert(place, ghostscript, drawing.repeat(20), { onOutput });
  assert.equal(end.code, 0);
  assert.ok(output.length === 0 && seen.length > 0);
  assert.deepEqual(seen, [`${nobody}\t${nobody}\t${nobody}\t${nobody}`, '0000000000000000', 'lo 0']);
  assert.equal((await convert(place, picture, await photo())).end.code, 0);
});

function parentOf(pid: number): number {
  const stat = statOf(pid);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function nameOf(pid: number): string {
  return /\((.*)\)/.exec(statOf(pid))?.[1] ?? '';
}

function isNode(pid: number): boolean {
  return /service-process/.test(readOrNothing(`/proc/${pid}/cmdline`));
}

function statOf(pid: number): string {
  return readOrNothing(`/proc/${pid}/stat`);
}

/** A process may end while it is looked at. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function descendants(pid: number): number[] {
  const all = globSync('/proc/[0-9]*').map((path) => Number(path.slice(6)));
  const children = all.filter((one) => parentOf(one) === pid);
  return [...children, ...children.flatMap(descendants)];
}
