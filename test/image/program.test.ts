import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import sharp from 'sharp';
import { bundleProgram, type Program } from '../../image/program.ts';
import type { ReceivedView } from '../../src/admin/admin-api.ts';
import { renderPictureApart } from '../../src/documents/picture-apart.ts';
import { ServiceConverters } from '../../src/documents/service-converters.ts';
import { startService } from '../../src/documents/test-service.ts';
import type { Raster } from '../../src/fax/raster.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { RunningBox, testConfig } from '../e2e/running-box.ts';

const top = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

let folder: string;
let program: Program;
const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-program-'));
  program = await bundleProgram({ out: join(folder, 'program'), arch, cache: join(folder, 'cache') });
});
after(() => rm(folder, { recursive: true, force: true }));

const at = (file: string): string => join(folder, 'program', file);

test('the same sources give the same bytes, wherever they are built', async () => {
  const again = await bundleProgram({ out: join(folder, 'other/again'), arch, cache: join(folder, 'cache') });
  assert.deepEqual(again, program);
  for (const file of program.files) {
    const bytes = await readFile(at(file));
    assert.deepEqual(await readFile(join(folder, 'other/again', file)), bytes, file);
    assert.ok(!bytes.includes(top), `${file} knows where it was built`);
  }
});

test('every package inside is named with its licence', () => {
  const unclear = program.packages.filter(({ licence, licenceText }) => licence === '' || licenceText === '');
  assert.deepEqual(unclear, []);
  for (const name of [
    'sharp',
    'fastify',
    'zod',
    'serialport',
    '@serialport/bindings-cpp',
    `@img/sharp-libvips-linux-${arch}`,
  ]) {
    assert.ok(
      program.packages.some((one) => one.name === name),
      name,
    );
  }
});

test('every package that waits until it is needed can be loaded', async () => {
  const late = program.files.filter((file) => {
    const [, name] = /^(.+)-[0-9A-Z]{8}\.js$/.exec(file) ?? [];
    return program.packages.some((one) => one.name.split('/').at(-1) === name);
  });
  for (const name of ['reflect-metadata', 'x509', 'acme-client', 'server', 'ssh2', 's3mini', 'pdf-lib', 'sharp'])
    assert.ok(
      late.some((file) => file.startsWith(`${name}-`)),
      name,
    );
  // As our source does it: the metadata before the one who needs them.
  late.sort((a, b) => Number(b.startsWith('reflect-')) - Number(a.startsWith('reflect-')));
  const script = late.map((file) => `import ${JSON.stringify(`./${file}`)};`).join('\n');
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: join(folder, 'program') });
  assert.equal(ran.status, 0, String(ran.stderr));
});

test('it needs nothing outside of its folder: command, threads, pages, converters, native modules', async (context) => {
  const main = join(folder, 'program/main.js');
  const config = testConfig();
  const lines = [...config.fax!.lines!, { id: 'line2', port: 'serial:/dev/null', number: '5550101' }];
  const box = await RunningBox.start(context, { ...config, fax: { ...config.fax, lines } }, 'demo', main);
  const { version } = JSON.parse(await readFile(join(top, 'package.json'), 'utf8')) as { version: string };
  assert.equal((await box.caselli('--version')).out, `${version}\n`);
  const { address, port } = box.listeners.http!;
  const first = await (await fetch(`http://${address}:${port}/`)).text();
  const [, script] = /src="(\/assets\/[^"]+)"/.exec(first)!;
  for (const page of [script, '/favicon.svg', '/metrics', '/api/openapi.json', '/api/doctor']) {
    assert.equal((await fetch(`http://${address}:${port}${page}`)).status, 200, page);
  }
  // Asked of the terminal by the native module: a file that is none says so in the kernel's words.
  const { reason } = await box.event('line.fault', ({ line }) => line === 'line2');
  assert.match(reason, /ioctl|tty|device/i);
  const picture = await sharp({ create: { width: 600, height: 300, channels: 3, background: 'navy' } })
    .jpeg()
    .toBuffer();
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    from: 'alice@office.test',
    to: '5550199@fax',
    subject: 'Everything that draws',
    text: 'A note in text.',
    attachments: [
      { filename: 'page.html', content: '<h1>Prices</h1><p>as agreed</p>', contentType: 'text/html' },
      { filename: 'picture.jpg', content: picture, contentType: 'image/jpeg' },
    ],
  });
  const sent = await box.caselliWith(String(message), 'sendmail', '-f', 'alice@office.test', '-t');
  assert.equal(sent.code, 0, sent.error);
  await box.event('queue.delivered', ({ recipient }) => recipient.startsWith('5550199'));
  const [fax] = await box.ask<ReceivedView[]>('exchange', 'received', '5550199');
  assert.deepEqual([fax?.result, fax?.pages.length], ['done', 3]);
  assert.equal(await box.kill('SIGTERM'), 0);
});

test('its document converters are a program of their own', async (context) => {
  const place = await mkdtemp(join(folder, 'service-'));
  const service = await startService(place, [], join(folder, 'program/documents.js'));
  context.after(() => service.stop());
  const file = join(place, 'picture');
  await sharp({ create: { width: 600, height: 300, channels: 3, background: 'navy' } })
    .png()
    .toFile(file);
  const converters = new ServiceConverters({ socket: service.socket, clock: systemClock });
  const limits = { timeoutMs: 60_000, memoryBytes: 512 * 1024 * 1024 };
  const order = { converter: 'picture', maxPixels: 1_000_000, maxPages: 1, sheetHeightPx: 2292, ...limits } as const;
  const pages: Raster[] = [];
  const onPage = async (page: Raster): Promise<void> => void pages.push(page);
  await renderPictureApart({ order, file, folder: place, onPage }, converters, new AbortController().signal);
  assert.deepEqual(
    pages.map(({ widthPx }) => widthPx),
    [1728],
  );
});
