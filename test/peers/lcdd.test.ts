import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { boardDocument, boards } from '../../hw/boards/index.ts';
import { Cfa635 } from '../../hw/panel/cfa635.ts';
import { plugIntoPty } from '../../hw/panel/pty.ts';
import { FrontPanel } from '../../src/lcd/front-panel.ts';
import { testLine, testSources } from '../../src/lcd/test-sources.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { EventBus } from '../../src/lib/events.ts';
import { runProgram } from '../support/run-program.ts';

/**
 * The front panel as on a box: the program's client, the real LCDd, started by the image's own script under busybox on the
 * image's own settings, and a display that is strict about its packets. A folder stands for /sys and one for /dev.
 */
const overlay = fileURLToPath(new URL('../../image/overlay/', import.meta.url));
const script = join(overlay, 'usr/lib/caselli/lcd.sh');
const usbDevice = 'sys/bus/usb/devices/1-1';
const deadlineMs = 30_000;

class Desk {
  readonly panel = new Cfa635();
  readonly events = new EventBus(systemClock);
  readonly #folder: string;
  readonly port: number;
  readonly #environment: Record<string, string>;
  #pull: (() => Promise<void>) | undefined;
  #lcd: ChildProcess | undefined;
  #plugs = 0;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
    this.#environment = {
      CASELLI_PATH: join(folder, 'bin'),
      CASELLI_SYS: join(folder, 'sys'),
      CASELLI_DEV: join(folder, 'dev'),
      CASELLI_ETC: join(folder, 'etc'),
    };
  }

  static async open(t: TestContext, board = 'qemu-x86_64'): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-lcd-'));
    // LCDd gives up root before it opens the device.
    await chmod(folder, 0o755);
    const desk = new Desk(folder, await freePort());
    t.after(async () => {
      await desk.endLcd();
      await desk.#pull?.();
      await rm(folder, { recursive: true });
    });
    for (const name of ['bin', 'dev', 'etc']) await mkdir(join(folder, name));
    await mkdir(join(folder, 'sys/bus/usb/devices'), { recursive: true });
    for (const applet of ['awk', 'cat', 'tr', 'sleep']) await symlink('/usr/bin/busybox', join(folder, 'bin', applet));
    await symlink('/usr/sbin/LCDd', join(folder, 'bin/LCDd'));
    await writeFile(join(folder, 'etc/board.json'), JSON.stringify(boardDocument(boards[board]!), null, 2));
    const conf = await readFile(join(overlay, 'etc/caselli/LCDd.conf'), 'utf8');
    assert.match(conf, /^Port=13666$/m);
    await writeFile(join(folder, 'etc/LCDd.conf'), conf.replace('Port=13666', `Port=${desk.port}`));
    return desk;
  }

  /** Plugs the display in: a pseudo-terminal, and the USB device as the kernel shows it. */
  async plug(): Promise<void> {
    this.#pull = await plugIntoPty(this.panel, this.devicePath('ttyUSB0'));
    await this.usbDevice('0403', '6001', '1-1:1.0/ttyUSB0');
  }

  async usbDevice(vendor: string, product: string, port = ''): Promise<void> {
    const device = join(this.#folder, usbDevice);
    await mkdir(join(device, port), { recursive: true });
    await writeFile(join(device, 'idProduct'), `${product}\n`);
    await writeFile(join(device, 'devnum'), `${++this.#plugs}\n`);
    await writeFile(join(device, 'idVendor'), `${vendor}\n`);
  }

  devicePath(name: string): string {
    return join(this.#folder, 'dev', name);
  }

  async device(name: string): Promise<void> {
    await writeFile(this.devicePath(name), '');
  }

  async pull(): Promise<void> {
    await rm(join(this.#folder, usbDevice), { recursive: true });
    await this.#pull?.();
    this.#pull = undefined;
  }

  /** What init does. */
  startLcd(): Promise<number | null> {
    const lcd = spawn('busybox', ['sh', script], {
      env: this.#environment,
      stdio: 'ignore',
    });
    this.#lcd = lcd;
    return once(lcd, 'close').then(([code]) => code as number | null);
  }

  async endLcd(): Promise<void> {
    const lcd = this.#lcd;
    if (!lcd || lcd.exitCode !== null || lcd.signalCode !== null) return;
    lcd.kill();
    await once(lcd, 'close');
  }

  conf(): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
    return runProgram('busybox', ['sh', script, 'conf'], { env: this.#environment });
  }

  openPanel(t: TestContext, sources = testSources()): FrontPanel {
    const config = { enabled: true, host: '127.0.0.1', port: this.port };
    const panel = new FrontPanel({ ...sources, config, events: this.events, clock: systemClock });
    t.after(() => panel.stop());
    panel.start();
    return panel;
  }

  /** Waits until LCDd has drawn all that it wants to. Ended in the middle of a frame it forgets what it has drawn of it. */
  async nextFrame(): Promise<void> {
    // It sends less than forty commands in a frame.
    const wanted = this.panel.commands + 40;
    await this.panel.waitFor(() => this.panel.commands > wanted, { deadlineMs, what: 'further frames' });
  }

  /** Waits for a screen that has these words. */
  shows(...words: string[]): Promise<string[]> {
    const what = `a screen with ${words.join(', ')}`;
    return this.panel.waitFor((lines) => words.every((word) => lines.join('\n').includes(word)), { deadlineMs, what });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('from "please wait" over the first visit to "Safe to switch off", with keys and lights', async (t) => {
  const desk = await Desk.open(t);
  await desk.plug();
  const ended = desk.startLcd();
  await desk.shows('please wait');
  const box = desk.openPanel(t, testSources({ addresses: ['192.168.1.50'], oneTimePassword: 'KX7P-QM2R-9TDA' }));
  assert.deepEqual(await desk.shows('192.168.1.50', 'KX7P'), [
    'Open in a browser:  ',
    '192.168.1.50        ',
    'One-time password:  ',
    'KX7P-QM2R-9TDA      ',
  ]);
  assert.deepEqual(box.picture?.lines, desk.panel.lines());
  assert.ok(desk.panel.backlight.display > 0);
  assert.deepEqual(desk.panel.leds[0], { green: 100, red: 0 });
  desk.panel.tap('Down');
  assert.match((await desk.shows('All is well'))[0]!, /^Caselli +\d\d:\d\d$/);
  desk.panel.tap('Down');
  await desk.shows('Queue', 'Nothing waits');
  desk.panel.tap('Up');
  await desk.shows('All is well');
  desk.panel.tap('Enter');
  await desk.shows('Menu', '>Network');
  desk.panel.tap('Down');
  desk.panel.tap('Enter');
  await desk.shows('Last faxes');
  desk.panel.tap('Exit');
  await desk.shows('Menu', '>Last faxes');
  desk.panel.tap('Left');
  await desk.shows('KX7P-QM2R-9TDA');
  desk.events.emit('box.stopping', { reason: 'SIGTERM' });
  await desk.shows('Caselli is stopping', 'Please wait');
  await box.stop();
  await desk.nextFrame();
  await desk.endLcd();
  assert.equal(await ended, 0);
  assert.deepEqual(desk.panel.lines().slice(0, 2), ['      Caselli       ', ' Safe to switch off ']);
  assert.deepEqual(desk.panel.faults, []);
});

test('a fax is shown with number, page and bar; faults come first, and every sign arrives as it was written', async (t) => {
  const desk = await Desk.open(t);
  await desk.plug();
  void desk.startLcd();
  const state: Parameters<typeof testSources>[0] = {};
  const sources = testSources(state);
  desk.openPanel(t, sources);
  await desk.shows('All is well');
  const line = { id: 'line1', number: '5550100', state: 'sending', peer: '+49 30 123', page: 3, pages: 4 };
  state.lines = [testLine(line)];
  desk.events.emit('line.state', { line: 'line1', state: 'sending', number: '+49 30 123', page: 3, pages: 4 });
  assert.deepEqual(await desk.shows('Page 3 of 4', '█'), [
    '5550100      sending',
    'to +49 30 123       ',
    'Page 3 of 4         ',
    // Two and a half pages of four are 62 or 63 of 100 pixels.
    `${'█'.repeat(12)}▌       `,
  ]);
  assert.deepEqual(desk.panel.leds[1], { green: 100, red: 0 });
  state.faults = ['Grüße: "C:\\" {x} @ $5 [öäÜß] é|~^_ passt.'];
  desk.events.emit('box.fault', { where: 'test', error: 'test' });
  assert.deepEqual(await desk.shows('Not well', 'passt'), [
    'Not well            ',
    'Grüße: "C:\\" {x} @  ',
    '$5 [öäÜß] é|~^_     ',
    'passt.              ',
  ]);
  assert.deepEqual(desk.panel.leds.slice(0, 2), [
    { green: 0, red: 100 },
    { green: 100, red: 0 },
  ]);
  assert.deepEqual(desk.panel.faults, []);
});

test('pulled and plugged in again: LCDd is ended and started again, and the program finds it', async (t) => {
  const desk = await Desk.open(t);
  const told: string[] = [];
  desk.events.on(({ name }) => told.push(name));
  desk.openPanel(t);
  const first = desk.startLcd();
  // The script waits for the display.
  await desk.plug();
  await desk.shows('All is well');
  await desk.pull();
  await first;
  await desk.panel.waitFor(() => !desk.panel.plugged, { deadlineMs, what: 'no cable' });
  void desk.startLcd();
  await desk.plug();
  await desk.shows('All is well');
  assert.deepEqual(
    told.filter((name) => name.startsWith('lcd.')),
    ['lcd.absent', 'lcd.connected', 'lcd.lost', 'lcd.connected'],
  );
  assert.deepEqual(desk.panel.faults, []);
});

test('LCDd is told of each display that a board knows, and of nothing that is another device', async (t) => {
  const desk = await Desk.open(t, 'generic-x86_64');
  // Any serial adapter, a modem's for instance: no display on a real machine.
  await desk.usbDevice('0403', '6001', '1-1:1.0/ttyUSB0');
  assert.deepEqual(await desk.conf(), { code: 1, stdout: Buffer.alloc(0), stderr: 'no display is plugged in\n' });
  for (const { usb, serial, driver, settings } of boards['generic-x86_64']!.panel) {
    const [vendor, product] = usb.split(':') as [string, string];
    // A CDC device keeps its terminals one folder deeper.
    await desk.usbDevice(vendor, product, '1-1:1.0/tty/ttyACM3');
    await desk.device('ttyACM3');
    const { code, stdout } = await desk.conf();
    assert.equal(code, 0, usb);
    const told = stdout.toString().split('\n');
    assert.match(told[1]!, /^DriverPath=\/usr\/lib\/[^/]+\/lcdproc\/$/);
    assert.equal(told[2], `Driver=${driver}`);
    const wanted = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const start = [`[${driver}]`, ...(serial ? [`Device=${desk.devicePath('ttyACM3')}`] : []), ...wanted];
    assert.deepEqual(told.slice(3, 3 + start.length), start);
  }
});
