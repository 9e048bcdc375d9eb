import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createExchange, type Exchange } from '../../hw/exchange/exchange.ts';
import type { ModemProfile } from '../../hw/modem/profile.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { idSource } from '../../src/lib/ids.ts';

/**
 * What the tests with real fax programs share: an exchange with modems on pseudo-terminals, pages made by Ghostscript,
 * and their decoding by netpbm and libtiff. A program that is absent fails the test that needs it.
 */
export const execute = promisify(execFile);

/** Lines with a modem, and the far station that takes faxes. */
export const lineA = '5550100';
export const lineB = '5550101';
export const station = '5550199';

export interface Bench {
  readonly exchange: Exchange;
  readonly folder: string;
  /** Name below `/dev` of the terminal of a line. */
  device(number: string): string;
}

let benches = 0;
let decoded = 0;

/** As fast as real programs take it: their own pauses are most of the time then. */
const fast = 40;

/** A bench of its own for a test, so that tests run side by side: real programs spend their time waiting. */
export async function openBench(
  t: TestContext,
  profiles: Readonly<Record<string, ModemProfile>>,
  speedFactor: number = fast,
): Promise<Bench> {
  const folder = await temporaryFolder();
  const exchange = createExchange({
    clock: systemClock,
    folder: join(folder, 'exchange'),
    speedFactor,
    ids: idSource(systemClock),
  });
  exchange.addStation(station, { stationId: '+1 555 0199', name: 'FAR STATION' });
  t.after(async () => {
    await exchange.close();
    await rm(folder, { recursive: true });
  });
  const bench = benches++;
  const device = (number: string): string => `ttyCS${process.pid}.${bench}.${number}`;
  for (const [number, profile] of Object.entries(profiles)) {
    exchange.addLine(number, { profile, name: `LINE ${number}` });
    await exchange.openPty(number, `/dev/${device(number)}`);
  }
  return { exchange, folder, device };
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'caselli-peers-'));
}

/** The dialogue of a line, for the message of a failed assertion. */
export function dialogue(exchange: Exchange, number: string): string {
  return exchange
    .transcript(number)
    .map(({ kind, text }) => `${kind} ${text}`)
    .join('\n');
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Starts a program; `ended` tells its exit code and what it printed. */
export function start(
  command: string,
  args: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, ended };
}

/** Runs a program to its end. */
export function run(command: string, args: readonly string[]): Promise<Ran> {
  return start(command, args).ended;
}

const document = `%!PS
/Times-Roman findfont 24 scalefont setfont
1 1 2 { /page exch def
  60 100 760 { 60 exch moveto (Page ) show page 10 string cvs show ( of a fax between strangers) show } for
  showpage
} for
`;

/** Two pages of T.4 data by Ghostscript, fine, first bit highest, without RTC: file names. */
export async function makePages(folder: string): Promise<[string, string]> {
  const source = join(folder, 'document.ps');
  await writeFile(source, document);
  const options = ['-q', '-dSAFER', '-dBATCH', '-dNOPAUSE', '-sDEVICE=faxg3', '-r204x196', '-sPAPERSIZE=a4'];
  await execute('gs', [...options, `-sOutputFile=${join(folder, 'page-%d.g3')}`, source]);
  return [join(folder, 'page-1.g3'), join(folder, 'page-2.g3')];
}

/** The same page with RTC at its end, by netpbm: efax loses the last line otherwise. */
export async function withRtc(file: string): Promise<string> {
  const { stdout } = await execute('sh', ['-c', 'g3topbm -quiet "$1" | pbmtog3', 'sh', file], { encoding: 'buffer' });
  await writeFile(`${file}.rtc`, stdout);
  return `${file}.rtc`;
}

/** A PBM picture, as netpbm writes it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** One byte string a row. */
  readonly rows: readonly string[];
}

