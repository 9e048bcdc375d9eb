/**
 * What runs before Caselli can: plain JavaScript for whatever Node is there (20 or newer). Brings the npm packages (the
 * runtime, Node 24, among them) and the Debian packages that are missing, then hands over.
 *
 *   node bootstrap.mjs start [options of `caselli serve`]   the demo office
 *   node bootstrap.mjs test [files]                         types, style, layers and every test
 *   node bootstrap.mjs test-long                            what takes longer: a hundred power cuts of the box
 *   node bootstrap.mjs image [options]                      the firmware image (image/README.md)
 *   node bootstrap.mjs link                                 node_modules/.bin/caselli (after each npm install)
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const inModules = (path) => join(top, 'node_modules', path);
const unavailable = 69; // EX_UNAVAILABLE of sysexits.h

/** All tests; Node 24 finds the files. Those of the image have the machine for themselves: each starts one in QEMU. */
const testFiles = ['src/**/*.test.ts', 'hw/**/*.test.ts', 'test/*.test.ts', 'test/!(image)/**/*.test.ts'];
const inImage = (names) => names.map((name) => `test/image/${name}.test.ts`);
const imageTestFiles = inImage(['buildroot', 'program', 'raspberry-pi', 'boot']);
/** What starts the machine again and again. The power cuts take as long as all the others, and run beside them. */
const powerCutFiles = inImage(['power-cut']);
const troubleTestFiles = inImage(['update', 'reset', 'faults', 'fax', 'front-panel']);
const longTest = { files: powerCutFiles, environment: { CUTS: '100' }, minutes: 240 };

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'link') linkCommand();
else if (mode === 'start') await start();
else if (mode === 'test') await test();
else if (mode === 'test-long') await testLong();
else if (mode === 'image') await image();
else fail(64, 'usage: node src/cli/bootstrap.mjs start|test|test-long|image|link');

async function start() {
  bringNpmPackages();
  bringDebianPackages(['run']);
  buildSite();
  process.exitCode = await run(inModules('.bin/node'), ['src/main.ts', 'serve', '--demo', ...rest]);
}

async function image() {
  bringNpmPackages();
  bringDebianPackages(['image']);
  buildSite();
  process.exitCode = await run(inModules('.bin/node'), ['image/build.ts', ...rest]);
}

async function test() {
  bringNpmPackages();
  bringDebianPackages(['run', 'image', 'test']);
  buildSite();
  const named = rest.filter((one) => !one.startsWith('-'));
  const options = rest.filter((one) => one.startsWith('-'));
  if (named.length > 0) return steps([['tests', runner(2, [...options, ...named])]]);
  await steps([
    ['types', [inModules('.bin/tsc'), ['--noEmit']]],
    ['types of the pages', [inModules('.bin/tsc'), ['--noEmit', '-p', 'web']]],
    ['style', [inModules('.bin/biome'), ['check', '--error-on-warnings']]],
    ['tests', runner(2, [...options, ...testFiles])],
    ['tests of the image', runner(1, [...options, ...imageTestFiles])],
    [
      'tests of the box in trouble',
      runner(1, [...options, ...powerCutFiles]),
      runner(1, [...options, ...troubleTestFiles]),
    ],
  ]);
}

async function testLong() {
  bringNpmPackages();
  bringDebianPackages(['run', 'image', 'test']);
  buildSite();
  Object.assign(process.env, longTest.environment);
  await steps([['long tests', runner(1, [...rest, ...longTest.files], longTest.minutes)]]);
}

/**
 * Node's test runner on `files`, as many at a time as said. The minutes are no measure of speed: a file that hangs is named
 * and ended, before the whole run is.
 */
function runner(concurrency, files, minutes = 40) {
  const limits = [`--test-timeout=${minutes * 60_000}`, `--test-concurrency=${concurrency}`];
  return [inModules('.bin/node'), ['--test', ...limits, ...files]];
}

/** One after the other, until one is not well; the commands of one step beside each other. */
async function steps(all) {
  for (const [name, ...commands] of all) {
    process.stdout.write(`— ${name}\n`);
    const states = await Promise.all(commands.map((command) => run(...command)));
    const status = states.find((one) => one !== 0);
    if (status !== undefined) fail(status, `${name}: not well`);
  }
}

function bringNpmPackages() {
  const lock = readFileSync(join(top, 'package-lock.json'));
  const mark = inModules('.caselli-lock');
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && existsSync(inModules('.bin/node'))) return;
  process.stdout.write('Installing the npm packages (once)…\n');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: top, stdio: 'inherit' });
  if (done.status !== 0) fail(unavailable, 'npm could not install the packages; see above. Try again: npm ci');
  linkCommand();
  writeFileSync(mark, wanted);
}

/** The pages of the panel, as browsers get them: built by Vite when `web/` is another one than at the last time. */
function buildSite() {
  const site = join(top, 'src/panel/site');
  const mark = join(site, '.built');
  const hash = createHash('sha256').update(readFileSync(join(top, 'package-lock.json')));
  for (const entry of readdirSync(join(top, 'web'), { recursive: true, withFileTypes: true }).sort(byPath))
    if (entry.isFile()) hash.update(pathOf(entry)).update(readFileSync(pathOf(entry)));
  const wanted = hash.digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const done = spawnSync(inModules('.bin/node'), [inModules('vite/bin/vite.js'), 'build', 'web'], {
    cwd: top,
    stdio: 'inherit',
  });
  if (done.status !== 0) fail(unavailable, 'the pages of the panel could not be built; see above');
  writeFileSync(mark, wanted);
}

function pathOf(entry) {
  return join(entry.parentPath ?? entry.path, entry.name);
}

function byPath(one, other) {
  return pathOf(one) < pathOf(other) ? -1 : 1;
}

function bringDebianPackages(kinds) {
  const lists = JSON.parse(readFileSync(join(top, 'src/cli/debian-packages.json'), 'utf8'));
  const missing = kinds.flatMap((kind) => lists[kind]).filter((one) => !existsSync(one.provides));
  if (missing.length === 0) return;
  const names = missing.map((one) => one.package);
  const line = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) {
    for (const one of missing) process.stderr.write(`missing: ${one.package}, for ${one.for}\n`);
    fail(unavailable, `Caselli needs these Debian packages. Install them, then come again:\n\n  sudo ${line}\n`);
  }
  process.stdout.write(`Installing Debian packages (once): ${names.join(' ')}…\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (parameters) => spawnSync('apt-get', parameters, { env, encoding: 'utf8' });
  apt(['update', '-q']);
  const done = apt(line.split(' ').slice(1));
  if (done.status !== 0) fail(unavailable, `${done.stdout}${done.stderr}\nThis did not work: ${line}`);
}

/** Puts the command where `npx caselli` and people look for it. */
function linkCommand() {
  mkdirSync(inModules('.bin'), { recursive: true });
  rmSync(inModules('.bin/caselli'), { force: true });
  symlinkSync('../../src/cli/caselli', inModules('.bin/caselli'));
}

/** Runs a command in the foreground. Ctrl-C reaches it from the terminal; a TERM to us is passed on. */
function run(command, parameters) {
  const child = spawn(command, parameters, { cwd: top, stdio: 'inherit' });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => fail(unavailable, `${command}: ${error.message}`));
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

function fail(status, text) {
  process.stderr.write(`${text}\n`);
  process.exit(status);
}