async function pbm(command: string, args: readonly string[]): Promise<Picture> {
  const { stdout } = await execute(command, args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
  const header = /^P4\s+(?:#.*\s+)*(\d+)\s+(\d+)\s/.exec(stdout.toString('latin1', 0, 200));
  assert.ok(header, `${command} wrote no PBM`);
  const [width, height] = [Number(header[1]), Number(header[2])];
  const rowBytes = Math.ceil(width / 8);
  const data = stdout.subarray(header[0].length);
  assert.equal(data.length, rowBytes * height);
  const rows = Array.from({ length: height }, (_, y) => data.toString('latin1', y * rowBytes, (y + 1) * rowBytes));
  return { width, height, rows };
}

/** T.4 data as libtiff reads them. */
export async function g3Picture(file: string): Promise<Picture> {
  // Tests that run side by side decode the same file.
  const tiff = `${file}.${decoded++}.tif`;
  await execute('fax2tiff', ['-M', '-X', '1728', '-o', tiff, file]);
  return pbm('tifftopnm', ['-quiet', tiff]);
}

export function tiffPicture(file: string): Promise<Picture> {
  return pbm('tifftopnm', ['-quiet', file]);
}

/** The pages a station stored in its last call, as pictures. */
export async function stored(exchange: Exchange): Promise<{ result: string; from: string; pages: Picture[] }> {
  const fax = (await exchange.received(station)).at(-1);
  assert.ok(fax, 'the station received nothing');
  const pages: Picture[] = [];
  for (const { file } of fax.pages) pages.push(await tiffPicture(file));
  return { result: fax.result, from: fax.from, pages };
}

export async function filesOf(folder: string, wanted: RegExp): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => wanted.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

export async function sameBytes(actual: string, expected: string): Promise<void> {
  assert.ok((await readFile(actual)).equals(await readFile(expected)), `${actual} differs from ${expected}`);
}

/** Resolves with the text of `file` when it is there and holds `words`. The folder of the file must exist. */
export async function appears(file: string, words = ''): Promise<string> {
  // Watching begins before the first look, so that nothing is missed between them.
  const watcher = watch(dirname(file), { persistent: false });
  try {
    for (;;) {
      const change = once(watcher, 'change');
      const text = await readFile(file, 'utf8').catch(() => undefined);
      if (text?.includes(words)) return text;
      await change;
    }
  } finally {
    watcher.close();
  }
}

/** A real mgetty that answers a line, with a configuration of its own. */
export interface Mgetty {
  /** Resolves when it has set the modem up and waits for a ring. */
  readonly ready: Promise<unknown>;
  /** What it gave to its `new_fax` hook: arguments, and the environment as `NAME=value`. */
  hook(): Promise<{ readonly args: string[]; readonly environment: string[] }>;
  stop(): Promise<string>;
}

/**
 * Starts mgetty on a line. Its configuration folder is fixed in the program, so that a private mount of it is laid over
 * the machine's; that needs root.
 */
export async function startMgetty(bench: Bench, number: string, ...args: string[]): Promise<Mgetty> {
  const folder = await mkdtemp(join(bench.folder, 'mgetty-'));
  const config = join(folder, 'etc');
  const spool = join(folder, 'spool');
  await mkdir(config);
  await mkdir(spool);
  await writeFile(join(config, 'mgetty.config'), `debug 4\nfax-spool-in ${spool}\nissue-file /dev/null\nnotify\n`);
  await writeFile(join(config, 'login.config'), '* - - /bin/false\n', { mode: 0o600 });
  await writeFile(join(config, 'dialin.config'), 'all\n');
  const script = `#!/bin/sh
{ for arg in "$@"; do echo "$arg"; done; echo --; env; } >${spool}/hook.new
mv ${spool}/hook.new ${spool}/hook
`;
  await writeFile(join(config, 'new_fax'), script, { mode: 0o755 });
  const device = bench.device(number);
  const log = `/var/log/mgetty/mg_${device}.log`;
  await rm(log, { force: true });
  const { child, ended } = start('unshare', [
    '-m',
    'sh',
    '-c',
    `mount --bind ${config} /etc/mgetty && exec mgetty "$@"`,
    'mgetty',
    '-x',
    '5',
    '-s',
    '38400',
    ...args,
    device,
  ]);
  const early = ended.then(async ({ code, output }) => {
    throw new Error(`mgetty ended with ${code}: ${output}\n${await readFile(log, 'utf8').catch(() => '')}`);
  });
  early.catch(() => {});
  const failed = ended.then(({ code }) => (code === 0 ? new Promise<never>(() => {}) : early));
  failed.catch(() => {});
  return {
    // After its commands mgetty drops what it reads until the line is silent for 0.3 s; only its log tells the end of it.
    ready: Promise.race([appears(log, 'waiting...'), early]),
    async hook() {
      // The hook runs on when mgetty has ended well; when it was killed there is none.
      const text = await Promise.race([appears(join(spool, 'hook')), failed]);
      const [given, environment] = text.split('\n--\n') as [string, string];
      return { args: given.split('\n'), environment: environment.trim().split('\n') };
    },
    async stop() {
      child.kill();
      await ended;
      const text = await readFile(log, 'utf8').catch(() => '');
      await rm(log, { force: true });
      return text;
    },
  };
}
